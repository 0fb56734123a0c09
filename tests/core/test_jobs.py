"""Work for later: taken by one worker, taken back from a silent one, tried again with growing patience."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.jobs import Job
from tests.core.fresh import opened


@pytest.fixture(name="like")
def _like(database_url: str) -> str:
    return database_url


async def put(database: Database, kind: str = "send", *payload: dict[str, Any], **more: Any) -> None:
    async with database.transaction() as session:
        await jobs.put(session, kind, *payload, **more)


async def take(database: Database) -> Job | None:
    async with database.transaction() as session:
        return await jobs.take(session)


async def finish(database: Database, job: Job, failure: str | None = None) -> bool:
    async with database.transaction() as session:
        return await jobs.finish(session, job.id, job.tries, failure=failure)


async def only(database: Database) -> Job:
    async with database.transaction(read_only=True) as session:
        return (await session.execute(select(Job))).scalar_one()


async def set_all(database: Database, **values: datetime) -> None:
    async with database.transaction() as session:
        await session.execute(update(Job).values(**values))


async def test_jobs_are_taken_in_the_order_they_are_due_and_none_before(like: str, tmp_path: Path) -> None:
    async with opened(like, tmp_path) as database:
        now = clock.now()
        await put(database, "later", run_at=now + timedelta(minutes=1))
        await put(database, "second", run_at=now - timedelta(minutes=1))
        await put(database, "first", {"export_id": "7"}, run_at=now - timedelta(minutes=2))
        taken = [await take(database) for _ in range(3)]
        assert [job.kind if job else None for job in taken] == ["first", "second", None]
        assert taken[0] is not None
        assert taken[0].payload == '{"export_id": "7"}'


async def test_thirty_jobs_and_six_workers_no_job_is_taken_twice(like: str, tmp_path: Path) -> None:
    async with opened(like, tmp_path) as database:
        for _ in range(30):
            await put(database)
        taken: list[Job] = []

        async def worker() -> None:
            # on PostgreSQL a row another worker holds is passed over, so "none" may come early: ask until all are gone
            while len(taken) < 30:
                if job := await take(database):
                    taken.append(job)

        async with asyncio.timeout(30):
            await asyncio.gather(*(worker() for _ in range(6)))
        assert len({job.id for job in taken}) == 30
        assert {job.tries for job in taken} == {1}


async def test_a_silent_workers_job_goes_to_another_after_the_lease_and_the_first_changes_nothing_more(
    like: str, tmp_path: Path
) -> None:
    async with opened(like, tmp_path) as database:
        await put(database, unique_key="nightly")
        first = await take(database)
        assert first is not None
        assert await take(database) is None
        left = (await only(database)).leased_until
        assert left is not None
        assert timedelta(minutes=4) < left - clock.now() <= timedelta(minutes=5)
        await set_all(database, leased_until=clock.now() - timedelta(seconds=1))
        second = await take(database)
        assert second is not None
        assert (second.id, second.tries) == (first.id, 2)
        for failure in (None, "Timeout"):
            assert not await finish(database, first, failure)
        kept = await only(database)
        assert (kept.done_at, kept.failure, kept.unique_key) == (None, None, "nightly")
        assert await finish(database, second)
        assert (await only(database)).done_at is not None
        assert not await finish(database, second, "too late")
        assert await take(database) is None


async def test_a_job_that_fails_waits_longer_each_time_and_is_given_up_after_eight_tries(
    like: str, tmp_path: Path
) -> None:
    async with opened(like, tmp_path) as database:
        await put(database, unique_key="nightly")
        waits = []
        for _ in range(8):
            job = await take(database)
            assert job is not None
            before = clock.now()
            assert await finish(database, job, "ConnectionError" * 40)
            kept = await only(database)
            waits.append(round((kept.run_at - before).total_seconds()))
            assert kept.failure is not None
            assert len(kept.failure) <= 200
            await set_all(database, run_at=clock.now() - timedelta(seconds=1))
        assert waits[:7] == [2, 4, 8, 16, 32, 64, 128]
        kept = await only(database)
        assert kept.failed_at is not None
        assert kept.unique_key is None
        assert await take(database) is None


async def test_a_unique_job_is_in_the_queue_once_until_it_is_done(like: str, tmp_path: Path) -> None:
    async with opened(like, tmp_path) as database:
        await asyncio.gather(*(put(database, unique_key="nightly") for _ in range(12)))
        assert (await only(database)).unique_key == "nightly"
        job = await take(database)
        assert job is not None
        await put(database, unique_key="nightly")
        assert await finish(database, job, "Timeout")
        await put(database, unique_key="nightly")
        await set_all(database, run_at=clock.now() - timedelta(seconds=1))
        job = await take(database)
        assert job is not None
        assert job.tries == 2
        assert await finish(database, job)
        await put(database, unique_key="nightly")
        assert await take(database) is not None
        assert await take(database) is None


async def test_a_job_put_in_a_transaction_that_fails_was_never_put(like: str, tmp_path: Path) -> None:
    async with opened(like, tmp_path) as database:

        async def stumble() -> None:
            async with database.transaction() as session:
                await jobs.put(session, "send")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await stumble()
        assert await take(database) is None
