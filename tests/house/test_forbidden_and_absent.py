"""What is out of reach and what does not exist are told in the same words, byte for byte."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.house.asked import Request, family, reach_name, reached, request, spots
from tests.house.contract import OPERATIONS
from tests.house.neighbourhood import Neighbourhood
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOLD = re.compile(rb'"(request_id|instance)":"[^"]*"')
NAMING = sorted(name for name, one in OPERATIONS.items() if name in WHO_MAY and reach_name(one) is not None)


def _told(answer: httpx.Response) -> tuple[int, bytes, list[str]]:
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
        told = _told(await _ask(person, there))
        assert told[0] == (404 if there.names_in_path else 422)
        assert told == _told(await _ask(person, _absent(near, there, role, WHO_MAY[name][role]))), spot


@pytest.mark.parametrize("name", sorted(
    one.id for one in OPERATIONS.values()
    if one.id.startswith("list_") and not one.parameters and "pupil_id" in one.filters
))  # fmt: skip
async def test_a_filter_by_a_child_out_of_reach_reads_like_one_that_never_was(near: Neighbourhood, name: str) -> None:
    path, may = OPERATIONS[name].path, [role for role, cell in WHO_MAY[name].items() if cell != "-"]
    role = next((one for one in (Role.senco, Role.headteacher) if one in may), may[0])
    person = near.world.people[role.value]
    # an officer of the trust reaches the other school too
    for spot in ("foreign",) if WHO_MAY[name][role] == "t" else ("south", "foreign"):
        there = await person.get(f"{path}?pupil_id={near.ids['pupil'][spot]}")
        never = await person.get(f"{path}?pupil_id={uuid4()}")
        assert there.status_code in (200, 404)
        assert _told(there) == _told(never)
        assert there.status_code == 404 or there.json()["items"] == []


async def test_who_asked_for_a_child_cannot_answer_for_the_school_that_keeps_the_file(near: Neighbourhood) -> None:
    path = f"/v1/registration-requests/{near.ids['request']['asked_by_us']}"
    for verb in ("agree", "decline"):
        answer = await near.world.office.verb(path, verb)
        assert answer.status_code == 404, answer.text
    assert (await near.world.office.get(path)).json()["status"] == "asked"


async def test_an_answer_to_an_id_already_taken_does_not_tell_whose_it_is(near: Neighbourhood) -> None:
    body = {"given_name": "Zed", "family_name": "Newcomer", "born_on": "2018-01-31", "sex": "M",
            "registered_from": "2026-11-01", "school_id": str(near.world.north)}  # fmt: skip
    told = {
        _told(await near.world.office.put(f"/v1/pupils/{near.ids['pupil'][spot]}", body))[:2]
        for spot in ("own", "south", "foreign")
    }
    assert len(told) == 1
    assert next(iter(told))[0] == 409
