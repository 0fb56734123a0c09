"""What somebody with the database's own tools cannot do beside the API."""

import asyncio
import contextlib
import sqlite3

import asyncpg
import pytest
from fastapi import FastAPI

from tests.world import World


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
        path = app.state.settings.database_url.removeprefix("sqlite:///")

        def by_hand() -> None:
            with contextlib.closing(sqlite3.connect(path, timeout=60)) as raw:
                raw.execute(statement)

        # in a thread: the application of the test writes in this loop, and would never let go of the lock
        with pytest.raises(sqlite3.IntegrityError, match="pupil-elsewhere"):
            await asyncio.to_thread(by_hand)
    else:
        raw_pg = await asyncpg.connect(app.state.settings.migration_database_url.replace("+asyncpg", ""))
        statement = elsewhere.format(dome=f"'{world.dome}'", made=f"'{made.json()['id']}'")
        with pytest.raises(asyncpg.ExclusionViolationError, match="presences_pupil_one_place"):
            await raw_pg.execute(statement)
        await raw_pg.close()
