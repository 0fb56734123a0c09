"""What is out of reach and what does not exist are told in the same words, byte for byte."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.counted import count
from tests.house.asked import Request, family, kind_of, reach_name, reached, request, spots
from tests.house.contract import OPERATIONS
from tests.house.neighbourhood import made
from tests.house.new_things import NEXT_YEAR, aimed_at, said
from tests.house.promised import expected
from tests.house.spots import Neighbourhood
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOLD = re.compile(rb'"(request_id|instance)":"[^"]*"')
NAMING = sorted(name for name, one in OPERATIONS.items() if name in WHO_MAY and reach_name(one) is not None)


def as_told(answer: httpx.Response) -> tuple[int, bytes, list[str]]:
    """Status, body without its request's own id and address, and the names of the headers."""
    headers = sorted(name for name in answer.headers if name != "date")
    return answer.status_code, _TOLD.sub(b"", answer.content), headers


def _elsewhere(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _elsewhere(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [_elsewhere(one, ids) for one in value]
    return ids.setdefault(value, str(uuid4())) if isinstance(value, str) and _ID.fullmatch(value) else value


def _absent(near: Neighbourhood, asked: Request, role: Role, cell: str) -> Request:
    """The same request, with an id that never was for each one out of reach."""
    ids = {str(one): str(one) for one in _within(near, role, cell)}
    path = _ID.sub(lambda found: ids.setdefault(found[0], str(uuid4())), asked.path)
    return Request(asked.method, path, _elsewhere(asked.body, ids), asked.headers, asked.names_in_path)


def _within(near: Neighbourhood, role: Role, cell: str) -> list[object]:
    beyond = {"foreign"} if cell == "t" else {"south", "foreign"}
    return [
        one
        for kind, found in near.ids.items()
        for spot, one in found.items()
        if (spot in reached("pupil", role, cell) if family(kind) == "pupil" else spot not in beyond)
    ]


async def _ask(person: Person, asked: Request) -> httpx.Response:
    return await person.ask(asked.method, asked.path, asked.body, **asked.headers)


def test_every_operation_that_names_something_in_its_path_is_asked_about_it() -> None:
    """But for the id that a client chooses for what is not there yet: that is the last test of this page."""
    named = {name for name, one in OPERATIONS.items() if kind_of(one) is not None}
    assert named <= set(NAMING)
    # nothing about anybody: which code sets and which problems there are; and a secret, of which any wrong one is alike
    assert {name for name, one in OPERATIONS.items() if one.parameters} - named - set(PUTS) == {
        "read_calendar", "read_code_set", "read_problem"
    }  # fmt: skip


def _cases() -> list[tuple[str, Role]]:
    """Each operation with its widest reach and its narrowest."""
    found = []
    for name in NAMING:
        may = sorted((cell, role.value) for role, cell in WHO_MAY[name].items() if cell != "-")
        found += sorted({(name, Role(may[0][1])), (name, Role(may[-1][1]))})
    return found


@pytest.mark.parametrize(("name", "role"), _cases(), ids=str)
async def test_out_of_reach_reads_like_absent(near: Neighbourhood, name: str, role: Role, database_url: str) -> None:
    operation, person = OPERATIONS[name], near.world.people[role.value]
    within = reached(str(reach_name(operation)), role, WHO_MAY[name][role])
    beyond = [spot for spot in spots(operation, near) if spot not in within]
    assert "foreign" in beyond, "there is always another trust"
    for spot in beyond if FULL else beyond[-1:] if database_url.startswith("postgres") else beyond[-2:]:
        there = request(operation, near, spot)
        told = as_told(await _ask(person, there))
        assert told[0] == (404 if there.names_in_path else 422)
        assert told == as_told(await _ask(person, _absent(near, there, role, WHO_MAY[name][role]))), spot
        count("forbidden and absent told in the same bytes")


@pytest.mark.parametrize("name", sorted(
    one.id for one in OPERATIONS.values()
    if one.id.startswith("list_") and not one.parameters and "pupil_id" in one.filters
))  # fmt: skip
async def test_a_filter_by_a_child_out_of_reach_reads_like_one_that_never_was(near: Neighbourhood, name: str) -> None:
    path, cells = OPERATIONS[name].path, WHO_MAY[name]
    # the widest reach within a school, or else the trust's
    role = max(cells, key=lambda one: "-tobs".index(cells[one]))
    for spot in ("foreign",) if cells[role] == "t" else ("south", "foreign"):
        there = await near.world.people[role.value].get(f"{path}?pupil_id={near.ids['pupil'][spot]}")
        never = await near.world.people[role.value].get(f"{path}?pupil_id={uuid4()}")
        assert there.status_code in (200, 404)
        assert as_told(there) == as_told(never)
        assert there.status_code == 404 or there.json()["items"] == []


async def test_who_asked_for_a_child_cannot_answer_for_the_school_that_keeps_the_file(near: Neighbourhood) -> None:
    path = f"/v1/registration-requests/{near.ids['request']['asked_by_us']}"
    for verb in ("agree", "decline"):
        answer = await near.world.office.verb(path, verb)
        assert answer.status_code == 404, answer.text
    assert (await near.world.office.get(path)).json()["status"] == "asked"


PUTS = sorted(name for name, one in OPERATIONS.items() if name.startswith("put_") and name in WHO_MAY)


@pytest.mark.parametrize("name", PUTS)
async def test_an_answer_to_an_id_already_taken_does_not_tell_whose_it_is(near: Neighbourhood, name: str) -> None:
    """The same body under the id of a thing within reach, of one beyond it, and of one in another trust."""
    operation = OPERATIONS[name]
    kind = operation.parameters[-1].removesuffix("_id")
    # what has no spots of its own stands under another thing's id: an item, an addendum
    taken = near.ids.get(kind) or near.ids["pupil"]
    role = max(WHO_MAY[name], key=lambda one: ("-obst".index(WHO_MAY[name][one]), one.value))
    person = near.world.people[role.value]
    here = next(spot for spot in spots(operation, near) if expected(operation, role, spot) == "allowed")
    asked = request(operation, near, here)
    told = {}
    for spot, one in taken.items():
        path = f"{asked.path.rsplit('/', 1)[0]}/{one}"
        answer = as_told(await _ask(person, Request("PUT", path, asked.body, {}, asked.names_in_path)))
        told[spot] = (answer[0], _ID.sub("", answer[1].decode()), answer[2])
        count("forbidden and absent told in the same bytes")
    assert len(set(map(str, told.values()))) == 1, told
    assert next(iter(told.values()))[0] == 409


@pytest.mark.parametrize(
    ("path", "kind", "body"), [("contributions", "contribution", said), ("targets", "target", aimed_at)]
)
async def test_an_id_in_a_closed_review_is_taken_like_any_other(
    near: Neighbourhood, path: str, kind: str, body: Callable[[Any], dict[str, Any]]
) -> None:
    """Nobody learns by guessing ids that somebody's review is closed."""
    due = {"pupil_id": str(near.ids["pupil"]["own"]), "kind": "early", "due_on": NEXT_YEAR}
    still_open = await made(near.world.senco, "/v1/reviews", due)
    for spot in ("own", "south", "foreign"):
        answer = await near.world.senco.put(f"/v1/{path}/{near.ids[kind][spot]}", body(still_open))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-taken"), spot
