"""The worker: keeps the house clean, outlives jobs that fail, and stops when asked."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from iap_api import worker
from iap_api.access.tables import KeptKey, SignIn, Throttle
from iap_api.core import clock, jobs
from iap_api.core.database import Database
from iap_api.core.jobs import Job
from iap_api.core.tables import new_id
from tests.core.fresh import by_hand, opened, own_database, own_world, settings_with


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


STANDING = ("clean_house", "release_no_shows", "sweep_files", "watch_visits")


async def test_two_workers_started_at_once_clean_once_and_stop_when_asked(database_url: str, tmp_path: Path) -> None:
    async with own_database(database_url, tmp_path) as url:
        settings = settings_with(url, tmp_path)
        given = {
            "IAP_DATABASE_URL": url, "IAP_SECRET": settings.secret.get_secret_value(), "IAP_DATA_DIR": str(tmp_path),
            "IAP_SIGNING_KEY": settings.signing_key.get_secret_value(), "IAP_LOG_LEVEL": "info",
        }  # fmt: skip
        command = [sys.executable, "-m", "iap_api", "worker"]
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
        workers = [
            await asyncio.create_subprocess_exec(*command, env={**os.environ, **given}, **pipes) for _ in range(2)
        ]
        async with asyncio.timeout(60):
            for process in workers:
                assert process.stdout is not None
                assert json.loads(await process.stdout.readline())["event"] == "worker_started"
            for _ in range(200):
                if (await by_hand(url, "SELECT count(*) FROM jobs WHERE done_at IS NOT NULL"))[0][0] == len(STANDING):
                    break
                await asyncio.sleep(0.05)
            for process in workers:
                process.send_signal(signal.SIGTERM)
            assert [await process.communicate() for process in workers] == [(b"", None)] * 2
        assert [process.returncode for process in workers] == [0, 0]
        done = await by_hand(url, "SELECT kind, tries FROM jobs WHERE done_at IS NOT NULL ORDER BY kind")
        waiting = await by_hand(url, "SELECT unique_key, tries FROM jobs WHERE done_at IS NULL ORDER BY unique_key")
        assert [tuple(row) for row in done] == [(kind, 1) for kind in sorted(STANDING)]
        assert [tuple(row) for row in waiting] == [(kind, 0) for kind in sorted(STANDING)]
