"""Twenty rivals for one slot, through two server processes: exactly one wins, and nobody deadlocks."""

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import environment_for
from tests.servers import server
from tests.world import World

ROUNDS = 100
RIVALS = 20


@pytest.fixture(scope="module")
def servers(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two servers on the database of the test; on PostgreSQL one of them has two workers."""
    environment = environment_for(app.state.settings, tmp_path_factory.mktemp("servers"))
    workers = ["--workers", "2"] if app.state.database.dialect == "postgresql" else []
    with server(environment, *workers) as first, server(environment) as second:
        yield [first, second]


async def test_of_twenty_rivals_for_one_slot_exactly_one_wins(world: World, servers: list[str], app: FastAPI) -> None:
    rounds = ROUNDS
    wins: list[int] = []
    statuses: set[int] = set()
    nook = world.space("Reading nook", "classroom", 1, world.bubble, world.north)
    await world.save()
    pupils = [world.amira, world.ben, world.cara, world.dev]
    headers = {"Authorization": f"Bearer {world.senco.token}"}
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=40)) as client:
        for turn in range(rounds):
            minute = f"2026-12-{1 + turn // 20:02d}T{8 + turn % 10:02d}:{30 if turn // 10 % 2 else 0:02d}"
            body = {
                "space_id": str(nook),
                "starts_at": f"{minute}:00Z",
                "ends_at": f"{minute}:20Z",
                "purpose": "regulation",
            }
            asked = [
                client.post(f"{server}/v1/bookings", json={**body, "pupil_ids": [str(pupil)]}, headers=headers)
                for server, pupil in itertools.islice(
                    zip(itertools.cycle(servers), itertools.cycle(pupils), strict=False), RIVALS
                )
            ]
            answers = await asyncio.gather(*asked)
            statuses |= {answer.status_code for answer in answers}
            wins.append(sum(answer.status_code == 201 for answer in answers))
    assert wins == [1] * rounds
    assert statuses == {201, 409}, "a deadlock or a busy database would have shown as 503"
    assert await _overlaps(app) == 0


OVERLAPS = """
SELECT count(*) FROM presences a JOIN presences b ON a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
 AND (a.pupil_id = b.pupil_id OR a.staff_id = b.staff_id)
"""


async def _overlaps(app: FastAPI) -> int:
    url = app.state.settings.migration_database_url
    if app.state.database.dialect == "sqlite":
        with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute(OVERLAPS).fetchone()[0])
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval(OVERLAPS))
    finally:
        await connection.close()


async def test_raw_sql_cannot_put_a_child_in_two_places(world: World, app: FastAPI) -> None:
    made = await world.teaching_assistant.post(
        "/v1/bookings",
        {
            "space_id": str(world.sensory),
            "starts_at": "2026-12-20T10:00:00Z",
            "ends_at": "2026-12-20T10:30:00Z",
            "purpose": "regulation",
            "pupil_ids": [str(world.amira)],
        },
    )
    assert made.status_code == 201
    elsewhere = (
        "INSERT INTO presences (school_id, booking_id, space_id, pupil_id, starts_at, ends_at)"
        " SELECT school_id, booking_id, {dome}, pupil_id, starts_at, ends_at FROM presences WHERE booking_id = {made}"
    )
    if app.state.database.dialect == "sqlite":
        statement = elsewhere.format(dome=f"'{world.dome.hex}'", made=f"'{made.json()['id'].replace('-', '')}'")
        with (
            sqlite3.connect(app.state.settings.database_url.removeprefix("sqlite:///"), timeout=60) as raw,
            pytest.raises(sqlite3.IntegrityError, match="pupil-elsewhere"),
        ):
            raw.execute(statement)
        raw.close()
    else:
        raw_pg = await asyncpg.connect(app.state.settings.migration_database_url.replace("+asyncpg", ""))
        statement = elsewhere.format(dome=f"'{world.dome}'", made=f"'{made.json()['id']}'")
        with pytest.raises(asyncpg.ExclusionViolationError, match="presences_pupil_one_place"):
            await raw_pg.execute(statement)
        await raw_pg.close()
