"""What the tests of access share."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from tests.access.door import Door
from tests.world import World

_hosts = count(1)


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    """An address that no other test has failed from."""
    made = Door(world, f"198.51.{world.number % 250}.{next(_hosts) % 250}")
    async with made.client:
        yield made
