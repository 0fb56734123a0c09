"""What a new thing of each kind is asked for with: bodies that are accepted, at a free time, under a new name."""

from copy import copy
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import count
from json import loads
from typing import Any
from uuid import UUID, uuid4

from tests.files.pictures import taken
from tests.house.spots import Neighbourhood, Spot

YESTERDAY = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
NEXT_YEAR = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds")
SERIES_FROM = "2039-02-07"
_five_minutes = count(1)
_numbers = count(1)
_years = count()


def counted() -> tuple["count[int]", ...]:
    """How far the free times, names and years have been given out."""
    return copy(_five_minutes), copy(_numbers), copy(_years)


def count_from(kept: tuple["count[int]", ...]) -> None:
    """Give out again from there: for another database, which is to hear the same."""
    global _five_minutes, _numbers, _years
    _five_minutes, _numbers, _years = (copy(one) for one in kept)


def period() -> dict[str, str]:
    """Five minutes in which nothing else is booked."""
    starts = datetime(2027, 1, 4, 9, tzinfo=UTC) + timedelta(minutes=10 * next(_five_minutes))
    return {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(minutes=5)).isoformat()}


def new_client(school: UUID | str) -> dict[str, Any]:
    return {"username": f"mis.{uuid4().hex}@world.example", "name": "MIS", "role": "mis", "place_id": str(school),
            "place_ids": [str(school)], "permissions": ["pupil_read"], "ends_on": NEXT_YEAR}  # fmt: skip


def new_provider(trust_id: Any) -> dict[str, Any]:
    return {"trust_id": str(trust_id), "name": "Staff sign-in", "kind": "google", "audience": "app",
            "tenant": f"school-{next(_numbers)}.example"}  # fmt: skip


def new_identity(provider_id: Any) -> dict[str, Any]:
    return {"provider_id": str(provider_id), "subject": str(10**17 + next(_numbers))}


def new_hold() -> dict[str, Any]:
    return {"reason": "A claim is under way.", "review_on": NEXT_YEAR}


def said_wrong(pupil: UUID) -> dict[str, Any]:
    """A rectification."""
    return {"pupil_id": str(pupil), "resource": "pupils", "resource_id": str(pupil), "field": "address",
            "said_wrong": "They moved.", "statement": "It is the old one.", "asked_by": "The mother"}  # fmt: skip


def new_request(pupil: UUID) -> dict[str, Any]:
    return {"pupil_id": str(pupil), "kind": "access", "requester": "parent", "requester_name": "Ada Okafor",
            "received_on": YESTERDAY}  # fmt: skip


def new_mark(pupil: UUID, column: str) -> dict[str, Any]:
    return {"pointer": f"/records/pupils/rows/{pupil}/{column}", "reason": "about_somebody_else"}


def new_visit(space: Any) -> dict[str, Any]:
    return {"space_id": str(space), "initiated_by": "pupil", "free_to_leave": True, "door": "open",
            "adult_in_sight": True}  # fmt: skip


def new_intervention() -> dict[str, Any]:
    """All that must be written down but who took part."""
    at = YESTERDAY + "T10:00:00Z"
    return {"kind": "restraint", "what_led_to_it": "He ran for the road.", "started_at": at, "ended_at": at,
            "injury": "none", "parents_told_at": at, "parents_told_how": "by telephone", "debrief_at": at,
            "debrief": "We drew it together."}  # fmt: skip


def new_class(school: UUID) -> dict[str, Any]:
    name = f"Class {next(_numbers)}"
    return {"school_id": str(school), "name": name, "academic_year": 2026, "nc_years": ["4"]}


def new_closure(school_id: UUID, base_id: UUID | None) -> dict[str, Any]:
    """A closure on a day on which nothing else is."""
    closed = {"from_at": "2039-02-01T00:00:00Z", "until_at": "2039-02-02T00:00:00Z", "reason": "Snow"}
    return {"school_id": str(school_id), "base_id": base_id and str(base_id), **closed}


def new_series(spot: Spot) -> dict[str, Any]:
    """Five minutes of two Mondays; what stands in the way of another is skipped."""
    weekday, minutes = divmod(next(_five_minutes) * 5 % 3600, 720)
    hour, minute = divmod(480 + minutes, 60)
    return {"space_id": str(spot.space), "purpose": "regulation", "pupil_ids": [str(spot.pupil)],
            "from_on": SERIES_FROM, "until_on": "2039-02-18", "weekdays": [weekday + 1], "on_conflict": "skip",
            "from_time": f"{hour:02}:{minute:02}", "until_time": f"{hour:02}:{minute + 5 - 1:02}"}  # fmt: skip


def series_year(school: UUID | str) -> dict[str, Any]:
    """The year in which the series lie."""
    return {"school_id": str(school), "name": "2038/39", "starts_on": "2038-09-01", "ends_on": "2039-08-31",
            "terms": [{"name": "Spring", "starts_on": "2039-01-05", "ends_on": "2039-03-25"}]}  # fmt: skip


def new_academic_year(school: UUID | str) -> dict[str, Any]:
    """A year that no other has: each call takes the next, from 1950 on."""
    year = 1950 + next(_years) % 250
    year = 1949 if year == 2038 else year  # in which the series lie
    return {"school_id": str(school), "name": f"{year}/{(year + 1) % 100:02}", "starts_on": f"{year}-09-01",
            "ends_on": f"{year + 1}-08-31",
            "terms": [{"name": "Autumn", "starts_on": f"{year}-09-03", "ends_on": f"{year}-12-18"}],
            "days_off": [{"kind": "half_term", "name": "Half-term", "from_on": f"{year}-10-26",
                          "until_on": f"{year}-10-30"}]}  # fmt: skip


def new_day_period(school: UUID | str) -> dict[str, Any]:
    return {"school_id": str(school), "name": f"Period {next(_numbers)}", "weekdays": [1, 2, 3, 4, 5],
            "from_time": "09:05", "until_time": "10:00", "lesson": True}  # fmt: skip


def new_group(n: Neighbourhood, spot: str) -> dict[str, Any]:
    pupil = n.spots["own" if spot == "base" else spot].pupil
    return {"base_id": str(n.ids["base"][spot]), "name": f"Group {next(_numbers)}", "pupil_ids": [str(pupil)]}


PHOTO = taken(8, 6, "PNG")


def new_resource(school: UUID, base: UUID | None) -> dict[str, Any]:
    at = {"school_id": str(school), "base_id": str(base) if base else None}
    return {**at, "name": f"Ear defenders {next(_numbers)}", "category": "sensory", "stock": 100}


def new_contact() -> dict[str, Any]:
    return {"name": "Ada Okafor", "relationship": "CAR", "priority": 1}


def new_instrument(school: UUID) -> dict[str, Any]:
    text = (files("iap_api.profiles") / "instruments" / "bubble-semh-1.json").read_text("utf-8")
    return {"school_id": str(school), "definition": {**loads(text), "key": f"own-{next(_numbers)}"}}


def said(review: Any) -> dict[str, Any]:
    """A contribution."""
    return {"review_id": str(review), "by": "pupil_voice", "medium": "spoken", "words": "I like it here.",
            "given_on": "2026-11-19"}  # fmt: skip


def aimed_at(review: Any) -> dict[str, Any]:
    """A target."""
    return {"review_id": str(review), "text": "Asks for a break.", "baseline": "Leaves.", "measure": "Three a week.",
            "due_on": NEXT_YEAR}  # fmt: skip
