"""Visits: a teaching assistant with a phone in one hand and a child at the other writes down what happens."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from iap_api.access.tables import HeldRole
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.spaces.visits.visit_tables import Visit
from tests.spaces.moments import in_hours
from tests.world import LONG_AGO, Person, World


def hours_ago(hours: float) -> str:
    return (clock.now() - timedelta(hours=hours)).isoformat(timespec="seconds")


def a_visit(pupil: UUID, space: UUID, **more: Any) -> dict[str, Any]:
    return {"pupil_id": str(pupil), "space_id": str(space), "initiated_by": "pupil", "free_to_leave": True,
            "door": "open", "adult_in_sight": True, **more}  # fmt: skip


async def begun(person: Person, pupil: UUID, space: UUID, **more: Any) -> dict[str, Any]:
    answer = await person.post("/v1/visits", a_visit(pupil, space, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def ends(person: Person, visit: dict[str, Any], **more: Any) -> Any:
    return await person.verb(f"/v1/visits/{visit['id']}", "end", more)


async def test_amira_goes_to_the_cocoon_and_comes_back(world: World) -> None:
    """Ten seconds on a phone in the doorway: one call when she goes in, one when she comes out; the Wi-Fi drops."""
    assistant = world.teaching_assistant
    path, body = f"/v1/visits/{new_id()}", a_visit(world.amira, world.retreat, zones_before=["red"])
    first = await assistant.put(path, body)
    again = await assistant.put(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    visit = again.json()
    assert (visit["ended_at"], visit["over_capacity"], visit["reported_late"]) == (None, False, False)
    assert timedelta(minutes=19) < datetime.fromisoformat(visit["holds_until"]) - clock.now() <= timedelta(minutes=20)

    over = await assistant.post(f"{path}/end", {"zones_after": ["green"]}, If_Match=first.headers["ETag"])
    assert over.status_code == 200, over.text
    assert (over.json()["zones_before"], over.json()["zones_after"]) == (["red"], ["green"])
    assert over.json()["ended_at"]
    assert (await ends(assistant, visit)).status_code == 409, "it ended once"
    (listed,) = (await assistant.get(f"/v1/visits?pupil_id={world.amira}&status=ended")).json()["items"]
    assert listed["id"] == visit["id"]


async def test_what_happened_is_never_refused(world: World) -> None:
    """Full, booked for others, the pupil booked elsewhere, and the space ended last week: a fact all the same."""
    lesson = {"space_id": str(world.classroom), "purpose": "lesson", "pupil_ids": [str(world.amira)],
              "starts_at": in_hours(-0.1), "ends_at": in_hours(1)}  # fmt: skip
    booked = await world.base_lead.post("/v1/bookings", lesson)
    assert booked.status_code == 201, booked.text
    first = await begun(world.teaching_assistant, world.ben, world.retreat)
    second = await begun(world.teaching_assistant, world.amira, world.retreat)
    assert (first["over_capacity"], second["over_capacity"]) == (False, True), "the cocoon has one place"
    assert (await world.base_lead.get(f"/v1/bookings/{booked.json()['id']}")).json()["version"] == 1

    ended = await world.senco.verb(f"/v1/spaces/{world.dome}", "end", {"ended_on": "2026-01-02"})
    assert ended.status_code == 200, ended.text
    late = await begun(world.base_lead, world.cara, world.dome, started_at=hours_ago(3), ended_at=hours_ago(2))
    assert (late["reported_late"], late["over_capacity"]) == (True, False)


async def test_a_pupil_is_on_one_open_visit(world: World) -> None:
    assistant = world.teaching_assistant
    cocoon = await begun(assistant, world.amira, world.retreat, started_at=hours_ago(0.5))
    sensory = await begun(assistant, world.amira, world.sensory)
    left = (await assistant.get(f"/v1/visits/{cocoon['id']}")).json()
    assert (left["ended_at"], left["version"]) == (sensory["started_at"], 2)

    # somebody writes down later that before all that she had been in the dome, and does not know until when
    dome = await begun(assistant, world.amira, world.dome, started_at=hours_ago(1))
    assert dome["ended_at"] == sensory["started_at"]
    (still,) = (await assistant.get(f"/v1/visits?pupil_id={world.amira}&status=open")).json()["items"]
    assert still["id"] == sensory["id"]


async def test_a_visit_forgotten_the_day_before_ends_where_it_can_have_ended(world: World) -> None:
    assistant = world.teaching_assistant
    forgotten = await begun(assistant, world.amira, world.retreat, started_at=hours_ago(11.9))
    begin = datetime.fromisoformat(forgotten["started_at"])
    assert datetime.fromisoformat(forgotten["holds_until"]) == begin + timedelta(hours=12)
    async with world.app.state.database.work() as transaction:
        row = await transaction.session.get_one(Visit, UUID(forgotten["id"]))
        row.started_at = begin - timedelta(hours=8)
        row.holds_until = row.started_at + timedelta(hours=12)
    answer = await ends(assistant, forgotten)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/ended_at"
    await begun(assistant, world.amira, world.sensory)
    left = (await assistant.get(f"/v1/visits/{forgotten['id']}")).json()
    assert datetime.fromisoformat(left["ended_at"]) == begin + timedelta(hours=4)


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"started_at": hours_ago(1), "ended_at": hours_ago(2)}, "/ended_at"),
        ({"started_at": hours_ago(1), "ended_at": hours_ago(1)}, "/ended_at"),
        ({"started_at": hours_ago(-1)}, "/started_at"),
        ({"started_at": hours_ago(1), "ended_at": hours_ago(-1)}, "/ended_at"),
        ({"started_at": hours_ago(14), "ended_at": hours_ago(1)}, "/ended_at"),
        ({"started_at": hours_ago(14)}, "/ended_at"),
        ({"zones_before": ["purple"]}, "/zones_before/0"),
        ({"zones_after": ["red", "red"]}, "/zones_after"),
        ({"adult_staff_id": str(UUID(int=1))}, "/adult_staff_id"),
        ({"space_id": str(UUID(int=1))}, "/space_id"),
        ({"pupil_id": str(UUID(int=1))}, "/pupil_id"),
    ],
)
async def test_only_nonsense_is_refused(world: World, sent: dict[str, Any], pointer: str) -> None:
    answer = await world.teaching_assistant.post("/v1/visits", {**a_visit(world.amira, world.retreat), **sent})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_visit_is_of_a_school_that_knows_the_pupil(world: World) -> None:
    """The SENCO of two schools taps the room of the wrong one."""
    world.add(HeldRole(account_id=world.senco.account.id, role="senco", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    await begun(world.senco, world.southerner, world.south_room)
    answer = await world.senco.post("/v1/visits", a_visit(world.amira, world.south_room))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/space_id")


async def test_a_slip_of_the_finger_is_put_right_and_what_stood_before_is_kept(world: World) -> None:
    assistant = world.teaching_assistant
    visit = await begun(assistant, world.amira, world.retreat)
    path = f"/v1/visits/{visit['id']}"
    right = await assistant.change(path, {"door": "closed", "started_at": hours_ago(0.25), "adult_staff_id": None})
    assert right.status_code == 200, right.text
    assert (right.json()["door"], right.json()["version"]) == ("closed", 2)
    for wrong, status in (({"ended_at": hours_ago(0)}, 409), ({"started_at": None}, 422), ({"pupil_id": None}, 422)):
        assert (await assistant.change(path, wrong)).status_code == status
    assert (await ends(assistant, visit)).status_code == 200
    assert (await assistant.change(path, {"ended_at": None})).status_code == 422
    shorter = await assistant.change(path, {"ended_at": hours_ago(0.1)})
    assert shorter.json()["holds_until"] == shorter.json()["ended_at"]


async def test_two_phones_at_once_begin_two_visits_and_one_is_open(world: World) -> None:
    spaces = [world.retreat, world.sensory, world.dome, world.classroom]
    answers = await asyncio.gather(
        *(world.teaching_assistant.post("/v1/visits", a_visit(world.amira, space)) for space in spaces * 2)
    )
    assert {answer.status_code for answer in answers} == {201}, "a fact is not refused, and nobody waits for ever"
    every = (await world.senco.get(f"/v1/visits?pupil_id={world.amira}")).json()["items"]
    assert (len(every), sum(one["ended_at"] is None for one in every)) == (8, 1)


async def test_visits_and_bookings_that_land_on_each_other_wait_and_never_lock_each_other_out(world: World) -> None:
    """Four children, three rooms, everybody at once: visits are kept, bookings are made or told why not."""
    pupils, spaces = [world.amira, world.ben, world.cara, world.dev], [world.retreat, world.sensory, world.classroom]

    async def book(number: int) -> int:
        two = [str(pupils[number % 4]), str(pupils[(number + 1) % 4])]
        body = {"space_id": str(spaces[number % 3]), "purpose": "regulation", "pupil_ids": two,
                "starts_at": in_hours(0), "ends_at": in_hours(1)}  # fmt: skip
        return (await world.base_lead.post("/v1/bookings", body)).status_code

    async def visit(number: int) -> int:
        body = a_visit(pupils[number % 4], spaces[(number + 1) % 3], free_to_leave=number % 3 > 0)
        made = await world.teaching_assistant.post("/v1/visits", body)
        if number % 2 and made.status_code == 201:
            path = f"/v1/visits/{made.json()['id']}"
            over = await world.teaching_assistant.post(f"{path}/end", {}, If_Match=made.headers["ETag"])
            # somebody else's visit of the same child may have ended it first
            assert over.status_code in (200, 409, 412), over.text
        return made.status_code

    answers = await asyncio.gather(*(one(number) for number in range(24) for one in (book, visit)))
    assert set(answers[1::2]) == {201}
    assert set(answers[::2]) <= {201, 409}
    for pupil in pupils:
        still_open = (await world.senco.get(f"/v1/visits?pupil_id={pupil}&status=open")).json()["items"]
        assert len(still_open) <= 1


async def test_the_wrong_child_was_tapped(world: World) -> None:
    """Ben's picture stands beside Amira's: the visit is taken back, and Ben was in his lesson all the time."""
    assistant = world.teaching_assistant
    wrong = await begun(assistant, world.ben, world.retreat, free_to_leave=False, started_at=hours_ago(0.1))
    path = f"/v1/visits/{wrong['id']}"
    taken_back = await assistant.verb(path, "withdraw")
    assert taken_back.status_code == 200, taken_back.text
    gone = taken_back.json()
    assert (gone["ended_at"], gone["holds_until"]) == (gone["started_at"], gone["started_at"])
    assert gone["restrictive_intervention_id"], "no record is edited away"
    right = await begun(assistant, world.amira, world.retreat, started_at=hours_ago(0.1))
    assert not right["over_capacity"], "nobody else was there"
    for answer in (
        await assistant.verb(path, "withdraw"),
        await assistant.verb(path, "end", {}),
        await assistant.change(path, {"door": "closed"}),
    ):
        assert answer.status_code == 409
    for status, found in (("withdrawn", 1), ("open", 0), ("ended", 0)):
        listed = await assistant.get(f"/v1/visits?pupil_id={world.ben}&status={status}")
        assert len(listed.json()["items"]) == found
