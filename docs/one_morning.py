"""One morning in The Bubble, told by the API itself: run it beside `make demo` and read what it prints."""

import json
import os
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

API = os.environ.get("IAP_ADDRESS", f"http://127.0.0.1:{os.environ.get('IAP_PORT', '8000')}")
PASSWORD = os.environ.get("IAP_DEMO_PASSWORD", "demo-bubble-2026")


class Person:
    """Somebody of the demo trust, signed in."""

    def __init__(self, role: str) -> None:
        """Sign in with the password of the demo."""
        form = {"grant_type": "password", "username": f"{role}@demo.iap.example", "password": PASSWORD}
        request = urllib.request.Request(f"{API}/v1/auth/token", urllib.parse.urlencode(form).encode())  # noqa: S310
        self.token = json.load(urllib.request.urlopen(request))["access_token"]  # noqa: S310
        print(f"\n{role} signs in")

    def ask(self, method: str, path: str, body: Any = None, *, tag: str | None = None) -> tuple[int, Any, str | None]:
        """Send one request and return the status, the document and the ETag."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind} | ({"If-Match": tag} if tag else {})
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{API}{path}", sent, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return answer.status, json.load(answer), answer.headers.get("ETag")
        except urllib.error.HTTPError as refusal:
            return refusal.status, json.load(refusal), None

    def do(
        self, what: str, method: str, path: str, body: Any = None, *, tag: str | None = None, status: int = 201
    ) -> Any:
        """Ask, say what came of it in one line, and stop when it is not what the README promises."""
        found, document, _ = self.ask(method, path, body, tag=tag)
        refusal = f"  {document['type'].removeprefix('/problems/')}: {document['detail']}" if found >= 400 else ""
        print(f"  {found}  {what}{refusal}")
        if found != status:
            sys.exit(f"Expected {status}: {document}")
        return document


def main() -> None:
    """Walk the newcomer's path."""
    ta = Person("teaching_assistant")
    pupils = ta.do("the pupils of The Bubble", "GET", "/v1/pupils", status=200)["items"]
    print("       " + ", ".join(pupil["given_name"] for pupil in pupils))
    child, *others = [pupil["id"] for pupil in pupils]
    ta.do("one child checks in as yellow", "POST", "/v1/zone-check-ins", {"pupil_id": child, "zones": ["yellow"]})

    spaces = {space["name"]: space["id"] for space in ta.ask("GET", "/v1/spaces")[1]["items"]}
    now = datetime.now(UTC).replace(microsecond=0)
    # any morning far ahead, so that it can be told again
    start = (now + timedelta(days=40 + secrets.randbelow(300))).replace(
        hour=8 + secrets.randbelow(3), minute=0, second=0
    )
    hour = timedelta(hours=1)

    def period(begins: datetime, ends: datetime) -> dict[str, str]:
        return {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}

    four = [child, *others[:3]]
    lesson = {
        "space_id": spaces["Classroom"],
        **period(start, start + 2 * hour),
        "purpose": "lesson",
        "pupil_ids": four,
    }
    morning = ta.do("four children are booked into the morning lesson", "POST", "/v1/bookings", lesson)
    room = {"space_id": spaces["Sensory room"], **period(start + hour / 2, start + hour), "purpose": "regulation"}
    taken = {**room, "takes_from": [morning["id"]]}
    ta.do(
        "one of them into the sensory room: refused", "POST", "/v1/bookings", {**room, "pupil_ids": [child]}, status=409
    )
    for name, pupil in zip(("the child", "a second", "a third"), four, strict=False):
        ta.do(f"{name} is taken out of the lesson", "POST", "/v1/bookings", {**taken, "pupil_ids": [pupil]})
    ta.do("a fourth: no place left", "POST", "/v1/bookings", {**taken, "pupil_ids": [four[3]]}, status=409)

    instrument = ta.ask("GET", "/v1/instruments?key=bubble-semh")[1]["items"][0]["id"]
    observed = {"pupil_id": child, "instrument_id": instrument, "observed_on": now.date().isoformat()}
    profile = f"/v1/profiles/{ta.do('a profile is begun', 'POST', '/v1/profiles', observed)['id']}"
    answers = {f"{section}{number:02d}": 3 if section == "d" else 1 for section in "ds" for number in range(1, 35)}
    ta.do("68 answers are saved", "PATCH", f"{profile}/answers", {"answers": answers}, status=200)
    ta.do("and signed", "POST", f"{profile}/complete", tag=ta.ask("GET", profile)[2], status=200)
    scores = ta.do("the scores", "GET", f"{profile}/scores", status=200)
    print("       " + ", ".join(f"{one['key']} {one['total']} of {one['maximum']}" for one in scores["sections"]))

    toolbox = ta.ask("GET", f"/v1/toolboxes?pupil_id={child}")[1]["items"][0]["id"]
    resources = {one["name"]: one["id"] for one in ta.ask("GET", "/v1/resources?limit=200")[1]["items"]}
    defenders = {"resource_id": next(ident for name, ident in resources.items() if "ear defenders" in name.lower())}
    ta.do("ear defenders go into the toolbox", "POST", f"/v1/toolboxes/{toolbox}/items", defenders)
    due = (now + timedelta(days=42)).date().isoformat()
    ta.do("a review is scheduled", "POST", "/v1/reviews", {
        "pupil_id": child, "kind": "six_weekly", "due_on": due, "scheduled_at": (now + timedelta(days=41)).isoformat(),
    })  # fmt: skip

    Person("governor").do("every pupil: refused", "GET", "/v1/pupils", status=403)
    print("\nThat was one morning.")


if __name__ == "__main__":
    main()
