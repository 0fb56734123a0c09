"""A database that is busy, full or away: 503 with Retry-After, nothing shown, and well again by itself."""

import contextlib
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from iap_api.core.database import Database
from iap_api.core.errors import Unavailable
from tests.core.fresh import by_hand, own_database, own_world, running, settings_with
from tests.world import World


def come_back(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["type"] == "/problems/unavailable"


async def test_while_every_connection_is_taken_a_teacher_is_asked_to_come_back_and_then_served(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path, pool_size=2, pool_wait_seconds=0.2) as (world, _):
        database = world.app.state.database
        async with contextlib.AsyncExitStack() as held:
            for _ in range(database.reading.pool.size()):
                session = await held.enter_async_context(database.transaction(read_only=True))
                await session.execute(text("SELECT 1"))
            come_back(await world.senco.get("/v1/pupils"))
            come_back(await world.client.get("/readyz"))
        assert (await world.senco.get("/v1/pupils")).status_code == 200


async def test_a_database_that_is_not_there_is_503_on_every_request(database_url: str, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        nowhere = f"sqlite:///{tmp_path / 'gone' / 'iap.sqlite3'}"
        settings = settings_with(nowhere, tmp_path)
        async with running(settings) as (_, client):
            (tmp_path / "gone").rmdir()
            come_back(await client.get("/readyz"))
        return
    for host, port in (("127.0.0.1", 1), ("no-such-host.invalid", 5432)):
        away = make_url(database_url).set(host=host, port=port).render_as_string(hide_password=False)
        async with running(settings_with(away, tmp_path)) as (_, client):
            come_back(await client.get("/readyz"))


async def test_after_the_database_dropped_every_connection_retries_are_served(
    postgres_url: str, tmp_path: Path
) -> None:
    async with own_world(postgres_url, tmp_path) as (world, url):
        assert (await world.senco.get("/v1/pupils")).status_code == 200
        name = make_url(url).database
        await by_hand(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        answers = [await world.senco.get("/v1/pupils") for _ in range(8)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert [answer.status_code for answer in answers[-2:]] == [200, 200]


async def test_a_database_that_takes_no_more_connections_is_503(postgres_url: str, tmp_path: Path) -> None:
    async with own_database(postgres_url, tmp_path) as url:
        await by_hand(
            postgres_url, "DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN PASSWORD 'n' CONNECTION LIMIT 0"
        )
        narrow = make_url(url).set(username="narrow", password="n").render_as_string(hide_password=False)
        async with running(settings_with(url, tmp_path, database_url=narrow)) as (_, client):
            come_back(await client.get("/readyz"))
        await by_hand(postgres_url, "DROP ROLE narrow")


async def test_a_statement_that_waits_too_long_is_503_and_not_our_mistake(postgres_url: str, tmp_path: Path) -> None:
    database = Database(settings_with(postgres_url, tmp_path))

    async def wait_too_long() -> None:
        async with database.transaction() as session:
            await session.execute(text("SET LOCAL statement_timeout = 50"))
            await session.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(Unavailable):
        await wait_too_long()
    await database.close()


async def test_our_own_mistakes_are_500_with_nothing_of_the_request_and_never_called_busy(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        await by_hand(url, "ALTER TABLE pupils RENAME COLUMN search_name TO was_search_name")
        answer = await world.senco.post("/v1/pupils/search", {"name": "quillon"})
        assert answer.status_code == 500
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = answer.json()
        assert told["type"] == "/problems/broken"
        assert told["request_id"] == answer.headers["X-Request-Id"]
        for word in ("quillon", "search_name", "SELECT", "Traceback", "Error"):
            assert word not in answer.text


async def test_a_value_the_database_cannot_take_is_our_own_mistake_too(world: World) -> None:
    async def ask() -> None:
        async with world.app.state.database.transaction(read_only=True) as session:
            await session.execute(text("SELECT id FROM pupils WHERE version = :v"), {"v": 2**70})

    with pytest.raises((DBAPIError, OverflowError)):
        await ask()
