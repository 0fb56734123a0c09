"""Every cell of the policy table, given every other value, is noticed by what was written without looking at it."""

from collections.abc import Iterator
from zlib import crc32

import pytest
import pytest_asyncio

from iap_api.access.policy import Permission, Reach
from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.counted import count
from tests.house import two_roles
from tests.house.mutants import Hunt, Mutant, flipped, mutants
from tests.house.spots import Neighbourhood
from tests.house.without_effect import SAME, why

# what a cell means does not depend on the database
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest_asyncio.fixture(scope="session")
async def hunt(near: Neighbourhood) -> Hunt:
    """The neighbourhood with everything that notices a flipped cell."""
    return await Hunt.begin(near)


def _sample() -> Iterator[Mutant]:
    """Some twenty, the same in every run."""
    for permission in Permission:
        for mutant in mutants(permission):
            if crc32(str(mutant).encode()) % 130 == 0 and why(*mutant.told()) is None:
                yield mutant


async def _survivors(hunt: Hunt, flips: list[Mutant]) -> list[str]:
    """Count the flips, and return those which nothing noticed, or which have a reason to be unnoticed and were not."""
    wrong = []
    for mutant in flips:
        reason = why(*mutant.told())
        killer = await hunt.killer(mutant)
        if reason is None and killer is None:
            killer = await hunt.killer(mutant, wide=True)
        if reason is None:
            count("mutants of the policy table")
            count("mutants killed", killer is not None)
        else:
            count("mutants without effect, each listed with its reason", killer is None)
        if (killer is None) != (reason is not None):
            wrong.append(f"{mutant}: {'noticed by nothing' if killer is None else f'has an effect: {killer}'}")
    return wrong


async def test_every_row_is_asked_for_by_an_operation(hunt: Hunt) -> None:
    unused = {permission.name for permission in Permission if permission not in hunt.looked_at}
    assert not unused, "a row that no operation looks at promises what nobody can check"


async def test_a_sample_of_flipped_cells_is_noticed(hunt: Hunt) -> None:
    sample = list(_sample())
    assert 10 < len(sample) < 40
    assert not await _survivors(hunt, sample)


async def test_every_flipped_cell_is_noticed(hunt: Hunt, row: str) -> None:
    """Every row under IAP_TEST_FULL (`make prove`), some three thousand flips; else the one that is narrowest."""
    permission = Permission[row]
    wrong = await _survivors(hunt, mutants(permission))
    assert not wrong, "\n".join(wrong)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each row in full."""
    if "row" in metafunc.fixturenames:
        rows = [one.name for one in Permission]
        metafunc.parametrize("row", rows if FULL else ["safeguarding_write"])


async def test_somebody_with_two_roles_is_shown_what_each_opens_as_far_as_it_reaches(hunt: Hunt) -> None:
    for pair in hunt.pairs[:: 1 if FULL else 5]:
        assert await two_roles.difference(hunt.near, pair) is None


async def test_who_works_for_a_trust_without_a_school_knows_the_trust(hunt: Hunt) -> None:
    for role, person in hunt.young.items():
        assert await two_roles.difference_in_young_trust(role, person) is None


async def test_a_flip_is_seen_by_the_api_and_taken_back(hunt: Hunt) -> None:
    governor = hunt.near.world.governor
    with flipped(Mutant(Permission.pupil_read, Role.governor, Reach.school)):
        assert (await governor.get("/v1/pupils")).status_code == 200
    assert (await governor.get("/v1/pupils")).status_code == 403


async def test_a_reason_names_rows_and_roles_that_are_there(hunt: Hunt) -> None:
    rows = {permission.name for permission in hunt.looked_at}
    for one in SAME:
        assert set(one.rows.split()) <= rows
        assert set(one.roles.split()) <= {role.value for role in Role}
        assert one.why.endswith(".")
