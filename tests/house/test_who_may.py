"""Every operation of the contract, asked by every role and by nobody, about every distance: as who_may.md says."""

import httpx
import pytest

from iap_api.access.places import GUEST_ROLES
from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.house.asked import reach_name, reached, request, spots
from tests.house.contract import OPERATIONS, Operation
from tests.house.promised import difference
from tests.house.spots import Neighbourhood
from tests.house.who_may import ANY_SIGNED_IN, PUBLIC, SHOWN, SHOWS_NOTHING
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person, World


def test_every_operation_has_its_row_and_every_row_its_operation() -> None:
    written = set(WHO_MAY) | PUBLIC | ANY_SIGNED_IN
    assert written == set(OPERATIONS)
    assert len(WHO_MAY) + len(PUBLIC) + len(ANY_SIGNED_IN) == len(written), "an operation stands in two lists"


def test_the_page_says_of_every_operation_what_its_answer_shows() -> None:
    due = (set(OPERATIONS) - PUBLIC) ^ SHOWS_NOTHING
    assert due - set(SHOWN) == set(), "list the members by hand in who_may.md, and think of each"
    assert set(SHOWN) == due, "the page tells of an operation that is not there"


def test_no_cell_is_empty() -> None:
    assert all(set(cells) == set(Role) for cells in WHO_MAY.values())


def _thinned(roles: list[Role], cells: dict[Role, str], database_url: str) -> list[Role]:
    if FULL or not database_url.startswith("postgres"):
        return roles
    return list({cells[role]: role for role in roles}.values())


def _lists() -> list[tuple[Operation, Operation]]:
    """Each list with the operation that reads one of its items."""
    by_path = {one.path: one for one in OPERATIONS.values() if one.method == "GET"}
    pairs = []
    for path, one in by_path.items():
        read = [by for other, by in by_path.items() if other.startswith(f"{path}/{{") and other.count("/") == 3]
        if not one.parameters and read and one.id in WHO_MAY:
            pairs.append((one, read[0]))
    return pairs


@pytest.mark.parametrize(("listing", "reading"), _lists(), ids=lambda one: one.id)
async def test_a_list_holds_exactly_what_may_be_read_one_by_one(
    near: Neighbourhood, listing: Operation, reading: Operation, database_url: str
) -> None:
    cells = WHO_MAY[listing.id]
    may = [role for role in _thinned(list(Role), cells, database_url) if cells[role] != "-"]
    listed = {role: await _ids(near.world.people[role.value], listing.path) for role in may}
    kind = reading.parameters[0].removesuffix("_id")
    every = set().union(*listed.values()) | {str(one) for one in near.ids.get(kind, {}).values()}
    known = {str(one): spot for spot, one in near.ids.get(kind, {}).items()}
    for role in may:
        person = near.world.people[role.value]
        readable = {one for one in every if (await person.get(reading.path.replace(
            f"{{{reading.parameters[0]}}}", one))).status_code == 200}  # fmt: skip
        assert readable == listed[role], role
        judged_by = reach_name(reading)
        if judged_by is not None:
            assert {known[one] for one in listed[role] & set(known)} == (
                reached(judged_by, role, cells[role]) & set(known.values())
            ), role


async def _ids(person: Person, path: str) -> set[str]:
    found: set[str] = set()
    address: str | None = f"{path}?limit=200" if path != "/v1/code-sets" else path
    while address:
        answer = await person.get(address)
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        found |= {str(item.get("id", item.get("set"))) for item in items}
        address = answer.json()["next"]
    return found


@pytest.mark.parametrize("name", sorted(WHO_MAY))
async def test_a_role_may_what_the_page_says_and_reaches_no_further(
    near: Neighbourhood, name: str, database_url: str
) -> None:
    operation, cells = OPERATIONS[name], WHO_MAY[name]
    wrong = []
    for role in _thinned(list(Role), cells, database_url):
        there = spots(operation, near)
        for spot in there[:2] if cells[role] == "-" and not FULL else there:
            wrong += [found] if (found := await difference(near, operation, role, spot)) else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - PUBLIC))
async def test_nobody_is_told_to_sign_in(near: Neighbourhood, client: httpx.AsyncClient, name: str) -> None:
    operation = OPERATIONS[name]
    asked = request(operation, near, spots(operation, near)[0])
    told = {"Content-Type": asked.media}
    answer = await client.request(asked.method, asked.path, content=asked.content, headers=told)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("name", sorted(PUBLIC))
async def test_a_public_operation_asks_nobody_who_they_are(client: httpx.AsyncClient, name: str) -> None:
    operation = OPERATIONS[name]
    answer = await client.request(operation.method, operation.path.replace("{kind}", "not-found"))
    assert answer.status_code not in (401, 403), answer.text


async def test_every_role_is_told_who_it_is_and_may_sign_out(world: World) -> None:
    for role in Role:
        person = world.people[role.value]
        assert (await person.get("/v1/me")).status_code == 200, role
        # an empty body is wrong, a role is not, but a guest has no password
        told = (await person.post("/v1/me/password", {})).status_code
        assert told == (403 if role in GUEST_ROLES else 422), role
        assert (await person.post("/v1/auth/sign-out")).status_code == 204, role
        assert (await person.get("/v1/me")).status_code == 401, role
