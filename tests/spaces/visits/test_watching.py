"""What the worker does every minute: open visits keep their place, and what was forgotten is told once."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from iap_api import worker
from iap_api.access.ledger import pupils_of
from iap_api.access.tables import LedgerEntry
from iap_api.core import clock
from iap_api.core.jobs import Job
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.watching import WATCH
from tests.core.fresh import own_world
from tests.spaces.visits.test_interventions import PATH, record_of, the_rest
from tests.spaces.visits.test_visits import begun, ends, hours_ago
from tests.world import World


async def minute(world: World, left_open_minutes: int = 60) -> None:
    """The worker's next minute."""
    database = world.app.state.database
    async with database.transaction() as session:
        await worker.start_watching(session, left_open_minutes)
        await session.execute(update(Job).where(col(Job.kind) == WATCH).values(run_at=clock.now()))
    assert await worker.work_once(database)


async def events(world: World, kind: str) -> list[LedgerEntry]:
    async with world.app.state.database.transaction(read_only=True) as session:
        return list((await session.execute(select(LedgerEntry).where(col(LedgerEntry.kind) == kind))).scalars())


async def read(world: World, visit: dict[str, Any]) -> dict[str, Any]:
    return dict((await world.base_lead.get(f"/v1/visits/{visit['id']}")).json())


async def test_an_open_visit_keeps_its_place_and_is_told_of_once(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        long = await begun(world.base_lead, world.ben, world.retreat, started_at=hours_ago(1.1))
        short = await begun(world.base_lead, world.amira, world.sensory, started_at=hours_ago(0.5))
        over = await begun(world.base_lead, world.cara, world.sensory, started_at=hours_ago(2), ended_at=hours_ago(1))
        for _ in range(2):
            await minute(world)
        for visit in (long, short):
            now = await read(world, visit)
            assert datetime.fromisoformat(now["holds_until"]) > datetime.fromisoformat(visit["holds_until"])
            assert now["version"] == visit["version"], "whoever is about to end it is not told to look again"
        assert await read(world, over) == over
        (told,) = await events(world, "visit.left_open")
        assert (told.resource_id, pupils_of(told.pupil_ids)) == (UUID(long["id"]), [world.ben])
        assert (await read(world, long))["left_open_at"]
        assert not (await read(world, short))["left_open_at"]
        assert (await ends(world.base_lead, long)).status_code == 200

        await minute(world, left_open_minutes=20)
        assert len(await events(world, "visit.left_open")) == 2, "the setting of today holds, not that of the job"


async def test_a_visit_left_open_for_half_a_day_gives_its_place_back(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        visit = await begun(world.base_lead, world.ben, world.retreat, started_at=hours_ago(11.95))
        await minute(world)
        held = datetime.fromisoformat((await read(world, visit))["holds_until"])
        assert held == datetime.fromisoformat(visit["started_at"]) + timedelta(hours=12)


async def test_a_record_that_is_not_complete_by_the_end_of_its_day_is_told_of_once(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        late, whole, today = [
            await begun(world.base_lead, pupil, space, started_at=hours_ago(1), ended_at=hours_ago(0.5),
                        free_to_leave=False)
            for pupil, space in ((world.ben, world.retreat), (world.amira, world.sensory), (world.cara, world.dome))
        ]  # fmt: skip
        records = {name: await record_of(world.base_lead, visit) for name, visit in
                   {"late": late, "whole": whole, "today": today}.items()}  # fmt: skip
        path = f"{PATH}/{records['whole']['id']}"
        assert (await world.base_lead.change(path, the_rest(world))).json()["missing"] == []
        wrong = await world.base_lead.post(PATH, {"pupil_id": str(world.ben), "kind": "restraint"})
        records["withdrawn"] = wrong.json()
        async with world.app.state.database.transaction() as session:
            for name in ("late", "whole", "withdrawn"):
                row = col(RestrictiveIntervention.id) == UUID(records[name]["id"])
                values = {"due_at": clock.now() - timedelta(minutes=1)}
                await session.execute(update(RestrictiveIntervention).where(row).values(values))
        why = {"withdrawn_why": "It was another child."}
        gone = await world.headteacher.verb(f"{PATH}/{records['withdrawn']['id']}", "withdraw", why)
        assert gone.status_code == 200, gone.text
        for _ in range(2):
            await minute(world)
        (told,) = await events(world, "restrictive_intervention.overdue")
        assert told.resource_id == UUID(records["late"]["id"])
        assert (await record_of(world.base_lead, late))["overdue_at"]


async def test_it_goes_on_by_itself_every_minute(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        await minute(world)
        async with world.app.state.database.transaction(read_only=True) as session:
            waiting = (
                await session.execute(select(Job).where(col(Job.kind) == WATCH, col(Job.done_at).is_(None)))
            ).one()
        assert timedelta(seconds=50) < waiting[0].run_at - clock.now() <= timedelta(minutes=1)
