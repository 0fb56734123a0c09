"""The worker: keeps the house clean, outlives jobs that fail, and stops when asked."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api import worker
from iap_api.access.tables import KeptKey, SignIn, Throttle
from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.jobs import Job
from iap_api.core.tables import new_id
from tests.core.fresh import own_database, own_world, settings_with


async def every(database: Database, table: Any) -> list[Any]:
    async with database.transaction(read_only=True) as session:
        return list((await session.execute(select(table))).scalars())


async def test_the_hourly_clean_forgets_what_has_served_its_time_and_nothing_younger(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        database, now = world.app.state.database, clock.now()
        account_id = world.senco.account.id

        def key(operation: str, age: timedelta) -> KeptKey:
            return KeptKey(
                account_id=account_id, operation=operation, key=new_id().bytes, body=b"", resource_id=new_id(),
                kept_at=now - age,
            )  # fmt: skip

        old, young = timedelta(days=30, minutes=1), timedelta(days=29, hours=23)
        sign_ins = [SignIn(account_id=account_id, started_at=now, expires_at=now - age) for age in (old, young)]
        throttles = [Throttle(digest=name, since=now - timedelta(days=days)) for name, days in ((b"a", 3), (b"b", 1))]
        keys = [key("POST /v1/x", old), key("POST /v1/x", young), key("PUT /v1/x/{id}", old)]
        async with database.transaction() as session:
            session.add_all([*sign_ins, *throttles, *keys])
        before = len(await every(database, SignIn))
        async with database.transaction() as session:
            await jobs.put(session, "clean_house", unique_key="clean_house")
        assert await worker.work_once(database)
        assert {kept.key for kept in await every(database, KeptKey)} == {keys[1].key, keys[2].key}
        left = {one.id for one in await every(database, SignIn)}
        assert len(left) == before - 1
        assert sign_ins[1].id in left
        assert [one.digest for one in await every(database, Throttle)] == [b"b"]
        (again,) = [job for job in await every(database, Job) if job.done_at is None]
        assert timedelta(minutes=59) < again.run_at - clock.now() <= timedelta(hours=1)
        assert not await worker.work_once(database)
        assert (await world.senco.get("/v1/pupils")).status_code == 200


async def test_a_job_that_fails_leaves_nothing_of_its_work_and_does_not_stop_the_others(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(session: AsyncSession, payload: dict[str, Any]) -> None:
        session.add(Throttle(digest=b"half done", since=clock.now()))
        await session.flush()
        raise LookupError(payload["name"])

    async def succeed(session: AsyncSession, payload: dict[str, Any]) -> None:
        session.add(Throttle(digest=payload["name"].encode(), since=clock.now()))

    monkeypatch.setitem(worker.KINDS, "stumble", stumble)
    monkeypatch.setitem(worker.KINDS, "succeed", succeed)
    async with opened(database_url, tmp_path) as database:
        for kind in ("stumble", "no_such_kind", "succeed"):
            async with database.transaction() as session:
                await jobs.put(session, kind, {"name": "Quillon"})
        assert [await worker.work_once(database) for _ in range(4)] == [True, True, True, False]
        found = {job.kind: job for job in await every(database, Job)}
        assert (found["stumble"].failure, found["stumble"].done_at) == ("LookupError", None)
        assert found["no_such_kind"].failure == "KeyError"
        assert found["succeed"].done_at is not None
        assert [one.digest for one in await every(database, Throttle)] == [b"Quillon"]


async def test_work_whose_lease_was_lost_is_not_done_twice(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    async def count(session: AsyncSession, payload: dict[str, Any]) -> None:
        done.append(payload)

    monkeypatch.setitem(worker.KINDS, "count", count)
    async with opened(database_url, tmp_path) as database:
        async with database.transaction() as session:
            await jobs.put(session, "count")
        async with database.transaction() as session:
            assert await jobs.take(session) is not None
        async with database.transaction() as session:
            await session.execute(update(Job).values(leased_until=clock.now() - timedelta(seconds=1)))
        answers = await asyncio.gather(*(worker.work_once(database) for _ in range(4)))
        assert sorted(answers) == [False, False, False, True]
        assert len(done) == 1
        (job,) = await every(database, Job)
        assert (job.tries, job.done_at is not None) == (2, True)


async def test_two_workers_started_at_once_clean_once_and_stop_when_asked(database_url: str, tmp_path: Path) -> None:
    async with own_database(database_url, tmp_path) as url:
        settings = settings_with(url, tmp_path)
        given = {
            "IAP_DATABASE_URL": url, "IAP_SECRET": settings.secret.get_secret_value(), "IAP_DATA_DIR": str(tmp_path),
            "IAP_SIGNING_KEY": settings.signing_key.get_secret_value(), "IAP_LOG_LEVEL": "info",
        }  # fmt: skip
        command = [sys.executable, "-m", "iap_api", "worker"]
        workers = [
            subprocess.Popen(command, env={**os.environ, **given}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        database = Database(settings)
        for _ in range(400):
            found = await every(database, Job)
            if [job for job in found if job.done_at is not None]:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        for process in workers:
            process.send_signal(signal.SIGTERM)
        said = [(await asyncio.to_thread(process.communicate, None, 20))[0] for process in workers]
        assert [process.returncode for process in workers] == [0, 0], said
        assert all(json.loads(line)["event"] != "job_failed" for out in said for line in out.splitlines())
        found = await every(database, Job)
        assert sorted(job.done_at is not None for job in found) == [False, True]
        assert {job.tries for job in found if job.done_at} == {1}
        waiting = select(col(Job.unique_key)).where(col(Job.done_at).is_(None))
        async with database.transaction(read_only=True) as session:
            assert list((await session.execute(waiting)).scalars()) == ["clean_house"]
        await database.close()
