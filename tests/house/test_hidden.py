"""What is not shown cannot be asked for, sorted by or set: every other name is refused, one by one."""

from typing import Any

import pytest
from sqlmodel import SQLModel

from iap_api import every_table
from iap_api.access.roles import Role
from tests.conftest import FULL, on_one_database
from tests.counted import count
from tests.house import hostile
from tests.house.asked import Request, request, spots
from tests.house.contract import DOCUMENT, OPERATIONS, Operation
from tests.house.promised import ask, expected, shown_to
from tests.house.spots import Neighbourhood
from tests.house.who_may import FILTERS, SHOWN, Members
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person

assert every_table.PACKAGES
# what clients of other APIs would try
WORDS = {
    "sort", "order", "order_by", "sort_by", "fields", "include", "expand", "embed", "filter", "where", "q",
    "query", "search", "select", "columns", "offset", "page", "per_page", "skip", "count", "total", "group_by",
    "distinct", "deleted", "include_ended", "as_of", "role", "as_user", "account", "tenant", "school", "trust",
    "debug", "_method", "method", "access_token", "token", "callback", "format",
}  # fmt: skip
COLUMNS = {column.name for table in SQLModel.metadata.tables.values() for column in table.columns}
# the error names at most that many members at once
AT_ONCE = 20


def _names(shown: Members) -> set[str]:
    return set(shown.names).union(*(_names(inner) for inner in shown.inside.values()))


EVERY = sorted(COLUMNS | WORDS | set().union(*(_names(shown) for shown in SHOWN.values())))
READING = sorted(name for name in WHO_MAY if OPERATIONS[name].method == "GET")
WRITING = sorted(name for name in WHO_MAY if OPERATIONS[name].takes_body)


def _who_may(near: Neighbourhood, operation: Operation) -> tuple[Role, str]:
    """Somebody whom the operation lets in, and a spot within reach."""
    for role, cell in WHO_MAY[operation.id].items():
        for spot in spots(operation, near) if cell != "-" else ():
            if expected(operation, role, spot) == "allowed":
                return role, spot
    raise AssertionError(f"nobody may {operation.id} anywhere")


@on_one_database
@pytest.mark.parametrize("name", READING)
async def test_a_list_is_filtered_and_sorted_by_nothing_that_is_not_offered(near: Neighbourhood, name: str) -> None:
    operation = OPERATIONS[name]
    role, spot = _who_may(near, operation)
    person, path = near.world.people[role.value], request(operation, near, spot).path
    unknown = [one for one in EVERY if one not in operation.filters]
    at = READING.index(name)
    for parameter in unknown if FULL else unknown[at % 12 :: 12]:
        joined = "&" if "?" in path else "?"
        answer = await person.get(f"{path}{joined}{parameter}=1")
        assert answer.status_code == 422, parameter
        assert answer.json()["errors"] == [{"pointer": "", "detail": "unknown query parameter"}], parameter
        count("members and parameters refused")


@pytest.mark.parametrize("name", [name for name in READING if OPERATIONS[name].filters])
def test_a_list_offers_no_filter_by_what_a_role_that_may_list_is_not_shown(name: str) -> None:
    for role, cell in WHO_MAY[name].items():
        if cell != "-":
            # a sheet has no members, and a picture is drawn of what another answer shows
            told = name.removesuffix("_chart")
            shown = _names(shown_to(told, {role})) if told in SHOWN else set()
            # one pupil of a booking is asked for by `pupil_id`, and shown among `pupil_ids`
            hidden = {one for one in OPERATIONS[name].filters if not {one, f"{one}s"} & shown} - FILTERS
            assert not hidden, f"{role.value} could find out {sorted(hidden)} by asking"


def _members(operation: Operation) -> set[str]:
    content = DOCUMENT["paths"][operation.path][operation.method.lower()]["requestBody"]["content"]
    return set(hostile.members(next(iter(content.values()))["schema"], DOCUMENT))


async def _pointers(person: Person, asked: Request, extra: list[str]) -> set[str]:
    body = {**(asked.body or {}), **dict.fromkeys(extra, "x")}
    answer = await ask(person, Request(asked.method, asked.path, body, asked.headers, asked.names_in_path))
    assert answer.status_code == 422, f"{asked.path} took {extra}: {answer.status_code} {answer.text[:200]}"
    return {one["pointer"] for one in answer.json()["errors"]}


@on_one_database
@pytest.mark.parametrize("name", WRITING)
async def test_a_body_sets_no_column_that_is_not_its_own(near: Neighbourhood, name: str) -> None:
    """Mass assignment: every column of every table, and every member that any answer shows."""
    operation = OPERATIONS[name]
    role, spot = _who_may(near, operation)
    person, asked = near.world.people[role.value], request(operation, near, spot)
    unknown = [one for one in EVERY if one not in _members(operation)]
    assert {"version", "created_at", "created_by"} & set(unknown), "what is the API's own is nobody's to set"
    for start in range(0, len(unknown), AT_ONCE):
        extra = unknown[start : start + AT_ONCE]
        refused = await _pointers(person, asked, extra)
        # a name that could not be a member of ours is refused, and not repeated
        taken = [one for one in extra if f"/{one}" not in refused and not (one.startswith("_") and "" in refused)]
        assert not taken, f"{name} took {taken}"
        count("members and parameters refused", len(extra))


@on_one_database
@pytest.mark.parametrize("name", [name for name in WRITING if OPERATIONS[name].method == "PATCH"])
async def test_a_change_moves_nothing_to_another_owner(near: Neighbourhood, name: str) -> None:
    """Ids, versions and who did what are no member of any merge patch, however good the value."""
    operation = OPERATIONS[name]
    role, spot = _who_may(near, operation)
    person, asked = near.world.people[role.value], request(operation, near, spot)
    for member, value in _owners(near).items():
        if member not in _members(operation):
            body = Request(asked.method, asked.path, {member: value}, asked.headers, asked.names_in_path)
            answer = await ask(person, body)
            assert answer.status_code == 422, f"{member}: {answer.status_code}"
            assert f"/{member}" in {one["pointer"] for one in answer.json()["errors"]}
            count("members and parameters refused")


def _owners(near: Neighbourhood) -> dict[str, Any]:
    w = near.world
    somebody = str(w.administrator.account.id)
    return {
        "id": somebody, "version": 1, "school_id": str(w.south), "trust_id": str(near.elsewhere.trust_id),
        "pupil_id": str(w.southerner), "account_id": somebody, "created_at": "2020-01-01T00:00:00Z",
        "recorded_by": somebody, "written_by": somebody, "booked_by": somebody, "status": "closed",
        "permissions": {"pupil_read": "trust"}, "role": "administrator", "roles": ["administrator"],
        "password_hash": "x", "disabled_at": None, "search_name": "x", "safeguarding_flag": False,
    }  # fmt: skip
