"""The background loop: takes jobs one by one, and keeps the house clean every hour."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api import every_table
from iap_api.access.tables import KeptKey, SignIn, Throttle
from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.errors import Unavailable
from iap_api.core.log import log
from iap_api.files import forgetting
from iap_api.files.store import Store
from iap_api.records import carrying_out
from iap_api.spaces.bookings import no_shows
from iap_api.spaces.visits.watching import WATCH, watch

IDLE_SECONDS = 1.0
KEPT_KEYS = timedelta(days=30)
WATCHES = timedelta(days=1)
# an erasure goes along every table there is
EVERY_TABLE = every_table.PACKAGES


async def clean_house(session: AsyncSession, _payload: dict[str, Any]) -> None:
    """Forget idempotency keys after 30 days, sign-ins a month after their end, old throttles and watches; hourly."""
    now = clock.now()
    await session.execute(
        delete(KeptKey).where(col(KeptKey.kept_at) < now - KEPT_KEYS, col(KeptKey.operation).startswith("POST"))
    )
    await session.execute(delete(SignIn).where(col(SignIn.expires_at) < now - timedelta(days=30)))
    await session.execute(delete(Throttle).where(col(Throttle.since) < now - timedelta(days=2)))
    await session.execute(delete(jobs.Job).where(col(jobs.Job.kind) == WATCH, col(jobs.Job.done_at) < now - WATCHES))
    await jobs.put(session, "clean_house", run_at=now + timedelta(hours=1), unique_key="clean_house")


KINDS: dict[str, Callable[[AsyncSession, dict[str, Any]], Awaitable[None]]] = {
    "clean_house": clean_house,
    carrying_out.CARRY_OUT: carrying_out.carry_out,
    no_shows.RELEASE: no_shows.release_no_shows,
    WATCH: watch,
    forgetting.SWEEP: forgetting.sweep_again,
}
# what puts itself back into the queue for ever, once it is there
STANDING = ("clean_house", no_shows.RELEASE, forgetting.SWEEP)
# what cannot be done within a transaction; done again if the worker dies before it can say so
WITHOUT_TRANSACTION: dict[str, Callable[[Database], Awaitable[None]]] = {carrying_out.WIPE: carrying_out.wipe}
# what speaks to the store of files too, before the job is said to be done
WITH_STORE: dict[str, Callable[[Database, Store, dict[str, Any]], Awaitable[None]]] = {
    forgetting.FORGET: forgetting.forget,
    forgetting.SWEEP: forgetting.sweep,
}


async def work_once(database: Database, store: Store | None = None) -> bool:
    """Take and do one job; return False when none was due. Without a store, what needs one is left for another try."""
    async with database.transaction() as session:
        job = await jobs.take(session)
        if job is None:
            return False
        taken = (job.id, job.tries, job.kind, json.loads(job.payload))
    job_id, tries, kind, payload = taken
    failure: str | None = None
    try:
        if kind in WITHOUT_TRANSACTION:
            await WITHOUT_TRANSACTION[kind](database)
        elif kind in WITH_STORE:
            if store is None:
                raise Unavailable()
            await WITH_STORE[kind](database, store, payload)
        elif kind not in KINDS:
            raise KeyError(kind)
        async with database.transaction() as session:
            if await jobs.finish(session, job_id, tries) and kind in KINDS:
                await KINDS[kind](session, payload)
    except Exception as error:  # noqa: BLE001 - a job that fails must not stop the others
        failure = type(error).__name__
        log.warning("job_failed", kind=kind, job_id=str(job_id), tries=tries, error=failure)
        async with database.transaction() as session:
            await jobs.finish(session, job_id, tries, failure=failure)
    return True


async def start_watching(session: AsyncSession, left_open_minutes: int) -> None:
    """Have visits watched from now on, by the minutes that are set now: a watch that waits already takes them over."""
    payload = {"left_open_minutes": left_open_minutes}
    await jobs.put(session, WATCH, payload, unique_key=WATCH)
    waiting = update(jobs.Job).where(col(jobs.Job.unique_key) == WATCH)
    await session.execute(waiting.values(payload=json.dumps(payload)))


async def run(database: Database, store: Store | None = None, *, left_open_minutes: int = 60) -> None:
    """Work until told to stop; a visit open for longer than `left_open_minutes` becomes an event."""
    stopping = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
    async with database.transaction() as session:
        for kind in STANDING:
            await jobs.put(session, kind, unique_key=kind)
        await start_watching(session, left_open_minutes)
    log.info("worker_started")
    while not stopping.is_set():
        try:
            worked = await work_once(database, store)
        except Unavailable:
            # the worker outlives a database that is away; a job it had taken comes back when its lease ends
            log.warning("worker_waits")
            worked = False
        if not worked:
            try:
                await asyncio.wait_for(stopping.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue
    if store is not None:
        await store.close()
    await database.close()
