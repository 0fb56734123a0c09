"""Databases with nothing but the presence rules in them: one of its own on the PostgreSQL, and SQLite in memory."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from tests.conftest import environment_for
from tests.servers import server
from tests.spaces.bookings.presence_databases import Database, opened, private_database


@pytest.fixture(scope="session")
def ruled_url(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database of its own with the least of the tables and the rules in it."""
    with private_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ruled(request: pytest.FixtureRequest, ruled_url: str) -> Iterator[Database]:
    """Each of the two databases in turn, as `opened` leaves it."""
    with opened(request.param, ruled_url) as database:
        yield database


@pytest.fixture(scope="module")
def servers(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two servers on the database of the test; on PostgreSQL one of them has two workers."""
    environment = environment_for(app.state.settings, tmp_path_factory.mktemp("servers"))
    workers = ["--workers", "2"] if app.state.database.dialect == "postgresql" else []
    with server(environment, *workers) as first, server(environment) as second:
        yield [first, second]
