"""What the tests of the data-protection desk do again and again."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from iap_api.core import clock, jobs
from iap_api.pupils.tables import Pupil
from iap_api.records.carrying_out import CARRY_OUT, WIPE
from iap_api.worker import work_once
from tests.world import World

LONG_AGO = date(1990, 5, 4)


async def grown_up(world: World, given: str = "Olwen", born_on: date = LONG_AGO, **more: Any) -> UUID:
    """Somebody who was a pupil of North Quay when today's teachers were."""
    pupil_id = world.pupil(given, world.north, **more)
    next(row for row in world.rows if isinstance(row, Pupil) and row.id == pupil_id).born_on = born_on
    await world.save()
    return pupil_id


async def looked_at(world: World, **body: Any) -> dict[str, Any]:
    """A run that the data-protection officer has just made over North Quay's files."""
    answer = await world.data_protection_officer.post("/v1/retention-runs", {"school_id": str(world.north), **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def path_of(run: dict[str, Any]) -> str:
    return f"/v1/retention-runs/{run['id']}"


async def approved(world: World, **body: Any) -> str:
    """The path of a run that the officer and the headteacher approved."""
    path = path_of(await looked_at(world, **body))
    for person in (world.data_protection_officer, world.headteacher):
        answer = await person.verb(path, "approve")
        assert answer.status_code == 200, answer.text
    return path


async def worked_off(world: World) -> None:
    """The worker does what is due, until nothing is."""
    database = world.app.state.database
    left = text(f"SELECT kind, failure FROM jobs WHERE done_at IS NULL AND kind IN ('{CARRY_OUT}', '{WIPE}')")
    # a job that met a busy database is put back for two seconds, and for four
    async with asyncio.timeout(30):
        while True:
            while await work_once(database):
                pass
            async with database.transaction(read_only=True) as session:
                waiting = (await session.execute(left)).all()
            if not waiting:
                return
            assert all(failure == "Unavailable" for _kind, failure in waiting), waiting
            await asyncio.sleep(0.5)


async def erased(world: World, **body: Any) -> dict[str, Any]:
    """A run that was looked at, approved, executed and worked off."""
    path = await approved(world, **body)
    answer = await world.data_protection_officer.verb(path, "execute")
    assert answer.status_code == 200, answer.text
    await worked_off(world)
    return dict((await world.data_protection_officer.get(path)).json())


async def erasure_asked(world: World, pupil_id: Any, **more: Any) -> dict[str, str]:
    """A parent's request for erasure under way, in the form that a run names it."""
    officer, today = world.data_protection_officer, clock.today().isoformat()
    asked = {"pupil_id": str(pupil_id), "kind": "erasure", "requester": "parent", "requester_name": "Ada Okafor"}
    made = await officer.post("/v1/subject-requests", {**asked, "received_on": today, **more})
    assert made.status_code == 201, made.text
    path = f"/v1/subject-requests/{made.json()['id']}"
    for verb, body in (("check-identity", {"checked_on": today, "how": "known in person"}), ("start", None)):
        done = await officer.verb(path, verb, body)
        assert done.status_code == 200, done.text
    return {"pupil_id": str(pupil_id), "subject_request_id": made.json()["id"]}


async def put_job(world: World, kind: str, payload: dict[str, Any]) -> None:
    async with world.app.state.database.transaction() as session:
        await jobs.put(session, kind, payload)
