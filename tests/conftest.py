"""What every test stands on: the application on both databases, migrated, and a fresh world."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import URL, make_url

from iap_api.access.signing_keys import SigningKeys
from iap_api.core.gate import Gate
from iap_api.core.migrating import let_in, upgrade
from iap_api.core.sealing import new_key
from iap_api.core.settings import Settings
from iap_api.main import build
from iap_api.shipped import load_into
from tests import conforming
from tests import world as worlds
from tests.counted import Counting
from tests.postgres import private_postgres

FULL = bool(os.environ.get("IAP_TEST_FULL"))
# for what is decided before, or without, the database
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
SECRET = "correct-horse-battery-staple-0123456789"
API_ROLE = "iap_api_of_tests"
# another process of the same run may make it at this moment
MAKE_API_ROLE = f"""
DO $$ BEGIN
  CREATE ROLE {API_ROLE} LOGIN PASSWORD '{API_ROLE}' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
HOOKS = {"response": [conforming.check]}
NOTE_KEYS = new_key("test")
_KEY = SigningKeys.generate().to_pem().decode()


def pytest_configure(config: pytest.Config) -> None:
    """Count what is checked, and tell it at the end."""
    config.pluginmanager.register(Counting(), "counting")


def signing_key() -> str:
    """The RSA key of this run, in PEM."""
    return _KEY


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL to test on, one database for each process that runs tests: never skipped."""
    with private_postgres() as url:
        _tell(make_url(url), MAKE_API_ROLE)
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        if worker is None:
            yield url
        else:
            shared = make_url(url)
            mine = f"{shared.database}_{worker}"
            _tell(shared, f'DROP DATABASE IF EXISTS "{mine}"', f'CREATE DATABASE "{mine}"')
            yield shared.set(database=mine).render_as_string(hide_password=False)


def migrate(url: str) -> None:
    """Migrate a database as its owner and let in the role that the API connects as."""
    upgrade(url)
    let_in(url, as_api(url))


def as_api(url: str) -> str:
    """The URL that the API is given: on PostgreSQL that of a role that owns nothing."""
    if not url.startswith("postgres"):
        return url
    return make_url(url).set(username=API_ROLE, password=API_ROLE).render_as_string(hide_password=False)


def _tell(url: URL, *statements: str) -> None:
    # in a thread of its own: the first test to need a database may have a loop running already
    with ThreadPoolExecutor(1) as apart:
        apart.submit(lambda: asyncio.run(_statements(url, *statements))).result()


async def _statements(url: URL, *statements: str) -> None:
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def settings_for(url: str, folder: Path) -> Settings:
    """Settings as an operator would give them."""
    return Settings(
        database_url=as_api(url),
        migration_database_url=url,
        data_dir=folder,
        secret=SECRET,
        signing_key=_KEY,
        note_keys=NOTE_KEYS,
        log_level="error",
        issuer="https://test.iap.example",
        # a thousand rounds of rivals outlast a token of a quarter of an hour
        access_token_seconds=3600 if os.environ.get("IAP_TEST_ROUNDS") else 900,
    )  # type: ignore[arg-type]


def environment_for(settings: Settings, folder: Path) -> dict[str, str]:
    """The same settings as environment variables for a server of its own process."""
    return {
        "IAP_ENVIRONMENT": "production",
        "IAP_DATABASE_URL": settings.database_url,
        "IAP_DATA_DIR": str(folder),
        "IAP_SECRET": settings.secret.get_secret_value(),
        "IAP_SIGNING_KEY": settings.signing_key.get_secret_value(),
        "IAP_NOTE_KEYS": settings.note_keys.get_secret_value(),
        "IAP_ISSUER": settings.issuer,
        "IAP_ACCESS_TOKEN_SECONDS": str(settings.access_token_seconds),
        "IAP_LOG_LEVEL": "error",
    }


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'iap.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres_url")
    migrate(url)
    return url


@pytest_asyncio.fixture(scope="session")
async def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """The application, running."""
    made = build(settings_for(database_url, tmp_path_factory.mktemp("data")))
    async with made.router.lifespan_context(made):
        async with made.state.database.transaction() as session:
            await load_into(session)
        yield made


@pytest_asyncio.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that nobody has signed in with."""
    transport = httpx.ASGITransport(Gate(app, app.state.settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://iap.test", event_hooks=HOOKS) as made:
        yield made


@pytest_asyncio.fixture
async def world(app: FastAPI, client: httpx.AsyncClient) -> worlds.World:
    """A trust of its own for one test."""
    return await worlds.build(app, client)
