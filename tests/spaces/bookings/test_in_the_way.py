"""What a refused booking is told: everything that stands in its way, and nothing that does not."""

from typing import Any

from tests.spaces.bookings.test_what_spaces_ask import WINTER, asked, refused, set_up
from tests.spaces.visits.test_visits import begun
from tests.spaces.visits.test_visits_hold_places import today
from tests.world import Person, World


async def booked(person: Person, *args: Any, **more: Any) -> str:
    answer = await person.post("/v1/bookings", asked(*args, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def clashing(told: dict[str, Any]) -> set[str | None]:
    return {one.get("booking_id") for one in told["clashes"]}


async def test_a_lesson_that_a_meeting_refuses_is_told_of_the_meeting_and_of_no_lesson(world: World) -> None:
    lead = world.base_lead
    meeting = await booked(lead, world.classroom, "11:00", "12:00", purpose="meeting")
    await booked(lead, world.classroom, "10:00", "11:00", world.amira)
    body = asked(world.classroom, "10:30", "11:30", world.ben)
    told = refused(await lead.post("/v1/bookings", body), 409, "space-taken-whole")
    assert clashing(told) == {meeting}


async def test_a_booking_that_is_extended_is_not_in_its_own_way(world: World) -> None:
    """The lead wants ten minutes more; she reads who comes next, not that she is there herself."""
    lead = world.base_lead
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"places": 1})).status_code == 200
    first = await booked(lead, world.classroom, "10:00", "11:00", world.amira)
    following = await booked(lead, world.classroom, "11:00", "12:00", world.ben)
    longer = {"ends_at": f"{WINTER}T11:10:00Z"}
    told = refused(await lead.change(f"/v1/bookings/{first}", longer), 409, "space-full")
    assert clashing(told) == {following}
    elsewhere = await booked(lead, world.sensory, "12:00", "13:00", world.amira)
    longer = {"starts_at": f"{WINTER}T10:00:00Z", "ends_at": f"{WINTER}T10:30:00Z", "pupil_ids": [str(world.amira)]}
    told = refused(await lead.change(f"/v1/bookings/{elsewhere}", longer), 409, "clash")
    assert clashing(told) == {first}


async def test_a_meeting_that_grows_into_another_is_told_of_that_one_alone(world: World) -> None:
    lead = world.base_lead
    first = await booked(lead, world.classroom, "10:00", "11:00", purpose="meeting")
    following = await booked(lead, world.classroom, "11:00", "12:00", purpose="meeting")
    longer = {"ends_at": f"{WINTER}T11:10:00Z"}
    told = refused(await lead.change(f"/v1/bookings/{first}", longer), 409, "space-taken-whole")
    assert clashing(told) == {following}


async def test_what_only_the_time_kept_free_meets_is_named_too(world: World) -> None:
    await set_up(world, world.classroom, places=1, buffer_before_minutes=5, buffer_after_minutes=10)
    lead = world.base_lead
    lesson = await booked(lead, world.classroom, "10:00", "11:00", world.amira)
    told = refused(
        await lead.post("/v1/bookings", asked(world.classroom, "11:10", "11:30", world.ben)), 409, "space-full"
    )
    assert clashing(told) == {lesson}
    told = refused(
        await lead.post("/v1/bookings", asked(world.classroom, "11:10", "11:30", purpose="meeting")),
        409, "space-taken-whole",
    )  # fmt: skip
    assert clashing(told) == {lesson}


async def test_of_a_child_who_walked_in_it_says_until_when_and_not_who(world: World) -> None:
    visit = await begun(world.teaching_assistant, world.ben, world.sensory)
    body = {"space_id": str(world.sensory), "purpose": "meeting", "starts_at": today(0.1), "ends_at": today(10)}
    told = refused(await world.base_lead.post("/v1/bookings", body), 409, "space-taken-whole")
    (clash,) = told["clashes"]
    assert clash.pop("ends_at") > body["starts_at"]
    assert clash == {"starts_at": visit["started_at"], "space_id": str(world.sensory), "walked_in": True}


async def test_who_was_called_out_of_two_lessons_reads_what_is_in_the_way_in_each(world: World) -> None:
    """Amira's therapy spans two lessons, and a child has her place in each of them."""
    lead = world.base_lead
    for space in (world.classroom, world.dome):
        assert (await world.senco.change(f"/v1/spaces/{space}", {"places": 1})).status_code == 200
    first = await booked(lead, world.classroom, "09:00", "10:00", world.amira)
    second = await booked(lead, world.dome, "10:00", "11:00", world.amira)
    out = await booked(lead, world.sensory, "09:30", "10:30", world.amira, takes_from=[first, second])
    instead = {
        await booked(lead, world.classroom, "09:30", "10:00", world.ben),
        await booked(lead, world.dome, "10:00", "10:30", world.ben),
    }
    told = refused(await lead.verb(f"/v1/bookings/{out}", "cancel"), 409, "space-full")
    assert instead <= clashing(told)
    assert [error["pointer"] for error in told["errors"]] == ["/takes_from"]
