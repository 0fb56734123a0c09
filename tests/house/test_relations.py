"""Who it is that asks: a role that is over, has not begun or was taken away is none, and a disabled account nobody."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from iap_api.core import clock
from tests.conftest import FULL
from tests.counted import count
from tests.house.asked import request, spots
from tests.house.contract import OPERATIONS
from tests.house.promised import NOT_YOUR_ROLE, ask, kind
from tests.house.spots import Neighbourhood
from tests.house.who_may import CALLERS, GUESTS
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person, World

NAMES = sorted(WHO_MAY)
# a guest has an invitation instead of a role: that it ends is told where invitations are
ROLES = [role for role in Role if role not in GUESTS]
Callers = dict[str, dict[Role, Person]]


def test_every_relation_of_a_caller_is_made_here() -> None:
    assert set(CALLERS) == {*MADE, "nobody"}


def _with_role(w: World, name: str, role: Role, **days: Any) -> Person:
    like = w.people[role.value]
    person = w.account(f"{name}_{role.value}", role.value, like.account.place_id, like.account.kind)
    (held,) = (row for row in w.rows if isinstance(row, HeldRole) and row.account_id == person.account.id)
    for day, value in days.items():
        setattr(held, day, value)
    return person


def _disabled(w: World, role: Role) -> Person:
    person = _with_role(w, "disabled", role)
    person.account.disabled_at = clock.now()
    return person


def _day(days: int) -> Any:
    return clock.today() + timedelta(days=days)


MADE: dict[str, Callable[[World, Role], Person]] = {
    "ended_role": lambda w, role: _with_role(w, "ended", role, ends_on=_day(-1)),
    "role_to_come": lambda w, role: _with_role(w, "to_come", role, starts_on=_day(1)),
    "role_taken_away": lambda w, role: _with_role(w, "taken", role, ends_on=_day(0), ended_at=clock.now()),
    "disabled": _disabled,
}


@pytest_asyncio.fixture(scope="session")
async def callers(near: Neighbourhood) -> Callers:
    """For each role somebody in each relation, with the first child on the caseload as the others have."""
    w = near.world
    made = {name: {role: make(w, role) for role in ROLES} for name, make in MADE.items()}
    for people in made.values():
        for person in people.values():
            name = next(name for name, one in w.people.items() if one is person)
            w.caseload(name, w.amira, w.north, "granted")
    await w.save()
    return made


def _rotating(name: str, relation: str) -> list[Role]:
    """Everybody in full; else every operation once in every relation, and every role with some operation."""
    at = NAMES.index(name) + sorted(CALLERS).index(relation)
    return ROLES if FULL else [ROLES[at % len(ROLES)]]


@pytest.mark.parametrize("name", NAMES)
async def test_who_no_longer_or_not_yet_holds_the_role_may_nothing_with_it(
    near: Neighbourhood, callers: Callers, name: str
) -> None:
    operation = OPERATIONS[name]
    for relation, people in callers.items():
        for role in _rotating(name, relation):
            for spot in spots(operation, near)[: None if FULL else 1]:
                answer = await ask(people[role], request(operation, near, spot))
                assert answer.status_code == CALLERS[relation], f"{relation} {role.value} at {spot}: {answer.text}"
                if answer.status_code == 403:
                    assert kind(answer) == NOT_YOUR_ROLE
                count("operations × roles × relations checked")


@pytest.mark.parametrize("name", NAMES)
async def test_nobody_learns_of_nothing_at_any_distance(
    near: Neighbourhood, client: httpx.AsyncClient, name: str
) -> None:
    operation = OPERATIONS[name]
    told = set()
    for spot in spots(operation, near):
        asked = request(operation, near, spot)
        media = {"Content-Type": asked.media}
        answer = await client.request(asked.method, asked.path, content=asked.content, headers=media)
        assert answer.status_code == CALLERS["nobody"]
        document = answer.json()
        told.add(tuple(sorted((key, str(document[key])) for key in document if key not in ("request_id", "instance"))))
        count("operations × roles × relations checked")
    assert len(told) == 1


@pytest.mark.parametrize("relation", [name for name in CALLERS if CALLERS[name] == 403])
async def test_without_a_role_one_is_still_oneself_and_sees_nobody(callers: Callers, relation: str) -> None:
    for role in ROLES:
        me = (await callers[relation][role].get("/v1/me")).json()
        assert (me["roles"], me["permissions"], me["school_ids"], me["base_ids"]) == ([], {}, [], []), role


async def test_a_role_taken_away_while_paging_ends_the_list(world: World) -> None:
    """Between two pages the office is told that it is the office no longer."""
    office = world.office
    page: Callable[[str], Awaitable[httpx.Response]] = office.get
    first = (await page("/v1/pupils?limit=1")).json()
    assert len(first["items"]) == 1
    held = (await world.administrator.get(f"/v1/accounts/{office.account.id}/roles")).json()["items"][0]["id"]
    assert (await world.administrator.verb(f"/v1/held-roles/{held}", "end", {})).status_code == 200
    assert (await page(first["next"])).status_code == 403
