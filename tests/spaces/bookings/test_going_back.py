"""A booking that called a child out of a lesson is cancelled by hand: if she cannot go back, it says what to do."""

from typing import Any

from tests.spaces.closures.test_closures import asked
from tests.world import Person, World


async def booked(person: Person, *args: Any, **more: Any) -> dict[str, Any]:
    answer = await person.post("/v1/bookings", asked(*args, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_amira_cannot_go_back_to_the_lesson_until_she_is_taken_out_of_it(world: World) -> None:
    """The therapist is ill. The base lead cancels, reads that Ben has the place, and does what the answer says."""
    lead = world.base_lead
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"places": 2})).status_code == 200
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara)
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    instead = await booked(lead, world.classroom, "10:00", "10:30", world.ben)
    refused = await lead.verb(f"/v1/bookings/{out['id']}", "cancel")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/space-full")
    assert "its pupil_ids" in refused.json()["detail"]
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/takes_from"]
    in_the_way = {one["booking_id"] for one in refused.json()["clashes"]}
    assert in_the_way == {lesson["id"], instead["id"]}, "who is in the classroom then, not in the sensory room"

    shorter = await lead.change(f"/v1/bookings/{lesson['id']}", {"pupil_ids": [str(world.cara)]})
    assert shorter.status_code == 200, shorter.text
    assert (await lead.verb(f"/v1/bookings/{out['id']}", "cancel")).status_code == 200


async def test_too_few_adults_in_the_lesson_are_counted_there(world: World) -> None:
    lead, adult = world.base_lead, [str(world.staff["teaching_assistant"])]
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 2})).status_code == 200
    lesson = await booked(lead, world.classroom, "09:00", "12:00", world.amira, world.cara, staff_ids=adult)
    out = await booked(lead, world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson["id"]])
    await booked(lead, world.classroom, "10:00", "10:30", world.ben)
    refused = await lead.verb(f"/v1/bookings/{out['id']}", "cancel")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/adults-missing")
    (missing,) = refused.json()["missing"]
    assert (missing["pupils"], missing["adults"], missing["adults_needed"]) == (3, 1, 2)
