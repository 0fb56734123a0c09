"""Restrictive interventions: nobody loses one, the clock runs by itself, and the headteacher signs a whole one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.core import clock
from iap_api.core.errors import Problem
from iap_api.spaces.visits.completing import due_at
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from tests.spaces.visits.test_visits import begun, ends, hours_ago
from tests.world import Person, World

PATH = "/v1/restrictive-interventions"
THE_REST = {
    "what_led_to_it": "He threw chairs.", "injury": "none", "parents_told_how": "by telephone",
    "debrief": "We drew what happened.",
}  # fmt: skip


def the_rest(world: World) -> dict[str, Any]:
    now = clock.now().isoformat()
    return {
        **THE_REST,
        "staff_ids": [str(world.staff["teaching_assistant"])],
        "parents_told_at": now,
        "debrief_at": now,
    }


async def record_of(person: Person, visit: dict[str, Any]) -> dict[str, Any]:
    read = (await person.get(f"/v1/visits/{visit['id']}")).json()
    answer = await person.get(f"{PATH}/{read['restrictive_intervention_id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_ben_is_kept_in_the_cocoon_and_the_headteacher_signs_before_going_home(world: World) -> None:
    """The assistant holds the door with one hand: one tap says so. The record is filled in after three."""
    assistant, head = world.teaching_assistant, world.headteacher
    visit = await begun(assistant, world.ben, world.retreat, initiated_by="staff_direct", free_to_leave=False,
                        door="closed")  # fmt: skip
    opened = await record_of(assistant, visit)
    assert (opened["kind"], opened["visit_id"], opened["pupil_id"]) == ("seclusion", visit["id"], str(world.ben))
    assert opened["missing"] == [
        "what_led_to_it", "ended_at", "staff_ids", "injury", "parents_told_at", "parents_told_how", "debrief_at",
        "debrief",
    ]  # fmt: skip
    assert datetime.fromisoformat(opened["due_at"]) == due_at(datetime.fromisoformat(visit["started_at"]))

    path = f"{PATH}/{opened['id']}"
    early = await head.verb(path, "sign")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/intervention-incomplete")
    assert [error["pointer"] for error in early.json()["errors"]] == [f"/{name}" for name in opened["missing"]]

    over = (await ends(assistant, visit, zones_after=["blue"])).json()
    filled = await assistant.change(path, {**the_rest(world), "injury": "pupil"})
    assert (filled.json()["ended_at"], filled.json()["missing"]) == (over["ended_at"], ["injury_note"])
    assert (await assistant.change(path, {"injury_note": "A scratch on the hand."})).json()["missing"] == []
    assert (await assistant.post(f"{path}/sign")).status_code == 403
    signed = await head.verb(path, "sign")
    assert signed.status_code == 200, signed.text
    assert (signed.json()["signed_by"], signed.json()["missing"]) == (str(head.account.id), [])

    for answer in (await assistant.change(path, {"debrief": "Nothing."}), await head.verb(path, "sign")):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/intervention-signed")


async def test_what_is_known_comes_in_the_same_call(world: World) -> None:
    sent = {"kind": "restraint", "what_led_to_it": "He ran for the road.", "started_at": hours_ago(0.1)}
    visit = await begun(
        world.teaching_assistant, world.ben, world.retreat, started_at=hours_ago(0.2), free_to_leave=False,
        restrictive_intervention=sent,
    )  # fmt: skip
    assert (await ends(world.teaching_assistant, visit)).status_code == 200
    restraint, seclusion = (await world.base_lead.get(f"{PATH}?pupil_id={world.ben}")).json()["items"]
    assert (restraint["kind"], restraint["what_led_to_it"]) == ("restraint", "He ran for the road.")
    assert restraint["missing"][0] == "ended_at", "a restraint does not last as long as the visit"
    assert (seclusion["kind"], seclusion["visit_id"]) == ("seclusion", visit["id"]), "he was kept in all the same"
    assert (await record_of(world.base_lead, visit))["id"] == seclusion["id"]


async def test_what_the_pupil_believed_counts_and_free_visits_have_no_record(world: World) -> None:
    free = await begun(world.teaching_assistant, world.amira, world.retreat, initiated_by="staff_direct")
    believed = await begun(world.teaching_assistant, world.ben, world.sensory, initiated_by="staff_direct",
                           believed_could_not_leave=True)  # fmt: skip
    assert free["restrictive_intervention_id"] is None
    assert believed["restrictive_intervention_id"] is not None


async def test_correcting_a_visit_opens_a_record_and_never_removes_one(world: World) -> None:
    assistant = world.teaching_assistant
    visit = await begun(assistant, world.ben, world.retreat)
    path = f"/v1/visits/{visit['id']}"
    opened = (await assistant.change(path, {"free_to_leave": False})).json()["restrictive_intervention_id"]
    assert opened is not None
    for free in (True, False):
        assert (await assistant.change(path, {"free_to_leave": free})).json()["restrictive_intervention_id"] == opened
    every = (await assistant.get(f"{PATH}?pupil_id={world.ben}")).json()["items"]
    assert [record["id"] for record in every] == [opened]


async def test_a_restraint_elsewhere_has_its_record_too(world: World) -> None:
    body = {
        "pupil_id": str(world.mainstream),
        "kind": "restraint",
        "started_at": hours_ago(1),
        "ended_at": hours_ago(0.9),
    }
    made = await world.class_teacher.post(PATH, body)
    assert made.status_code == 201, made.text
    assert (made.json()["visit_id"], made.json()["school_id"]) == (None, str(world.north))


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"started_at": hours_ago(-1)}, "/started_at"),
        ({"started_at": hours_ago(1), "ended_at": hours_ago(2)}, "/ended_at"),
        ({"started_at": hours_ago(1), "parents_told_at": hours_ago(2)}, "/parents_told_at"),
        ({"debrief_at": hours_ago(-2)}, "/debrief_at"),
        ({"staff_ids": [str(UUID(int=1))]}, "/staff_ids"),
        ({"visit_id": str(UUID(int=1))}, "/visit_id"),
        ({"pupil_id": str(UUID(int=1))}, "/pupil_id"),
        ({"injury": "dog"}, "/injury"),
    ],
)
async def test_nonsense_is_refused_by_its_member(world: World, sent: dict[str, Any], pointer: str) -> None:
    answer = await world.base_lead.post(PATH, {"pupil_id": str(world.ben), "kind": "seclusion", **sent})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_visit_of_another_pupil_lends_its_name_to_nobody(world: World) -> None:
    visit = await begun(world.teaching_assistant, world.amira, world.retreat)
    body = {"pupil_id": str(world.ben), "kind": "seclusion", "visit_id": visit["id"]}
    answer = await world.base_lead.post(PATH, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/visit_id")


async def test_raw_sql_neither_edits_nor_deletes_what_was_signed(world: World) -> None:
    visit = await begun(world.teaching_assistant, world.ben, world.retreat, started_at=hours_ago(1),
                        ended_at=hours_ago(0.5), free_to_leave=False)  # fmt: skip
    record = await record_of(world.base_lead, visit)
    path = f"{PATH}/{record['id']}"
    mine = col(RestrictiveIntervention.id) == UUID(record["id"])
    database = world.app.state.database
    whole = {"signed_at": clock.now(), "signed_by": world.headteacher.account.id}
    for statement, refused in (
        (update(RestrictiveIntervention).where(mine).values(whole), "an incomplete one is not signed"),
        (delete(RestrictiveIntervention).where(mine), "none is deleted, signed or not"),
    ):
        with pytest.raises((Problem, DBAPIError)):
            async with database.transaction() as session:
                await session.execute(statement)
        assert (await world.base_lead.get(path)).json()["signed_at"] is None, refused
    assert (await world.base_lead.change(path, the_rest(world))).json()["missing"] == []
    assert (await world.headteacher.verb(path, "sign")).status_code == 200
    for statement in (
        update(RestrictiveIntervention).where(mine).values(debrief="Nothing."),
        update(RestrictiveIntervention).where(mine).values(signed_at=None),
        delete(RestrictiveIntervention).where(mine),
    ):
        with pytest.raises((Problem, DBAPIError)):
            async with database.transaction() as session:
                await session.execute(statement)
    assert (await world.base_lead.get(path)).json()["debrief"] == THE_REST["debrief"]


async def test_it_is_counted_by_base_kind_and_london_month(world: World) -> None:
    late = {"started_at": "2026-06-30T23:30:00Z", "ended_at": "2026-06-30T23:40:00Z"}  # 00:30 on 1 July in London
    for pupil, kind, times in (
        (world.ben, "restraint", late),
        (world.cara, "restraint", late),
        (world.mainstream, "seclusion", {"started_at": "2026-06-30T10:00:00Z"}),
    ):
        made = await world.senco.post(PATH, {"pupil_id": str(pupil), "kind": kind, **times})
        assert made.status_code == 201, made.text
    visit = await begun(world.senco, world.ben, world.sensory, started_at=hours_ago(1), ended_at=hours_ago(0.5),
                        free_to_leave=False)  # fmt: skip
    month = clock.today().isoformat()[:7]
    figures = (await world.headteacher.get(f"{PATH}/figures")).json()["items"]
    bubble = {"school_id": str(world.north), "base_id": str(world.bubble)}
    of_base = [
        {**bubble, "kind": "restraint", "month": "2026-07", "count": 2, "unsigned": 2, "withdrawn": 0},
        {**bubble, "kind": "seclusion", "month": month, "count": 1, "unsigned": 1, "withdrawn": 0},
    ]
    assert figures == [
        {"school_id": str(world.north), "base_id": None, "kind": "seclusion", "month": "2026-06", "count": 1,
         "unsigned": 1, "withdrawn": 0},
        *of_base,
    ]  # fmt: skip
    assert (await world.base_lead.get(f"{PATH}/figures")).json()["items"] == of_base
    assert (await world.headteacher.get(f"{PATH}/figures?from_at=2026-07-01T00:00:00Z")).json()["items"] == of_base[1:]
    assert visit["id"]


@pytest.mark.parametrize(
    ("began", "due"),
    [
        ("2026-11-24T10:00:00", "2026-11-25T00:00:00"),
        ("2026-06-30T22:59:00", "2026-06-30T23:00:00"),
        ("2026-06-30T23:00:00", "2026-07-01T23:00:00"),
        ("2026-10-25T00:30:00", "2026-10-26T00:00:00"),  # 25 hours long
    ],
)
def test_it_is_due_by_the_end_of_the_london_day(began: str, due: str) -> None:
    assert due_at(datetime.fromisoformat(began).replace(tzinfo=UTC)) == datetime.fromisoformat(due).replace(tzinfo=UTC)
