"""One room is closed: the children in it go back to their lessons, if their places there are still theirs."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from tests.counted import count
from tests.spaces.bookings.test_rivals import SWEEP, swept
from tests.spaces.closures.test_closures import asked, closing
from tests.world import Person, World


async def booked(person: Person, *args: Any, **more: Any) -> dict[str, Any]:
    answer = await person.post("/v1/bookings", asked(*args, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def booking_of(person: Person, booking: dict[str, Any]) -> dict[str, Any]:
    return dict((await person.get(f"/v1/bookings/{booking['id']}")).json())


async def closed(world: World, space: UUID, start: str = "00:00", end: str = "23:59") -> dict[str, Any]:
    room = closing(world, start, end, base_id=str(world.bubble), space_ids=[str(space)])
    answer = await world.base_lead.post("/v1/closures", room)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def places(world: World, space: UUID, number: int) -> None:
    assert (await world.senco.change(f"/v1/spaces/{space}", {"places": number})).status_code == 200


def named(*pupils: UUID) -> set[str]:
    return {str(pupil) for pupil in pupils}


async def test_a_pipe_bursts_in_the_sensory_room_and_amiras_place_in_the_lesson_is_bens_now(world: World) -> None:
    """The base lead has ten seconds and water on the floor: she closes the room and reads where to look."""
    lead = world.base_lead
    await places(world, world.classroom, 3)
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara, world.dev)
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, world.cara, takes_from=[lesson["id"]])
    instead = await booked(lead, world.classroom, "10:00", "10:30", world.ben)
    alone = await booked(lead, world.sensory, "13:00", "13:30", world.dev)

    told = await closed(world, world.sensory)
    assert set(told["cancelled_booking_ids"]) == {out["id"], alone["id"]}
    assert told["left_out_booking_ids"] == [lesson["id"]]
    now = await booking_of(lead, lesson)
    assert (now["status"], now["version"]) == ("booked", 2)
    # there was one place for the two who came back
    back = set(now["pupil_ids"]) & named(world.amira, world.cara)
    assert (len(back), set(now["pupil_ids"]) - back) == (1, named(world.dev))
    assert (await booking_of(lead, instead))["pupil_ids"] == [str(world.ben)]
    # who was left out is free: she can be booked for that hour
    (free,) = named(world.amira, world.cara) - back
    assert (await lead.post("/v1/bookings", asked(world.stem, "10:00", "10:30", UUID(free)))).status_code == 201
    again = (await lead.get(f"/v1/closures/{told['id']}")).json()
    assert (again["left_out_booking_ids"], again["version"]) == (told["left_out_booking_ids"], 1)


async def test_where_their_places_are_free_all_go_back_and_nobody_is_left_out(world: World) -> None:
    lead = world.base_lead
    await places(world, world.classroom, 2)
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.ben)
    await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    assert (await closed(world, world.sensory))["left_out_booking_ids"] == []
    assert (await booking_of(lead, lesson))["version"] == 1
    refused = await lead.post("/v1/bookings", asked(world.stem, "10:00", "10:30", world.amira))
    assert refused.status_code == 409, "she is in her lesson again"


async def test_with_too_few_adults_in_the_lesson_they_do_not_go_back(world: World) -> None:
    """One adult for two children: Amira's going made room for Ben, and with both there would be three."""
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 2})).status_code == 200
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara, staff_ids=adult)
    await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await booked(lead, world.classroom, "10:00", "10:30", world.ben)
    assert (await closed(world, world.sensory))["left_out_booking_ids"] == [lesson["id"]]
    assert (await booking_of(lead, lesson))["pupil_ids"] == [str(world.cara)]


async def test_adults_who_are_missing_anyway_keep_nobody_from_going_back(world: World) -> None:
    """The classroom was closed from eleven, and the assistant's duty there with it: that is not Amira's doing."""
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 3})).status_code == 200
    await booked(lead, world.classroom, "09:00", "12:00", staff_ids=adult)
    lesson = await booked(lead, world.classroom, "09:00", "10:30", world.amira, world.cara)
    await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await closed(world, world.classroom, "11:00")
    assert (await closed(world, world.sensory))["left_out_booking_ids"] == []
    now = await booking_of(lead, lesson)
    assert (now["status"], set(now["pupil_ids"])) == ("booked", named(world.amira, world.cara))


async def test_what_the_closed_room_lacks_while_it_is_emptied_is_no_matter(world: World) -> None:
    """Two bookings share the sensory room's adult, who goes first: the lesson outside is judged by itself."""
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    second = [str(world.staff["base_lead"])]
    other = await booked(lead, world.dome, "09:00", "12:00", world.dev)
    await booked(lead, world.sensory, "10:00", "10:30", world.dev, takes_from=[other["id"]])
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara, staff_ids=second)
    await booked(lead, world.sensory, "10:00", "10:30", world.amira, staff_ids=adult, takes_from=[lesson["id"]])
    await booked(lead, world.classroom, "10:00", "10:30", world.ben)
    for space in (world.sensory, world.classroom):
        assert (await world.senco.change(f"/v1/spaces/{space}", {"pupils_per_adult": 2})).status_code == 200
    assert (await closed(world, world.sensory))["left_out_booking_ids"] == [lesson["id"]]
    assert (await booking_of(lead, lesson))["pupil_ids"] == [str(world.cara)]


async def test_out_of_a_lesson_within_a_lesson_each_room_is_asked_by_itself(world: World) -> None:
    """Amira is in the dome, called to the STEM room, and from there to the sensory room, where the pipe bursts."""
    lead = world.base_lead
    await places(world, world.stem, 1)
    outermost = await booked(lead, world.dome, "09:00", "12:00", world.amira)
    lesson = await booked(lead, world.stem, "09:30", "11:00", world.amira, takes_from=[outermost["id"]])
    await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await booked(lead, world.stem, "10:00", "10:30", world.ben)
    told = await closed(world, world.sensory)
    assert told["left_out_booking_ids"] == [lesson["id"]]
    assert (await booking_of(lead, lesson))["pupil_ids"] == []
    assert (await booking_of(lead, outermost))["pupil_ids"] == [str(world.amira)]


async def test_who_can_go_back_to_neither_lesson_is_left_out_of_both(world: World) -> None:
    lead = world.base_lead
    for space in (world.stem, world.classroom):
        await places(world, space, 1)
    outermost = await booked(lead, world.classroom, "09:00", "12:00", world.amira)
    lesson = await booked(lead, world.stem, "09:30", "11:00", world.amira, takes_from=[outermost["id"]])
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await booked(lead, world.classroom, "09:30", "11:00", world.ben)
    await booked(lead, world.stem, "10:00", "10:30", world.dev)
    told = await closed(world, world.sensory)
    assert told["cancelled_booking_ids"] == [out["id"]]
    assert set(told["left_out_booking_ids"]) == {lesson["id"], outermost["id"]}


async def test_a_lesson_whose_room_is_no_more_is_cancelled_with_the_room_they_were_called_to(world: World) -> None:
    """Child and adult were out of it for the whole of it, and meanwhile its room was given up."""
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    lesson = await booked(lead, world.stem, "10:00", "10:30", world.amira, staff_ids=adult)
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, staff_ids=adult, takes_from=[lesson["id"]])
    ended = await world.senco.verb(f"/v1/spaces/{world.stem}", "end", {"ended_on": "2027-01-31"})
    assert ended.status_code == 200, ended.text
    told = await closed(world, world.sensory)
    assert set(told["cancelled_booking_ids"]) == {out["id"], lesson["id"]}
    assert told["left_out_booking_ids"] == []
    assert (await booking_of(lead, lesson))["closure_id"] == told["id"]


async def test_a_lesson_that_is_cancelled_so_gives_its_own_children_back_as_far_as_can_be(world: World) -> None:
    """Full and without its adult, the lesson neither takes Amira back nor is changed; and Dev has Ben's other place."""
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    await places(world, world.classroom, 1)
    asks = await world.senco.change(f"/v1/spaces/{world.stem}", {"places": 2, "pupils_per_adult": 3})
    assert asks.status_code == 200, asks.text
    outermost = await booked(lead, world.classroom, "09:00", "12:00", world.ben)
    await booked(lead, world.stem, "09:00", "12:00", staff_ids=adult)
    lesson = await booked(lead, world.stem, "10:00", "10:30", world.amira, world.ben, takes_from=[outermost["id"]])
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await booked(lead, world.stem, "10:00", "10:30", world.cara)
    await booked(lead, world.classroom, "10:00", "10:30", world.dev)
    await closed(world, world.stem, "11:00")
    told = await closed(world, world.sensory)
    assert set(told["cancelled_booking_ids"]) == {out["id"], lesson["id"]}
    assert told["left_out_booking_ids"] == [outermost["id"]]
    assert (await booking_of(lead, outermost))["pupil_ids"] == []


async def test_one_who_cannot_go_back_does_not_hold_up_a_day_full_of_others(world: World) -> None:
    """The door of the sensory room sticks: each of the day's children goes back, but one."""
    lead = world.base_lead
    await places(world, world.classroom, 2)
    lesson = await booked(lead, world.classroom, "08:00", "18:00", world.amira, world.cara)
    hours = [
        (f"{hour:02d}:{minute:02d}", f"{hour:02d}:{minute + 10}") for hour in range(9, 15) for minute in (5, 20, 35)
    ]
    out = [
        await booked(lead, world.sensory, start, end, world.amira, takes_from=[lesson["id"]]) for start, end in hours
    ]
    await booked(lead, world.classroom, "11:05", "11:15", world.ben)
    told = await closed(world, world.sensory)
    assert set(told["cancelled_booking_ids"]) == {one["id"] for one in out}
    assert told["left_out_booking_ids"] == [lesson["id"]]


@pytest.mark.parametrize("turn", range(6))
async def test_rivals_for_the_place_and_a_closure_at_once(world: World, app: FastAPI, turn: int) -> None:
    """While the room is closed, four want Amira's place in the full lesson, and the lesson itself is moved about."""
    lead = world.base_lead
    await places(world, world.classroom, 2)
    rivals = [world.pupil(f"Rival {number}", world.north, world.bubble) for number in range(4)]
    await world.save()
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara)
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    tag = (await lead.get(f"/v1/bookings/{lesson['id']}")).headers["ETag"]
    longer = {"ends_at": asked(world.dome, "09:00", "12:30")["ends_at"]}
    room = closing(world, base_id=str(world.bubble), space_ids=[str(world.sensory)])
    asking = [lead.post("/v1/bookings", asked(world.classroom, "10:00", "10:30", pupil)) for pupil in rivals]
    asking.insert(turn % 5, lead.post("/v1/closures", room))
    answers = await asyncio.gather(*asking, lead.patch(f"/v1/bookings/{lesson['id']}", longer, If_Match=tag))
    told, moved = answers.pop(turn % 5), answers.pop()
    assert told.status_code == 201, told.text
    assert moved.status_code in (200, 412), moved.text
    assert {answer.status_code for answer in answers} <= {201, 409}
    won = sum(answer.status_code == 201 for answer in answers)
    left_out = told.json()["left_out_booking_ids"] == [lesson["id"]]
    assert (told.json()["cancelled_booking_ids"], won) == ([out["id"]], 1 if left_out else 0)
    assert await swept(app, world.north) == dict.fromkeys(SWEEP, 0)
    count("closures that met rivals for the place of a child who goes back")
