"""Holds one answer to who_may.md: its status, and every member it shows to that role."""

from typing import Any

import httpx

from iap_api.access.roles import Role
from tests.counted import count
from tests.house.asked import Request, reach_name, reached, request
from tests.house.contract import Operation
from tests.house.spots import Neighbourhood
from tests.house.who_may import OPERATIONS, SECTIONS, SHOWN, SHOWS_NOTHING, Members
from tests.world import Person

NOT_YOUR_ROLE = "/problems/not-your-role"
# only its author corrects a contribution: a refusal of somebody who may and does reach it
NOT_THE_AUTHOR = "/problems/not-the-author"
_PROBLEM = {"type", "title", "status", "detail", "instance", "request_id"}
_SECTIONS = set(SECTIONS) - {"identity"}


async def ask(person: Person, asked: Request) -> httpx.Response:
    """Send it."""
    return await person.ask(asked.method, asked.path, asked.body, **asked.headers)


def kind(answer: httpx.Response) -> Any:
    """The type of a problem, or None."""
    return answer.json().get("type") if "problem" in answer.headers.get("content-type", "") else None


def expected(operation: Operation, role: Role, spot: str) -> str:
    """`refused`, `allowed` or `out of reach`, as the page says."""
    cell, judged_by = OPERATIONS[operation.id][role], reach_name(operation)
    if cell == "-":
        return "refused"
    return "allowed" if judged_by is None or spot in reached(judged_by, role, cell) else "out of reach"


async def difference(
    near: Neighbourhood, operation: Operation, role: Role, spot: str, person: Person | None = None
) -> str | None:
    """Ask one operation as one role about one spot; return how the answer differs from the page, or None."""
    asked = request(operation, near, spot)
    answer = await ask(person or near.world.people[role.value], asked)
    due = expected(operation, role, spot)
    count("operations × roles × relations checked")
    if not _as_promised(answer, asked, due, operation.creates):
        cell = OPERATIONS[operation.id][role]
        return f"{role.value} ({cell}) at {spot}: {due}, got {answer.status_code} {kind(answer)}"
    if faults := _wrongly_shown(answer, operation.id, {role}):
        return f"{role.value} at {spot}: {faults}"
    return None


def _as_promised(answer: httpx.Response, asked: Request, due: str, creates: bool) -> bool:
    if due == "refused":
        return answer.status_code == 403 and kind(answer) == NOT_YOUR_ROLE
    if due == "out of reach":
        return answer.status_code == (404 if asked.names_in_path else 422)
    if asked.method == "GET":
        # two equal profiles cannot be compared, and saying so has shown them
        return answer.status_code in (200, 409)
    if creates:
        # a correction is made out of a profile, and the If-Match sent is a stale one
        return answer.status_code in (201, 409, 412)
    return answer.status_code in (200, 409, 412) or kind(answer) == NOT_THE_AUTHOR or _wrong_value(asked, answer)


def _wrong_value(asked: Request, answer: httpx.Response) -> bool:
    # no If-Match is asked for answers, so nothing but a wrong answer keeps the profile as it is
    return asked.path.endswith("/answers") and answer.status_code == 422


def _wrongly_shown(answer: httpx.Response, name: str, roles: set[Role]) -> str:
    if answer.status_code >= 400:
        # what a refusal of a state or a clash adds is held by the contract; a plain refusal says nothing more
        extra = set(answer.json()) - _PROBLEM if answer.status_code in (401, 403, 404) else set()
        return f"the refusal says {sorted(extra)} besides" if extra else ""
    if not answer.content or name in SHOWS_NOTHING:
        return ""
    document = answer.json()
    listed = isinstance(document, dict) and set(document) == {"items", "next"}
    return next((fault for one in (document["items"] if listed else [document])
                 if (fault := wrong_members(name, one, roles))), "")  # fmt: skip


def shown_to(name: str, roles: set[Role]) -> Members:
    """What the answer of an operation shows to somebody with these roles (who reaches the row with all of them)."""
    shown = SHOWN[name]
    hidden = {section for section in _SECTIONS & set(shown.inside) if not roles & SECTIONS[section]}
    if not hidden:
        return shown
    inside = {section: inner for section, inner in shown.inside.items() if section not in hidden}
    return Members(shown.names - hidden, inside)


def wrong_members(name: str, item: Any, roles: set[Role]) -> str:
    """Compare the members of one item, however deep, with the page; return the first difference, or nothing."""
    count("answers whose members were compared")
    return _compared(item, shown_to(name, roles), "")


def _compared(item: Any, shown: Members, at: str) -> str:
    if isinstance(item, list):
        return next((fault for one in item if (fault := _compared(one, shown, at))), "")
    if shown.open or item is None:
        return ""
    if not isinstance(item, dict):
        return f"{at} is no object" if shown.names else ""
    if set(item) != shown.names:
        more, less = sorted(set(item) - shown.names), sorted(shown.names - set(item))
        return f"{at or 'the answer'} shows {more} besides, and lacks {less}"
    for name, value in item.items():
        inner = shown.inside.get(name)
        if inner is None and isinstance(value, dict):
            return f"{at}/{name} is an object whose members the page does not list"
        if inner is not None and (fault := _compared(value, inner, f"{at}/{name}")):
            return fault
    return ""
