"""What the tests of access share."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from iap_api.access.provider_keys import KeySets
from tests.access.door import Door
from tests.access.school_sign_in import Google, Microsoft, SchoolSignIn
from tests.provider.running import RealProvider
from tests.world import World

_hosts = count(1)


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    """An address that no other test has failed from."""
    made = Door(world, f"198.51.{world.number % 250}.{next(_hosts) % 250}")
    async with made.client:
        yield made


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    """A real provider that plays Google Workspace."""
    with Google.running(tmp_path_factory.mktemp("google")) as made:
        yield made


@pytest.fixture(scope="session")
def microsoft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    """A real provider that plays one directory of Microsoft Entra ID."""
    with Microsoft.running(tmp_path_factory.mktemp("microsoft")) as made:
        yield made


@pytest.fixture
async def school(world: World, door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SchoolSignIn]:
    """The world with nothing known of any provider's keys, and settings that allow providers on this machine."""
    settings, state = world.app.state.settings, world.app.state
    monkeypatch.setattr(settings, "loopback_providers", True)
    usual, state.key_sets = state.key_sets, KeySets(loopback=True)
    yield SchoolSignIn(world, door, monkeypatch)
    await state.key_sets.close()
    state.key_sets = usual
