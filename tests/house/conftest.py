"""One neighbourhood per database for all tests of the house, which only read it or add to it; and a pair of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from zlib import crc32

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.conftest import FULL, migrate
from tests.house import neighbourhood
from tests.house.spots import Neighbourhood
from tests.house.twins import Twin, twin


@pytest_asyncio.fixture(scope="session")
async def near(app: FastAPI, client: httpx.AsyncClient) -> Neighbourhood:
    """The neighbourhood of The Bubble."""
    return await neighbourhood.build(app, client)


@pytest.fixture(scope="session")
def twin_urls(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A migrated database of each kind, side by side."""
    urls = f"sqlite:///{tmp_path_factory.mktemp('twins') / 'iap.sqlite3'}", postgres_url
    for url in urls:
        migrate(url)
    return urls


@pytest_asyncio.fixture(scope="session")
async def twins(
    twin_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Twin, Twin]]:
    """SQLite's and PostgreSQL's neighbourhood."""
    folder = tmp_path_factory.mktemp("twins")
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(twin(twin_urls[0], folder)),
            await stack.enter_async_context(twin(twin_urls[1], folder)),
        )


# The policy decides in Python, alike for both databases: one of so many is asked there, the rest by `make prove`.
_ONE_OF = {
    "test_who_may.py": {"postgresql": 5},
    "test_explain.py": {"postgresql": 5},
    "test_relations.py": {"postgresql": 5, "sqlite": 2},
    "test_hidden.py": {"postgresql": 5, "sqlite": 2},
    "test_smuggling.py": {"postgresql": 5, "sqlite": 2},
    "test_forbidden_and_absent.py": {"postgresql": 5, "sqlite": 2},
}


def _left_out(item: pytest.Item) -> bool:
    for database, many in _ONE_OF.get(item.path.name, {}).items():
        if database in item.nodeid:
            return crc32(item.nodeid.encode()) % many != 0
    return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Thin the sweeps, the same way in every run and in every process."""
    if FULL:
        return
    left = [one for one in items if _left_out(one)]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [one for one in items if one not in gone]
