"""A meeting, and work on the room, have their space to themselves."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from tests.spaces.bookings.test_what_spaces_ask import WINTER, asked, refused, set_up
from tests.spaces.visits.test_visits import begun, ends
from tests.spaces.visits.test_visits_hold_places import today
from tests.world import World


@pytest.mark.parametrize("purpose", ["meeting", "maintenance"])
async def test_two_teams_cannot_have_one_room(world: World, purpose: str) -> None:
    first = await world.base_lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", purpose=purpose))
    assert first.status_code == 201, first.text
    told = refused(
        await world.senco.post("/v1/bookings", asked(world.classroom, "10:30", "11:30", purpose="meeting")),
        409, "space-taken-whole",
    )  # fmt: skip
    assert told["errors"][0]["pointer"] == "/space_id"
    (clash,) = told["clashes"]
    assert clash["booking_id"] == first.json()["id"]
    assert (clash["starts_at"], clash["ends_at"]) == (f"{WINTER}T10:00:00Z", f"{WINTER}T11:00:00Z")
    after = await world.senco.post("/v1/bookings", asked(world.classroom, "11:00", "11:30", purpose="meeting"))
    assert after.status_code == 201, "the next meeting begins when the first is over"


async def test_a_child_is_not_booked_into_a_meeting_nor_a_meeting_among_children(world: World) -> None:
    lead = world.base_lead
    assert (await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.amira))).status_code == 201
    refused(
        await lead.post("/v1/bookings", asked(world.classroom, "10:30", "11:30", purpose="meeting")),
        409, "space-taken-whole",
    )  # fmt: skip
    assert (
        await lead.post("/v1/bookings", asked(world.classroom, "11:00", "12:00", purpose="maintenance"))
    ).status_code == 201
    refused(
        await lead.post("/v1/bookings", asked(world.classroom, "11:30", "12:30", world.ben)), 409, "space-taken-whole"
    )
    elsewhere = await lead.post("/v1/bookings", asked(world.sensory, "11:30", "12:30", world.ben))
    assert elsewhere.status_code == 201


async def test_a_lesson_cannot_turn_into_a_meeting_while_others_are_there(world: World) -> None:
    lead = world.base_lead
    made = (await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.amira))).json()
    other = (await lead.post("/v1/bookings", asked(world.classroom, "10:30", "11:00", world.ben))).json()
    path = f"/v1/bookings/{made['id']}"
    refused(await lead.change(path, {"purpose": "meeting", "subject": None}), 409, "space-taken-whole")
    assert (await lead.verb(f"/v1/bookings/{other['id']}", "cancel")).status_code == 200
    assert (await lead.change(path, {"purpose": "meeting", "subject": None})).status_code == 200


async def test_of_a_lesson_that_turns_into_a_meeting_and_a_child_who_comes_at_that_moment_one_stands(
    world: World,
) -> None:
    """The lead's change is not committed yet when an assistant books Ben into the room: he waits, and is told."""
    if world.app.state.database.dialect == "sqlite":
        return  # one writer at a time: there is no such moment
    made = await world.base_lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00"))
    connection = await asyncpg.connect(world.app.state.settings.migration_database_url.replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute("UPDATE bookings SET purpose = 'meeting' WHERE id = $1", UUID(made.json()["id"]))
            body = asked(world.classroom, "10:30", "11:30", world.ben)
            waiting = asyncio.create_task(world.teaching_assistant.post("/v1/bookings", body))
            done, _ = await asyncio.wait([waiting], timeout=0.5)
            assert not done, "the room is locked"
    finally:
        await connection.close()
    refused(await waiting, 409, "space-taken-whole")


async def test_whoever_may_not_approve_does_not_turn_an_approved_place_into_the_whole_room(world: World) -> None:
    await set_up(world, world.classroom, needs_approval=True)
    made = await world.teaching_assistant.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.amira))
    path = f"/v1/bookings/{made.json()['id']}"
    assert (await world.base_lead.verb(path, "approve")).status_code == 200
    refused(await world.teaching_assistant.change(path, {"purpose": "meeting"}), 409, "approval-needed")
    assert (await world.base_lead.change(path, {"purpose": "meeting"})).status_code == 200


async def test_a_meeting_can_be_shortened_cancelled_and_moved_away_and_its_room_is_free_again(world: World) -> None:
    lead = world.base_lead
    made = (await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", purpose="meeting"))).json()
    path = f"/v1/bookings/{made['id']}"
    assert (await lead.change(path, {"ends_at": f"{WINTER}T10:30:00Z"})).status_code == 200
    lesson = await lead.post("/v1/bookings", asked(world.classroom, "10:30", "11:00", world.amira))
    assert lesson.status_code == 201
    refused(await lead.change(path, {"ends_at": f"{WINTER}T10:31:00Z"}), 409, "space-taken-whole")
    assert (await lead.change(path, {"space_id": str(world.sensory)})).status_code == 200
    refused(await lead.change(path, {"space_id": str(world.classroom), "ends_at": f"{WINTER}T10:45:00Z"}), 409,
            "space-taken-whole")  # fmt: skip
    assert (await lead.verb(path, "cancel")).status_code == 200
    assert (
        await lead.post("/v1/bookings", asked(world.sensory, "10:00", "10:30", world.ben, purpose="regulation"))
    ).status_code == 201


async def test_the_time_between_two_bookings_is_kept_around_a_meeting_too(world: World) -> None:
    await set_up(world, world.classroom, buffer_before_minutes=5, buffer_after_minutes=10)
    lead = world.base_lead
    assert (
        await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", purpose="meeting"))
    ).status_code == 201
    for start, end in (("11:14", "11:30"), ("09:30", "09:46")):
        body = asked(world.classroom, start, end, world.amira)
        refused(await lead.post("/v1/bookings", body), 409, "space-taken-whole")
    for start, end in (("11:15", "11:30"), ("09:30", "09:45")):
        answer = await lead.post("/v1/bookings", asked(world.classroom, start, end, world.amira))
        assert answer.status_code == 201, answer.text


async def test_a_meeting_that_was_there_before_the_buffers_may_still_be_shortened(world: World) -> None:
    lead = world.base_lead
    made = await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", purpose="meeting"))
    assert (await lead.post("/v1/bookings", asked(world.classroom, "09:30", "10:00", world.amira))).status_code == 201
    await set_up(world, world.classroom, buffer_after_minutes=10)
    answer = await lead.change(f"/v1/bookings/{made.json()['id']}", {"ends_at": f"{WINTER}T10:30:00Z"})
    assert answer.status_code == 200, answer.text


async def test_a_meeting_waits_for_the_child_who_walked_in_unless_it_is_their_own(world: World) -> None:
    visit = await begun(world.teaching_assistant, world.ben, world.sensory)
    body = {"space_id": str(world.sensory), "purpose": "meeting", "starts_at": today(0.1), "ends_at": today(10)}
    refused(await world.base_lead.post("/v1/bookings", body), 409, "space-taken-whole")
    with_him = await world.base_lead.post("/v1/bookings", {**body, "pupil_ids": [str(world.ben)]})
    assert with_him.status_code == 201, with_him.text
    assert (await world.base_lead.verb(f"/v1/bookings/{with_him.json()['id']}", "cancel")).status_code == 200
    assert (await ends(world.teaching_assistant, visit)).status_code == 200
    assert (await world.base_lead.post("/v1/bookings", body)).status_code == 201


async def test_adults_who_only_join_do_not_take_the_room(world: World) -> None:
    """A second adult is booked into the room with a booking of their own; nobody loses a place by it."""
    lead, helper = world.base_lead, [str(world.staff["second_assistant"])]
    assert (await lead.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.amira))).status_code == 201
    joined = await lead.post(
        "/v1/bookings", asked(world.classroom, "10:00", "11:00", purpose="other", staff_ids=helper)
    )
    assert joined.status_code == 201, joined.text
