"""The demo trust, seeded as on one November day, on both databases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Select
from sqlmodel import SQLModel

from iap_api.core.database import Database
from iap_api.core.settings import Settings
from iap_api.demo.seed import seed
from tests.core.fresh import own_database, settings_with

DAY = date(2026, 11, 24)


@dataclass
class Seeded:
    """A database in which the demo trust lives."""

    settings: Settings
    database: Database

    async def rows(self, table: type[SQLModel], *conditions: Any) -> list[Any]:
        """Every row of a table for which the conditions hold, in the order of their ids."""
        async with self.database.transaction(read_only=True) as session:
            statement: Select[Any] = Select(table).where(*conditions)
            return sorted((await session.execute(statement)).scalars(), key=lambda row: str(getattr(row, "id", "")))


@asynccontextmanager
async def seeded_on(day: date, like: str, folder: Path) -> AsyncIterator[Seeded]:
    """Yield a database of its own, seeded as on that day."""
    async with own_database(like, folder) as url:
        settings = settings_with(url, folder)
        assert await seed(settings, today=day), "an empty database is filled"
        database = Database(settings)
        try:
            yield Seeded(settings, database)
        finally:
            await database.close()


@pytest_asyncio.fixture(scope="session", params=["sqlite", "postgresql"])
async def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seeded]:
    """The demo trust on 24 November 2026; tests only read it."""
    like = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    async with seeded_on(DAY, like, tmp_path_factory.mktemp("demo")) as made:
        yield made
