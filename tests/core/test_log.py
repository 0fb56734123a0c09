"""The log as an operator reads it: a line a request, with ids, and no child's name, password or token in it."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iap_api.access.token_form import INVITATION as GRANT
from tests.core.fresh import by_hand, own_world, settings_with
from tests.core.served import Answer, Served, served
from tests.reviews.inviting import after


async def ask(server: Served, method: str, path: str, token: str, body: Any = None, **headers: str) -> Answer:
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    named = {"Host": "iap.test", "Connection": "close", "Content-Type": kind, "Content-Length": str(len(sent))}
    named |= {"Authorization": f"Bearer {token}"} if token else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return await server.say(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + sent)


async def test_whatever_is_sent_no_personal_value_reaches_the_log_and_every_line_names_its_request(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        own_world(database_url, tmp_path) as (world, url),
        served(settings_with(url, tmp_path), tmp_path) as server,
    ):
        senco, amira = world.senco.token, f"/v1/pupils/{world.amira}"
        pupil = {
            "school_id": str(world.north), "given_name": "Xanthippe", "family_name": "Quillon", "sex": "F",
            "born_on": "2017-05-04", "registered_from": "2026-09-01", "address": "7 Harbour Steps",
            "allergies": "walnuts",
        }  # fmt: skip
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        made = await ask(server, "POST", "/v1/pupils", senco, pupil)
        assert made.status == 201, made.body
        tag = json.loads(made.body)["version"]
        assert tag == 1
        review = {"pupil_id": str(world.amira), "kind": "early", "due_on": "2027-02-01"}
        plan = json.loads((await ask(server, "POST", "/v1/reviews", senco, review)).body)
        asked = {"role": "parent_carer", "name": "Xanthippe's aunt", "expires_at": after(days=3)}
        invited = await ask(server, "POST", f"/v1/reviews/{plan['id']}/invitations", senco, asked)
        assert invited.status == 201, invited.body
        code = json.loads(invited.body)["code"]
        knock = f"grant_type={quote(GRANT)}&invitation_code="
        opened = await ask(server, "POST", "/v1/auth/token", "", (knock + code).encode(), **form)
        aunt = json.loads(opened.body)["access_token"]
        answers = [
            made,
            invited,
            opened,
            await ask(server, "POST", "/v1/auth/token", "", (knock + code[:-9] + "Xanthippe").encode(), **form),
            await ask(server, "GET", "/v1/invitation", aunt),
            await ask(server, "POST", "/v1/invitation/contribution", aunt, {"words": "Xanthippe likes walnuts."}),
            await ask(server, "GET", "/v1/pupils", aunt),
            await ask(server, "POST", "/v1/pupils/search", senco, {"name": "Xanthippe"}),
            await ask(server, "PATCH", amira, senco, {"preferred_name": "Xanthippe"}, If_Match='"1.abc"'),
            await ask(server, "POST", "/v1/pupils", senco, {**pupil, "sex": "Xanthippe", "Quillon": 1}),
            await ask(server, "POST", "/v1/pupils", senco, b'{"given_name": "Xanthippe'),
            await ask(server, "GET", "/v1/pupils?name=Xanthippe", senco),
            await ask(server, "GET", "/v1/pupils/Xanthippe", senco),
            await ask(server, "GET", "/Xanthippe", senco),
            await ask(server, "GET", amira, senco[:-9] + "Xanthippe"),
            await ask(server, "GET", amira, "", X_Pupil="Xanthippe"),
            await ask(
                server, "POST", "/v1/auth/token", "", b"grant_type=password&username=quillon&password=Xanthippe", **form
            ),
        ]
        await by_hand(url, "ALTER TABLE pupils RENAME COLUMN search_name TO was_search_name")
        broken = await ask(server, "POST", "/v1/pupils/search", senco, {"name": "Xanthippe"})
        assert broken.status == 500
        answers.append(broken)
        said, events = server.log(), server.events()
    for value in (
        "Xanthippe",
        "Quillon",
        "quillon",
        "Harbour Steps",
        "walnuts",
        "2017-05-04",
        senco,
        senco[-20:],
        code,
        code[:20],
        aunt[-20:],
        "Traceback",
    ):
        assert value.lower() not in said.lower(), value
    lines = {one["request_id"]: one for one in events if one["event"] == "request"}
    for answer in answers:
        line = lines[answer.headers["x-request-id"]]
        assert line["status"] == answer.status
        assert set(line) == {
            "event", "level", "timestamp", "request_id", "method", "route", "status", "ms", "account_id"
        }  # fmt: skip
        assert re.fullmatch(r"unknown|[a-z0-9_/{}.-]+", line["route"])
    assert lines[made.headers["x-request-id"]]["account_id"] == str(world.senco.account.id)
    assert [one["reason"] for one in events if one["event"] == "invitation_refused"] == ["unknown"]
    failed = [one for one in events if one["event"] == "broken"]
    assert [one["request_id"] for one in failed] == [broken.headers["x-request-id"]]
    assert server.other_lines() == set()
