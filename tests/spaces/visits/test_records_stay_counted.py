"""No record of a restrictive intervention is edited out of the figures: it is withdrawn, with a reason, and counted."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.core import clock
from iap_api.core.errors import Problem
from iap_api.core.tables import new_id
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from tests.spaces.visits.test_interventions import PATH, record_of, the_rest
from tests.spaces.visits.test_visits import begun, ends, hours_ago
from tests.world import Person, World

WHY = {"withdrawn_why": "It was Dev who was held, not Ben."}


def midnight_before(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(clock.LONDON).date(), time(), clock.LONDON).astimezone(UTC)


async def written_by_hand(database: Any, statement: Any) -> bool:
    """Whether the database lets somebody beside the API do this."""
    try:
        async with database.transaction() as session:
            await session.execute(statement)
    except (Problem, DBAPIError):
        return False
    return True


async def written(person: Person, pupil: UUID, **more: Any) -> dict[str, Any]:
    answer = await person.post(PATH, {"pupil_id": str(pupil), "kind": "restraint", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_the_wrong_child_is_withdrawn_by_the_headteacher_and_still_counted(world: World) -> None:
    """In the staff room after three: the assistant sees Ben's name on the sheet and tells the head before she signs."""
    record = await written(world.teaching_assistant, world.ben)
    path = f"{PATH}/{record['id']}"
    assert (await world.teaching_assistant.post(f"{path}/withdraw", WHY)).status_code == 403
    assert (await world.headteacher.verb(path, "withdraw", {})).status_code == 422, "not without a reason"
    gone = await world.headteacher.verb(path, "withdraw", WHY)
    assert gone.status_code == 200, gone.text
    assert (gone.json()["withdrawn_why"], gone.json()["missing"]) == (WHY["withdrawn_why"], [])
    assert gone.json()["withdrawn_by"] == str(world.headteacher.account.id)
    for status, found in (("withdrawn", 1), ("unsigned", 0), ("signed", 0)):
        listed = await world.base_lead.get(f"{PATH}?pupil_id={world.ben}&status={status}")
        assert len(listed.json()["items"]) == found
    (figures,) = (await world.headteacher.get(f"{PATH}/figures")).json()["items"]
    assert (figures["kind"], figures["count"], figures["unsigned"], figures["withdrawn"]) == ("restraint", 0, 0, 1)
    for answer in (
        await world.base_lead.change(path, {"debrief": "Nothing."}),
        await world.headteacher.verb(path, "sign"),
        await world.headteacher.verb(path, "withdraw", WHY),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/intervention-withdrawn")


async def test_neither_the_kind_nor_the_day_of_a_record_is_edited(world: World) -> None:
    """What led to it, who was there, injury, parents, debrief and the minutes may be put right until it is signed."""
    lead, began = world.base_lead, clock.now() - timedelta(minutes=5)
    record = await written(lead, world.ben, started_at=began.isoformat())
    path = f"{PATH}/{record['id']}"
    assert (await lead.change(path, the_rest(world))).status_code == 200
    first = midnight_before(began)
    assert (await lead.change(path, {"started_at": first.isoformat()})).status_code == 200
    for wrong, pointer in (
        ({"started_at": (first - timedelta(seconds=1)).isoformat()}, "/started_at"),
        ({"started_at": (began - timedelta(days=365)).isoformat()}, "/started_at"),
        ({"kind": "other_force"}, "/kind"),
        ({"pupil_id": str(world.amira)}, "/pupil_id"),
    ):
        answer = await lead.change(path, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    read = (await lead.get(path)).json()
    assert (read["kind"], read["due_at"]) == ("restraint", record["due_at"])


async def test_a_seclusion_stands_as_long_as_its_visit_says_so(world: World) -> None:
    """The slip was in the visit: it is put right first, by whoever was there, and the head withdraws the record."""
    assistant, head = world.teaching_assistant, world.headteacher
    visit = await begun(assistant, world.ben, world.retreat, free_to_leave=False)
    record = await record_of(assistant, visit)
    path = f"{PATH}/{record['id']}"
    refused = await head.verb(path, "withdraw", WHY)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/intervention-needed")
    assert (await assistant.change(f"/v1/visits/{visit['id']}", {"free_to_leave": True})).status_code == 200
    assert (await head.verb(path, "withdraw", WHY)).status_code == 200
    # and if he was kept in after all, that has its own record
    again = await assistant.change(f"/v1/visits/{visit['id']}", {"free_to_leave": False})
    assert again.json()["restrictive_intervention_id"] not in (None, record["id"])
    assert (await record_of(assistant, visit))["withdrawn_at"] is None
    assert (await ends(assistant, visit)).status_code == 200
    assert (await head.get(path)).json()["ended_at"] is None, "what was withdrawn stays as it was"

    mistaken = await begun(assistant, world.cara, world.retreat, free_to_leave=False)
    assert (await assistant.verb(f"/v1/visits/{mistaken['id']}", "withdraw")).status_code == 200
    gone = await head.verb(f"{PATH}/{(await record_of(assistant, mistaken))['id']}", "withdraw", WHY)
    assert gone.status_code == 200, "nobody was in there"


async def test_a_visit_with_a_record_stays_on_its_day_and_its_records_with_it(world: World) -> None:
    assistant = world.teaching_assistant
    today = {"started_at": hours_ago(0.2), "ended_at": hours_ago(0.1)}
    kept = await begun(assistant, world.ben, world.retreat, free_to_leave=False, **today)
    free = await begun(assistant, world.amira, world.retreat, **today)
    midnight = midnight_before(datetime.fromisoformat(kept["started_at"]))
    yesterday = {
        "started_at": (midnight - timedelta(seconds=1)).isoformat(),
        "ended_at": (midnight + timedelta(seconds=1)).isoformat(),
    }
    moved = await assistant.change(f"/v1/visits/{kept['id']}", yesterday)
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (422, "/started_at")
    assert (await assistant.change(f"/v1/visits/{free['id']}", yesterday)).status_code == 200
    body = {"pupil_id": str(world.ben), "kind": "restraint", "visit_id": kept["id"], **yesterday}
    elsewhere = await assistant.post(PATH, body)
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/started_at")


async def test_a_restraint_on_the_visit_does_not_stand_for_the_seclusion(world: World) -> None:
    """He was held first, and that was written down; that he was then kept in is another matter."""
    assistant = world.teaching_assistant
    visit = await begun(assistant, world.ben, world.retreat)
    await written(assistant, world.ben, visit_id=visit["id"])
    assert (await record_of(assistant, visit))["kind"] == "restraint"
    await assistant.change(f"/v1/visits/{visit['id']}", {"free_to_leave": False})
    every = (await assistant.get(f"{PATH}?pupil_id={world.ben}")).json()["items"]
    assert [one["kind"] for one in every] == ["restraint", "seclusion"]
    assert (await record_of(assistant, visit))["kind"] == "seclusion"


async def test_raw_sql_makes_nothing_of_a_record_that_the_api_does_not(world: World) -> None:
    visit = await begun(world.teaching_assistant, world.ben, world.retreat, started_at=hours_ago(0.2),
                        ended_at=hours_ago(0.1), free_to_leave=False)  # fmt: skip
    record = await record_of(world.base_lead, visit)
    path, head = f"{PATH}/{record['id']}", world.headteacher.account.id
    rest = {name: value for name, value in the_rest(world).items() if name != "staff_ids"}
    assert (await world.base_lead.change(path, rest)).json()["missing"] == ["staff_ids"]
    table, database = RestrictiveIntervention, world.app.state.database
    mine = update(table).where(col(table.id) == UUID(record["id"]))
    async with database.transaction() as session:
        row = (await session.get_one(table, UUID(record["id"]))).model_dump()
    signed = {"signed_at": clock.now(), "signed_by": head}
    for statement, wrong in (
        (mine.values(signed), "signed without the adults"),
        (insert(table).values({**row, **signed, "id": new_id(), "visit_id": None}), "written down signed without them"),
        (mine.values(kind="other_force"), "of another kind"),
        (mine.values(pupil_id=world.amira, visit_id=None), "of another child"),
        (mine.values(visit_id=None), "without its visit"),
        (mine.values(withdrawn_at=clock.now(), withdrawn_by=head), "withdrawn without a reason"),
    ):
        assert not await written_by_hand(database, statement), wrong
    assert await written_by_hand(
        database, mine.values(withdrawn_at=clock.now(), withdrawn_by=head, withdrawn_why="A slip.")
    )
    assert not await written_by_hand(database, mine.values(withdrawn_at=None, withdrawn_by=None, withdrawn_why=None))
    assert (await world.base_lead.get(path)).json()["withdrawn_why"] == "A slip."


async def test_the_visit_is_put_right_while_its_record_is_written_down(world: World) -> None:
    """Two adults after the same event, one correcting the visit, one writing the record: neither is sent away."""
    assistant, lead = world.teaching_assistant, world.base_lead
    for turn in range(40):
        pupil = (world.amira, world.ben, world.cara, world.dev)[turn % 4]
        visit = await begun(assistant, pupil, world.classroom)
        path = f"/v1/visits/{visit['id']}"
        tag = (await assistant.get(path)).headers["ETag"]
        body = {"pupil_id": str(pupil), "kind": "seclusion", "visit_id": visit["id"]}
        asked = [
            assistant.patch(path, {"free_to_leave": False}, If_Match=tag),
            lead.post(PATH, body),
        ]
        answers = await asyncio.gather(*(asked if turn % 2 else reversed(asked)))
        put_right, wrote = answers if turn % 2 else reversed(answers)
        assert put_right.status_code == 200, put_right.text
        assert wrote.status_code in (201, 409), wrote.text
        records = (await lead.get(f"{PATH}?pupil_id={pupil}")).json()["items"]
        assert [one["kind"] for one in records if one["visit_id"] == visit["id"]] == ["seclusion"]
