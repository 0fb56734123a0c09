"""Lets bytes go whose row is gone: at once by a job that the row leaves behind, and by a daily sweep of the store.

The sweep finds what a crash left between the store and the database. It passes over what is younger than a day, for
the row of a file that is being kept comes after its bytes.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.log import log
from iap_api.files.store import Store
from iap_api.files.tables import StoredFile

# put into the queue by the database itself (migrations/rules/files)
FORGET = "forget_file"
SWEEP = "sweep_files"
EVERY = timedelta(days=1)
LEFT_ALONE = timedelta(days=1)
_AT_ONCE = 500


async def forget(database: Database, store: Store, payload: dict[str, Any]) -> None:
    """Delete the bytes of a file whose row is gone; if a restored backup has brought the row back, do nothing."""
    name = str(payload["name"])
    if not await _kept(database, [name]):
        await store.delete(name)


async def sweep(database: Database, store: Store, _payload: dict[str, Any] | None = None) -> None:
    """Delete what has been in the store for a day and has no row."""
    gone = 0
    async for names in _by_many(store.names(clock.now() - LEFT_ALONE)):
        for name in set(names) - await _kept(database, names):
            await store.delete(name)
            gone += 1
    if gone:
        log.warning("files_swept", gone=gone)


async def sweep_again(session: AsyncSession, _payload: dict[str, Any]) -> None:
    """Put the next sweep into the queue."""
    await jobs.put(session, SWEEP, run_at=clock.now() + EVERY, unique_key=SWEEP)


async def _kept(database: Database, names: list[str]) -> set[str]:
    async with database.transaction(read_only=True) as session:
        return set(
            (await session.execute(select(col(StoredFile.name)).where(col(StoredFile.name).in_(names)))).scalars()
        )


async def _by_many(names: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    some: list[str] = []
    async for name in names:
        some.append(name)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
