"""After an erasure nothing of the pupil is left: in the database, its file, a backup taken afterwards, or the logs."""

import asyncio
import contextlib
import io
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
from sqlalchemy import func, make_url, select
from sqlmodel import SQLModel

from iap_api.access.sealer import first_broken_link
from iap_api.core.database import Database
from iap_api.core.settings import Settings
from iap_api.records.kept_apart import KEPT_BY_ERASURE
from iap_api.records.plan import erasable
from iap_api.records.walk import tables_about_a_pupil
from tests.conftest import environment_for
from tests.core.fresh import own_world, settings_with
from tests.core.served import served
from tests.records.canaries import plant
from tests.records.desk import approved, erasure_asked
from tests.records.sealed import all_sealed
from tests.world import World

FEWEST = 20


async def test_forty_canaries_are_found_nowhere_once_their_pupil_is_erased(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url), _over_the_wire(world, url, tmp_path) as log:
        pupil, planted = await plant(world)
        assert len(set(planted)) > FEWEST
        ours = world.app.state.database
        before = await _rows(ours, pupil)
        assert not [name for name, rows in before.items() if not rows], "plant something in every table"
        assert not _missing(planted, await _everything(url)), "each canary sings before the erasure"

        async with _worker(settings_with(url, tmp_path), tmp_path) as worker_log:
            path = await approved(world, **await erasure_asked(world, pupil))
            assert (await world.data_protection_officer.verb(path, "execute")).status_code == 200
            await _until_executed(world, path)
            await _until_wiped(ours)

        assert not any((await _rows(ours, pupil)).values())
        for where, bytes_there in {
            "the database": await _everything(url),
            "its files": _files(url),
            "a backup": await _backup(url, tmp_path),
            "the logs": log.read_bytes() + worker_log.read_bytes(),
        }.items():
            assert not _found(planted, bytes_there), where

        (lesson,) = (await world.senco.get(f"/v1/bookings?pupil_id={world.ben}")).json()["items"]
        assert (lesson["pupil_ids"], lesson["note"]) == ([str(world.ben)], None), "Ben keeps his lesson"
        await all_sealed(world)
        async with ours.transaction(read_only=True) as session:
            assert await first_broken_link(session, world.north) is None


def test_an_erasure_leaves_only_what_says_why() -> None:
    walked = {about.name for about in tables_about_a_pupil()}
    assert set(KEPT_BY_ERASURE) <= walked
    assert {about.name for about in erasable()} == walked - set(KEPT_BY_ERASURE)
    for name in KEPT_BY_ERASURE:
        columns = SQLModel.metadata.tables[name].columns
        assert not {"note", "words", "name", "reason", "statement", "upn"} & set(columns.keys()), name


def _found(planted: list[str], there: bytes) -> list[str]:
    lowered = there.lower()
    return [one for one in planted if one.lower().encode() in lowered or one.encode().hex().encode() in lowered]


def _missing(planted: list[str], there: bytes) -> list[str]:
    return [one for one in planted if one not in _found(planted, there)]


async def _rows(database: Database, pupil: UUID) -> Mapping[str, int]:
    async with database.transaction(read_only=True) as session:
        return {
            about.name: (
                await session.execute(select(func.count()).select_from(about.table).where(about.holds(pupil)))
            ).scalar_one()
            for about in erasable()
        }


async def _everything(url: str) -> bytes:
    """Every value of every column of every table."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(str(make_url(url).database))) as connection:
            return "\n".join(connection.iterdump()).encode()
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        there = io.BytesIO()
        for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            await connection.copy_from_table(row[0], output=there)
        return there.getvalue()
    finally:
        await connection.close()


def _files(url: str) -> bytes:
    """SQLite's file and its log, byte for byte; PostgreSQL's lie with the server (VACUUM, docs)."""
    if not url.startswith("sqlite"):
        return b""
    file = str(make_url(url).database)
    return b"".join(Path(file + end).read_bytes() for end in ("", "-wal") if Path(file + end).exists())


async def _backup(url: str, folder: Path) -> bytes:
    """A backup as an operator takes it: SQLite's own, or what pg_dump's COPY reads."""
    if not url.startswith("sqlite"):
        return await _everything(url)
    kept = folder / "backup.sqlite3"
    with (
        contextlib.closing(sqlite3.connect(str(make_url(url).database))) as there,
        contextlib.closing(sqlite3.connect(kept)) as here,
    ):
        there.backup(here)
    return kept.read_bytes()


@contextlib.asynccontextmanager
async def _over_the_wire(world: World, url: str, folder: Path) -> AsyncIterator[Path]:
    """Let everybody of the world speak to a server of its own process, which logs everything it can."""
    async with (
        served(settings_with(url, folder), folder, log_level="debug") as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        for person in world.people.values():
            person.client = client
        yield server.log_file


@contextlib.asynccontextmanager
async def _worker(settings: Settings, folder: Path) -> AsyncIterator[Path]:
    """Run the worker as an operator does, and log everything it can."""
    log_file = folder / "worker.log"
    given = {**os.environ, **environment_for(settings, folder), "IAP_LOG_LEVEL": "debug"}
    with log_file.open("wb") as log:
        command = (sys.executable, "-m", "iap_api", "worker")
        process = await asyncio.create_subprocess_exec(*command, env=given, stdout=log, stderr=log)
    try:
        yield log_file
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def _until_executed(world: World, path: str) -> None:
    async with asyncio.timeout(60):
        while (await world.data_protection_officer.get(path)).json()["status"] != "executed":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def _until_wiped(database: Database) -> None:
    jobs = SQLModel.metadata.tables["jobs"]
    wanted = select(jobs.c.done_at).where(jobs.c.kind == "wipe_what_was_erased")
    async with asyncio.timeout(60):
        while True:
            async with database.transaction(read_only=True) as session:
                if (await session.execute(wanted)).scalar_one_or_none():
                    return
            await asyncio.sleep(0.1)
