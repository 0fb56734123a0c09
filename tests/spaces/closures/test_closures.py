"""A closure: snow, a burst pipe, a visit by the fire brigade; what was booked is cancelled, and said."""

import asyncio
from typing import Any

import pytest

from tests.world import World

DAY = "2027-02-03"


def asked(space: Any, start: str, end: str, *pupils: Any, **more: Any) -> dict[str, Any]:
    return {
        "space_id": str(space), "starts_at": f"{DAY}T{start}:00Z", "ends_at": f"{DAY}T{end}:00Z", "purpose": "lesson",
        "pupil_ids": [str(pupil) for pupil in pupils], **more,
    }  # fmt: skip


def closing(world: World, start: str = "00:00", end: str = "23:59", **more: Any) -> dict[str, Any]:
    period = {"from_at": f"{DAY}T{start}:00Z", "until_at": f"{DAY}T{end}:00Z"}
    return {"school_id": str(world.north), "reason": "Snow", **period, **more}


async def test_when_it_snows_the_office_closes_the_school_and_sees_what_is_off(world: World) -> None:
    lesson = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:00", "12:00", whole_base=True))
    inner = await world.base_lead.post(
        "/v1/bookings", asked(world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson.json()["id"]])
    )
    elsewhere = await world.south_senco.post("/v1/bookings", asked(world.south_room, "09:00", "10:00"))
    closed = await world.office.post("/v1/closures", closing(world))
    assert closed.status_code == 201, closed.text
    assert set(closed.json()["cancelled_booking_ids"]) == {lesson.json()["id"], inner.json()["id"]}
    told = (await world.teaching_assistant.get(f"/v1/bookings/{lesson.json()['id']}")).json()
    assert (told["status"], told["closure_id"]) == ("cancelled", closed.json()["id"])
    listed = (await world.base_lead.get(f"/v1/bookings?closure_id={closed.json()['id']}")).json()["items"]
    assert len(listed) == 2
    assert (await world.south_senco.get(f"/v1/bookings/{elsewhere.json()['id']}")).json()["status"] == "booked"
    refused = await world.base_lead.post("/v1/bookings", asked(world.dome, "09:00", "10:00", world.ben))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/space-closed")
    assert refused.json()["errors"][0]["pointer"] == "/space_id"


async def test_a_base_lead_closes_one_room_of_her_base_for_the_afternoon_and_nothing_else(world: World) -> None:
    kept = [
        await world.base_lead.post("/v1/bookings", asked(world.sensory, "09:00", "12:00", world.amira)),
        await world.base_lead.post("/v1/bookings", asked(world.classroom, "13:00", "14:00", world.ben)),
    ]
    off = await world.base_lead.post("/v1/bookings", asked(world.sensory, "13:00", "14:00", world.amira))
    afternoon = closing(world, "12:00", "15:00", base_id=str(world.bubble), space_ids=[str(world.sensory)])
    closed = await world.base_lead.post("/v1/closures", afternoon)
    assert closed.json()["cancelled_booking_ids"] == [off.json()["id"]]
    for booking in kept:
        assert (await world.base_lead.get(f"/v1/bookings/{booking.json()['id']}")).json()["status"] == "booked"
    for more in ({}, {"base_id": str(world.harbour)}, {"space_ids": [str(world.sensory)]}):
        beyond = await world.base_lead.post("/v1/closures", closing(world, **more))
        assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "/school_id")
    hall = await world.base_lead.post("/v1/bookings", asked(world.dome, "13:00", "14:00", world.dev))
    assert hall.status_code == 201, "the hall is not the base's to close"
    whole_base = await world.base_lead.post("/v1/closures", closing(world, "13:30", "14:30", base_id=str(world.bubble)))
    assert whole_base.json()["cancelled_booking_ids"] == [kept[1].json()["id"]]
    later = await world.base_lead.post("/v1/bookings", asked(world.dome, "14:00", "15:00", world.dev))
    assert later.status_code == 201
    foreign = afternoon | {"space_ids": [str(world.dome)]}
    assert (await world.base_lead.post("/v1/closures", foreign)).json()["errors"][0]["pointer"] == "/space_ids"


async def test_a_closure_withdrawn_opens_again_but_books_nothing_anew(world: World) -> None:
    booking = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:00", "10:00", world.amira))
    closed = await world.senco.post("/v1/closures", closing(world))
    path = f"/v1/closures/{closed.json()['id']}"
    assert (await world.senco.verb(path, "withdraw")).json()["withdrawn_at"] is not None
    assert (await world.senco.verb(path, "withdraw")).status_code == 409
    assert (await world.senco.get(f"/v1/bookings/{booking.json()['id']}")).json()["status"] == "cancelled"
    again = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:00", "10:00", world.amira))
    assert again.status_code == 201


async def test_a_closure_that_ends_before_it_begins_is_refused(world: World) -> None:
    answer = await world.senco.post("/v1/closures", closing(world, "10:00", "10:00"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until_at")


async def test_closing_takes_the_adults_away_with_the_children(world: World) -> None:
    await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 3})
    adult = [str(world.staff["teaching_assistant"])]
    duty = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:00", "12:00", staff_ids=adult))
    lesson = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:00", "12:00", world.amira))
    assert (duty.status_code, lesson.status_code) == (201, 201), lesson.text
    closed = await world.senco.post("/v1/closures", closing(world))
    assert len(closed.json()["cancelled_booking_ids"]) == 2


async def test_a_full_lesson_whose_child_is_called_out_is_closed_too(world: World) -> None:
    """Amira is in the sensory room and Ben has her place in the full lesson: snow closes the school all the same."""
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"places": 2})).status_code == 200
    lesson = await world.base_lead.post(
        "/v1/bookings", asked(world.classroom, "09:00", "12:00", world.amira, world.cara)
    )
    out = await world.base_lead.post(
        "/v1/bookings", asked(world.sensory, "10:00", "10:30", world.amira, takes_from=[lesson.json()["id"]])
    )
    instead = await world.base_lead.post("/v1/bookings", asked(world.classroom, "10:00", "10:30", world.ben))
    assert [one.status_code for one in (lesson, out, instead)] == [201, 201, 201]
    closed = await world.office.post("/v1/closures", closing(world))
    assert closed.status_code == 201, closed.text
    assert len(closed.json()["cancelled_booking_ids"]) == 3
    assert closed.json()["left_out_booking_ids"] == [], "no lesson stands that she could go back to"


@pytest.mark.parametrize("turn", range(4))
async def test_whoever_books_while_the_school_closes_is_cancelled_or_refused(world: World, turn: int) -> None:
    """Nothing is left booked inside a closure, whichever came first."""
    pupils = [world.amira, world.ben, world.cara, world.dev]
    wanted = [
        asked(room, f"{9 + hour:02d}:00", f"{9 + hour:02d}:30", pupils[(hour + n + turn) % 4])
        for hour in range(3)
        for n, room in enumerate((world.classroom, world.sensory, world.dome))
    ]
    answers = await asyncio.gather(
        *(world.senco.post("/v1/bookings", body) for body in wanted[:5]),
        world.headteacher.post("/v1/closures", closing(world)),
        *(world.senco.post("/v1/bookings", body) for body in wanted[5:]),
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert answers[5].status_code == 201
    standing = (await world.senco.get(f"/v1/bookings?on={DAY}&status=booked")).json()["items"]
    assert standing == []
