"""An open visit keeps its place: nobody is booked into the cocoon on top of the child who is in it."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from iap_api.core import clock
from tests.spaces.visits.test_visits import begun, ends
from tests.world import World


def today(minutes: float) -> str:
    """An instant so many minutes off, but still today in London: nobody is booked over midnight."""
    now = clock.now().astimezone(clock.LONDON)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), clock.LONDON)
    return min(now + timedelta(minutes=minutes), midnight).isoformat()


def asked(space: UUID, pupil: UUID, start: float, end: float, **more: Any) -> dict[str, Any]:
    period = {"starts_at": today(start), "ends_at": today(end)}
    return {"space_id": str(space), "pupil_ids": [str(pupil)], "purpose": "regulation", **period, **more}


async def nook(world: World) -> UUID:
    made = world.space("Reading nook", "sensory_room", 1, world.bubble, world.north)
    await world.save()
    return made


async def test_a_booking_waits_for_the_child_who_is_in_there(world: World) -> None:
    there, lead = await nook(world), world.base_lead
    visit = await begun(world.teaching_assistant, world.ben, there)
    refused = await lead.post("/v1/bookings", asked(there, world.amira, 0.1, 10))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/space-full"), refused.text
    assert (await ends(world.teaching_assistant, visit)).status_code == 200
    assert (await lead.post("/v1/bookings", asked(there, world.amira, 0.1, 10))).status_code == 201


async def test_the_place_is_kept_for_the_spaces_usual_length(world: World) -> None:
    there = await nook(world)
    assert (await world.senco.change(f"/v1/spaces/{there}", {"usual_minutes": 3})).status_code == 200
    visit = await begun(world.teaching_assistant, world.ben, there)
    held = datetime.fromisoformat(visit["holds_until"]) - datetime.fromisoformat(visit["started_at"])
    assert held == timedelta(minutes=3)
    assert (await world.base_lead.post("/v1/bookings", asked(there, world.amira, 2, 10))).status_code == 409
    assert (await world.base_lead.post("/v1/bookings", asked(there, world.amira, 4, 10))).status_code == 201


async def test_a_meeting_keeps_no_longer_from_the_child_in_there_than_a_lesson_does(world: World) -> None:
    there, lead = await nook(world), world.base_lead
    buffers = {"usual_minutes": 3, "buffer_before_minutes": 2, "buffer_after_minutes": 30}
    assert (await world.senco.change(f"/v1/spaces/{there}", buffers)).status_code == 200
    await begun(world.teaching_assistant, world.ben, there)
    for purpose, pupils in (("lesson", [str(world.amira)]), ("meeting", [])):
        body = asked(there, world.amira, 4, 10) | {"purpose": purpose, "pupil_ids": pupils}
        assert (await lead.post("/v1/bookings", body)).status_code == 409, "made ready in the last minute of the visit"
        body |= {"starts_at": today(6)}
        made = await lead.post("/v1/bookings", body)
        assert made.status_code == 201, made.text
        assert (await lead.verb(f"/v1/bookings/{made.json()['id']}", "cancel")).status_code == 200


async def test_a_child_who_is_in_there_already_can_be_booked_in(world: World) -> None:
    there = await nook(world)
    await begun(world.teaching_assistant, world.ben, there)
    assert (await world.base_lead.post("/v1/bookings", asked(there, world.ben, 0.1, 10))).status_code == 201


async def test_a_visit_on_top_of_a_booking_does_not_keep_the_booking_from_being_shortened(world: World) -> None:
    there, lead = await nook(world), world.base_lead
    booking = (await lead.post("/v1/bookings", asked(there, world.amira, 0, 60))).json()
    visit = await begun(world.teaching_assistant, world.ben, there)
    assert visit["over_capacity"] is True
    path = f"/v1/bookings/{booking['id']}"
    refused = await lead.change(path, {"starts_at": today(-1)})
    assert refused.json()["type"] == "/problems/space-full", "it may not grow meanwhile"
    assert (await lead.change(path, {"ends_at": today(30)})).status_code == 200
    assert (await lead.verb(path, "cancel")).status_code == 200
