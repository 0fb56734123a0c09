"""Carries out approved runs, pupil by pupil, and erases again whoever came back with a restored backup.

It works past the fences of schools and in transactions of its own, so it is the worker's, or the command line's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access import ledger
from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.errors import Unavailable
from iap_api.pupils.tables import Pupil
from iap_api.records.erasure import Order, alive, erase, is_held
from iap_api.records.plan import erasable
from iap_api.records.schedule import RECORD
from iap_api.records.tables import ErasedPupil, RetentionRun, RetentionRunLine

CARRY_OUT = "carry_out_retention_run"
WIPE = "wipe_what_was_erased"


async def put_in_hand(session: AsyncSession, run_id: UUID) -> None:
    """Put a run into the queue, in the transaction that says it may go."""
    await jobs.put(session, CARRY_OUT, {"run_id": str(run_id), "at": 0}, unique_key=f"retention:{run_id}:0")


async def carry_out(session: AsyncSession, payload: dict[str, Any]) -> None:
    """Erase the next pupil of a run, and put the one after into the queue; after the last the run is executed.

    Whoever came under a legal hold since is passed over, and the ledger says so.
    """
    run_id, at = UUID(payload["run_id"]), int(payload["at"])
    wanted = select(RetentionRun).where(col(RetentionRun.id) == run_id).with_for_update()
    run = (await session.execute(wanted)).scalar_one()
    if run.status != "executing":
        return
    lines = await _classes(session, run_id)
    if at < len(lines):
        pupil_id, classes = lines[at]
        why = "subject_request" if run.subject_request_id else "schedule"
        order = Order(pupil_id, run_id, why, run.executed_by, None if RECORD in classes else classes)
        if await _locked_and_held(session, pupil_id):
            await _pass_over(session, run, pupil_id)
        else:
            await erase(session, order)
        following = {"run_id": str(run_id), "at": at + 1}
        await jobs.put(session, CARRY_OUT, following, unique_key=f"retention:{run_id}:{at + 1}")
        return
    run.status, run.executed_at, run.version, run.updated_at = "executed", clock.now(), run.version + 1, clock.now()
    await session.flush()
    done = ledger.entry(run.school_id, "retention_run.executed", "retention_run", account_id=run.executed_by,
                        resource_id=run_id, pupil_ids=[pupil_id for pupil_id, _ in lines])  # fmt: skip
    await ledger.write(session, [done])
    await jobs.put(session, WIPE, unique_key=WIPE)


async def _classes(session: AsyncSession, run_id: UUID) -> list[tuple[UUID, frozenset[str]]]:
    query = (
        select(col(RetentionRunLine.pupil_id), col(RetentionRunLine.record_class))
        .where(col(RetentionRunLine.run_id) == run_id)
        .order_by(col(RetentionRunLine.pupil_id))
    )
    rows = [(row[0], row[1]) for row in await session.execute(query)]
    return [(pupil, frozenset(name for _, name in of)) for pupil, of in groupby(rows, key=lambda row: row[0])]


async def _locked_and_held(session: AsyncSession, pupil_id: UUID) -> bool:
    await session.execute(select(col(Pupil.id)).where(col(Pupil.id) == pupil_id).with_for_update())
    return await is_held(session, pupil_id)


async def _pass_over(session: AsyncSession, run: RetentionRun, pupil_id: UUID) -> None:
    held = ledger.entry(run.school_id, "retention_run.held_back", "retention_run", account_id=run.executed_by,
                        resource_id=run.id, pupil_ids=[pupil_id])  # fmt: skip
    await ledger.write(session, [held])


async def erase_again(database: Database, tombstones: Iterable[Mapping[str, Any]] = ()) -> tuple[int, int]:
    """Erase every pupil who was erased before and is there: a backup older than the erasure was restored.

    `tombstones` are those kept apart from the backups (`erased`), for the backup has not got them either. Returns how
    many pupils were erased, and how many a legal hold of the backup keeps.
    """
    async with database.transaction() as session:
        known = set((await session.execute(select(col(ErasedPupil.pupil_id)))).scalars())
        fresh = [dict(one) for one in tombstones if one["pupil_id"] not in known]
        if fresh:
            await session.execute(insert(ErasedPupil), fresh)
        stones = (await session.execute(select(ErasedPupil).order_by(col(ErasedPupil.pupil_id)))).scalars().all()
        back = set(await alive(session, [one.pupil_id for one in stones]))
    erased = held = 0
    for stone in stones:
        if stone.pupil_id not in back:
            continue
        async with database.transaction() as session:
            if await _locked_and_held(session, stone.pupil_id):
                held += 1
                continue
            erased += await erase(session, Order(stone.pupil_id, stone.run_id, stone.why, None))
    if erased:
        await wipe(database)
    return erased, held


def tombstones(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Read what `records erased` printed; raises msgspec.ValidationError for a line that is none of it."""
    return [msgspec.structs.asdict(msgspec.json.decode(line, type=_Tombstone)) for line in lines if line.strip()]


class _Tombstone(msgspec.Struct, forbid_unknown_fields=True):
    pupil_id: UUID
    school_id: UUID
    erased_at: datetime
    why: str
    run_id: UUID


async def erased(database: Database) -> list[dict[str, Any]]:
    """Return every tombstone, to be kept apart from the backups."""
    names = ("pupil_id", "school_id", "erased_at", "why", "run_id")
    async with database.transaction(read_only=True) as session:
        columns = [getattr(ErasedPupil, name) for name in names]
        rows = await session.execute(select(*columns).order_by(col(ErasedPupil.erased_at)))
        return [dict(zip(names, row, strict=True)) for row in rows]


async def wipe(database: Database) -> None:
    """Let the bytes of what was deleted go: from SQLite's file and its log, from PostgreSQL's dead rows.

    PostgreSQL vacuums a table for its owner only, and by itself sooner or later (autovacuum). Raises `Unavailable`
    while a reader still needs the old pages.
    """
    async with database.writing.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is None:
            raise Unavailable()
        if database.dialect == "postgresql":
            await driver.execute("SET statement_timeout = 0")
            for about in erasable():
                await driver.execute(f"VACUUM {about.name}")
            await driver.execute("RESET statement_timeout")
            return
        await driver.execute("VACUUM")
        async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as told:
            if (await told.fetchone())[0]:
                raise Unavailable()
