"""A real provider changes its keys while teachers sign in, and goes away: nobody notices who should not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from iap_api.access.provider_keys import KeySets
from tests.access.school_sign_in import Google, SchoolSignIn
from tests.provider.running import RealProvider

HOUR = 3600.0


class Clock:
    """A clock that a test moves on."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def clock(school: SchoolSignIn) -> AsyncIterator[Clock]:
    """The clock by which keys are kept."""
    made = Clock()
    await school.world.app.state.key_sets.close()
    school.world.app.state.key_sets = KeySets(loopback=True, now=made)
    return made


@pytest.fixture
async def provider(tmp_path: Path, school: SchoolSignIn) -> AsyncIterator[RealProvider]:
    """A provider of its own, with Jo linked to the SENCO."""
    with Google.running(tmp_path / "provider") as made:
        connected = await school.google(made)
        await school.linked(school.world.senco, connected, Google.jo.id)
        yield made


async def statuses(school: SchoolSignIn, *tokens: str) -> set[int]:
    return {answer.status_code for answer in await asyncio.gather(*(school.exchange(one) for one in tokens))}


async def test_a_rotation_with_overlap_loses_no_sign_in_and_a_removed_key_is_refused_after_the_refresh(
    school: SchoolSignIn, clock: Clock, provider: RealProvider
) -> None:
    before = await provider.id_token("jo")
    signed_in = 0

    async def all_come_in(*tokens: str) -> None:
        nonlocal signed_in
        assert await statuses(school, *tokens) == {200}
        signed_in += len(tokens)

    await all_come_in(*[before] * 10)
    # the next key is shown first, and signs only later
    provider.publish_next_key()
    for _ in range(4):
        clock.now += HOUR / 4
        await all_come_in(*[before] * 5)
    provider.sign_with_newest()
    after = await provider.id_token("jo")
    assert after.split(".")[0] != before.split(".")[0]
    await all_come_in(*[before, after] * 10)
    assert signed_in == 50
    provider.remove_old_keys()
    clock.now += HOUR
    assert await statuses(school, before) == {401}
    assert await statuses(school, after) == {200}


async def test_a_rotation_without_overlap_is_met_by_asking_once(
    school: SchoolSignIn, clock: Clock, provider: RealProvider
) -> None:
    assert await statuses(school, await provider.id_token("jo")) == {200}
    clock.now += 60
    provider.publish_next_key()
    provider.sign_with_newest()
    asked = provider.asked("jwks.json")
    assert await statuses(school, *[await provider.id_token("jo")] * 10) == {200}
    assert provider.asked("jwks.json") - asked == 1


async def test_teachers_come_in_while_the_providers_keys_cannot_be_had_for_a_day_and_no_longer(
    school: SchoolSignIn, clock: Clock, provider: RealProvider
) -> None:
    token = await provider.id_token("jo")
    assert await statuses(school, token) == {200}
    await asyncio.to_thread(provider.stop)
    for hours in (1, 12, 10):
        clock.now += hours * HOUR
        assert await statuses(school, *[token] * 5) == {200}
    clock.now += HOUR
    answer = await school.exchange(token)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["Retry-After"]
    await asyncio.to_thread(provider.start)
    clock.now += 61
    assert await statuses(school, token) == {200}
