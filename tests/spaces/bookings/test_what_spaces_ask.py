"""What a space asks of whoever books it: open then, room in between, enough adults, approval, and somebody coming."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from iap_api.core import clock
from iap_api.spaces.bookings.no_shows import release_no_shows
from iap_api.spaces.tables import Booking
from tests.world import Person, World

# a Wednesday in winter and one in summer, so that local opening times are not read as UTC
WINTER, SUMMER = "2027-01-13", "2027-06-16"


def asked(space: Any, start: str, end: str, *pupils: Any, day: str = WINTER, **more: Any) -> dict[str, Any]:
    return {
        "space_id": str(space), "starts_at": f"{day}T{start}:00Z", "ends_at": f"{day}T{end}:00Z", "purpose": "lesson",
        "pupil_ids": [str(pupil) for pupil in pupils], **more,
    }  # fmt: skip


async def set_up(world: World, space: Any, **values: Any) -> None:
    answer = await world.senco.change(f"/v1/spaces/{space}", values)
    assert answer.status_code == 200, answer.text


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text
    document: dict[str, Any] = answer.json()
    return document


OPEN = [
    {"weekday": 3, "from_time": "13:00", "until_time": "15:15"},
    {"weekday": 3, "from_time": "09:00", "until_time": "12:00"},
]


@pytest.mark.parametrize(
    ("day", "start", "end", "opened"),
    [
        (WINTER, "09:00", "12:00", True),
        (WINTER, "13:00", "15:15", True),
        (WINTER, "08:59", "09:30", False),
        (WINTER, "11:30", "13:30", False),
        (WINTER, "15:00", "15:16", False),
        (SUMMER, "08:00", "11:00", True),
        (SUMMER, "11:00", "11:30", False),
        ("2027-01-14", "10:00", "11:00", False),
    ],
)
async def test_a_room_is_booked_in_its_opening_times_of_the_london_day(
    world: World, day: str, start: str, end: str, opened: bool
) -> None:
    await set_up(world, world.classroom, opening=OPEN)
    answer = await world.teaching_assistant.post(
        "/v1/bookings", asked(world.classroom, start, end, world.amira, day=day)
    )
    if opened:
        assert answer.status_code == 201, answer.text
    else:
        assert refused(answer, 409, "space-closed")["errors"][0]["pointer"] == "/starts_at"


async def test_what_was_booked_before_the_opening_times_may_still_be_shortened(world: World) -> None:
    made = await world.base_lead.post("/v1/bookings", asked(world.classroom, "07:00", "08:00", world.amira))
    await set_up(world, world.classroom, opening=OPEN)
    path = f"/v1/bookings/{made.json()['id']}"
    assert (await world.base_lead.change(path, {"ends_at": f"{WINTER}T07:30:00Z"})).status_code == 200
    refused(await world.base_lead.change(path, {"ends_at": f"{WINTER}T07:45:00Z"}), 409, "space-closed")


async def test_nobody_books_a_retreat_for_a_child_but_it_can_be_shut_for_cleaning(world: World) -> None:
    answer = await world.base_lead.post("/v1/bookings", asked(world.retreat, "10:00", "10:30", world.amira))
    assert refused(answer, 409, "walk-in-only")["errors"][0]["pointer"] == "/space_id"
    cleaning = asked(world.retreat, "10:00", "10:30") | {"purpose": "maintenance"}
    assert (await world.base_lead.post("/v1/bookings", cleaning)).status_code == 201
    opened = await world.senco.change(f"/v1/spaces/{world.retreat}", {"walk_in_only": False})
    assert refused(opened, 422, "invalid")["errors"][0]["pointer"] == "/walk_in_only"


async def test_a_room_of_the_therapist_is_not_booked_by_others(world: World) -> None:
    await set_up(world, world.dome, bookable_by=["therapist"])
    body = asked(world.dome, "10:00", "10:30", world.amira)
    refused(await world.teaching_assistant.post("/v1/bookings", body), 403, "not-your-space-to-book")
    assert (await world.therapist.post("/v1/bookings", body)).status_code == 201


async def test_a_room_that_all_want_is_booked_a_week_ahead_at_most(world: World) -> None:
    await set_up(world, world.sensory, days_ahead=7)
    for days, kind in ((7, ""), (8, "too-far-ahead")):
        day = (clock.today() + timedelta(days=days)).isoformat()
        answer = await world.base_lead.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", day=day))
        if kind:
            assert refused(answer, 409, kind)["errors"][0]["pointer"] == "/starts_at"
        else:
            assert answer.status_code == 201


async def test_between_two_bookings_the_kitchen_is_cleaned(world: World) -> None:
    kitchen = world.space("Economics room", "economics_room", 1, world.bubble, world.north)
    await world.save()
    await set_up(world, kitchen, buffer_before_minutes=5, buffer_after_minutes=10)
    first = await world.base_lead.post("/v1/bookings", asked(kitchen, "10:00", "11:00", world.amira))
    assert first.status_code == 201
    refused(await world.base_lead.post("/v1/bookings", asked(kitchen, "11:14", "12:00", world.ben)), 409, "space-full")
    refused(await world.base_lead.post("/v1/bookings", asked(kitchen, "09:00", "09:46", world.ben)), 409, "space-full")
    after = await world.base_lead.post("/v1/bookings", asked(kitchen, "11:15", "12:00", world.ben))
    before = await world.base_lead.post("/v1/bookings", asked(kitchen, "09:00", "09:45", world.cara))
    assert (after.status_code, before.status_code) == (201, 201)
    longer = await world.base_lead.change(f"/v1/bookings/{before.json()['id']}", {"ends_at": f"{WINTER}T09:50:00Z"})
    refused(longer, 409, "space-full")
    shorter = await world.base_lead.change(f"/v1/bookings/{first.json()['id']}", {"ends_at": f"{WINTER}T10:30:00Z"})
    assert shorter.status_code == 200


async def test_a_child_called_out_of_the_kitchen_for_a_while_needs_no_cleaning(world: World) -> None:
    kitchen = world.space("Economics room", "economics_room", 1, world.bubble, world.north)
    await world.save()
    await set_up(world, kitchen, buffer_before_minutes=15, buffer_after_minutes=15)
    lesson = await world.base_lead.post("/v1/bookings", asked(kitchen, "10:00", "11:00", world.amira))
    inner = asked(world.sensory, "10:20", "10:25", world.amira, takes_from=[lesson.json()["id"]])
    assert (await world.base_lead.post("/v1/bookings", inner)).status_code == 201
    longer = await world.base_lead.change(f"/v1/bookings/{lesson.json()['id']}", {"ends_at": f"{WINTER}T11:05:00Z"})
    assert longer.status_code == 200, longer.text


async def test_one_adult_for_every_three_children_begun(world: World) -> None:
    await set_up(world, world.classroom, pupils_per_adult=3)
    children = (world.amira, world.ben, world.cara, world.dev)
    adults = [str(world.staff["teaching_assistant"]), str(world.staff["second_assistant"])]
    body = asked(world.classroom, "10:00", "11:00", *children)
    alone = refused(await world.base_lead.post("/v1/bookings", body | {"staff_ids": adults[:1]}), 409, "adults-missing")
    assert [(one["pupils"], one["adults"], one["adults_needed"]) for one in alone["missing"]] == [(4, 1, 2)]
    made = await world.base_lead.post("/v1/bookings", body | {"staff_ids": adults})
    assert made.status_code == 201
    path = f"/v1/bookings/{made.json()['id']}"
    refused(await world.base_lead.change(path, {"staff_ids": adults[1:]}), 409, "adults-missing")
    out = asked(world.sensory, "10:20", "10:40", takes_from=[made.json()["id"]], staff_ids=adults[:1])
    refused(await world.base_lead.post("/v1/bookings", out), 409, "adults-missing")
    with_a_child = {**out, "pupil_ids": [str(world.amira)]}
    called = await world.base_lead.post("/v1/bookings", with_a_child)
    assert called.status_code == 201, "three are left with one adult"
    cancelled = await world.base_lead.verb(f"/v1/bookings/{called.json()['id']}", "cancel")
    assert cancelled.status_code == 200


async def test_an_adult_on_duty_counts_for_all_who_come_and_is_not_taken_away(world: World) -> None:
    await set_up(world, world.classroom, pupils_per_adult=2)
    adult = str(world.staff["teaching_assistant"])
    duty = await world.base_lead.post(
        "/v1/bookings", asked(world.classroom, "09:00", "12:00", staff_ids=[adult]) | {"purpose": "other"}
    )
    for pupil, start, end in ((world.amira, "09:00", "10:00"), (world.ben, "09:30", "10:30")):
        answer = await world.base_lead.post("/v1/bookings", asked(world.classroom, start, end, pupil))
        assert answer.status_code == 201
    third = await world.base_lead.post("/v1/bookings", asked(world.classroom, "09:45", "11:00", world.cara))
    missing = refused(third, 409, "adults-missing")["missing"]
    assert [(one["starts_at"][11:16], one["ends_at"][11:16]) for one in missing] == [("09:45", "10:00")]
    path = f"/v1/bookings/{duty.json()['id']}"
    refused(await world.base_lead.verb(path, "cancel"), 409, "adults-missing")
    refused(await world.base_lead.change(path, {"space_id": str(world.sensory)}), 409, "adults-missing")


async def test_children_there_since_the_morning_of_the_longest_day_are_counted_in_what_is_missing(
    world: World,
) -> None:
    await set_up(world, world.classroom, pupils_per_adult=1)
    adult = str(world.staff["teaching_assistant"])
    day = asked(world.classroom, "07:00", "19:00", world.amira, staff_ids=[adult])
    assert (await world.base_lead.post("/v1/bookings", day)).status_code == 201
    late = await world.base_lead.post("/v1/bookings", asked(world.classroom, "18:55", "19:00", world.ben))
    missing = refused(late, 409, "adults-missing")["missing"]
    assert [(one["pupils"], one["adults"], one["adults_needed"]) for one in missing] == [(2, 1, 2)]


async def test_more_adults_cannot_be_asked_for_than_are_booked_already(world: World) -> None:
    body = asked(world.classroom, "10:00", "11:00", world.amira)
    made = await world.base_lead.post("/v1/bookings", body)
    answer = await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 4})
    told = refused(answer, 409, "adults-missing")
    assert told["errors"][0]["pointer"] == "/pupils_per_adult"
    assert [(one["starts_at"][:16], one["adults_needed"]) for one in told["missing"]] == [(f"{WINTER}T10:00", 1)]
    await world.base_lead.verb(f"/v1/bookings/{made.json()['id']}", "cancel")
    await set_up(world, world.classroom, pupils_per_adult=4)


async def test_a_request_holds_nothing_until_it_is_approved(world: World) -> None:
    await set_up(world, world.sensory, needs_approval=True, places=1)
    requested = await world.teaching_assistant.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", world.amira))
    assert (requested.status_code, requested.json()["status"]) == (201, "requested")
    rival = await world.base_lead.post("/v1/bookings", asked(world.sensory, "10:00", "10:30", world.ben))
    assert (rival.status_code, rival.json()["status"]) == (201, "booked"), "whoever approves need not ask"
    path = f"/v1/bookings/{requested.json()['id']}"
    assert (await world.teaching_assistant.verb(path, "approve")).status_code == 403
    refused(await world.base_lead.verb(path, "approve"), 409, "space-full")
    moved = await world.teaching_assistant.change(path, {"starts_at": f"{WINTER}T10:30:00Z"})
    assert (moved.status_code, moved.json()["status"]) == (200, "requested")
    approved = await world.base_lead.verb(path, "approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "booked")
    refused(await world.base_lead.verb(path, "decline"), 409, "not-requested")
    longer = await world.teaching_assistant.change(path, {"ends_at": f"{WINTER}T11:30:00Z"})
    refused(longer, 409, "approval-needed")
    assert (await world.teaching_assistant.change(path, {"ends_at": f"{WINTER}T10:45:00Z"})).status_code == 200
    again = await world.teaching_assistant.post("/v1/bookings", asked(world.sensory, "13:00", "14:00", world.amira))
    declined = await world.base_lead.verb(f"/v1/bookings/{again.json()['id']}", "decline")
    assert declined.json()["status"] == "declined"
    refused(await world.base_lead.verb(f"/v1/bookings/{again.json()['id']}", "cancel"), 409, "conflict")


async def moved_to(world: World, booking: httpx.Response, starts_at: datetime) -> None:
    async with world.app.state.database.transaction() as session:
        period = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
        await session.execute(update(Booking).where(col(Booking.id) == UUID(booking.json()["id"])).values(**period))


async def release(world: World) -> None:
    async with world.app.state.database.transaction() as session:
        await release_no_shows(session, {})


async def status(person: Person, booking: httpx.Response) -> str:
    return str((await person.get(f"/v1/bookings/{booking.json()['id']}")).json()["status"])


async def test_a_place_where_nobody_came_is_given_back_and_taken_again_by_who_comes_late(world: World) -> None:
    await set_up(world, world.sensory, grace_minutes=10, places=1)
    ta, now = world.teaching_assistant, clock.now()
    booking = await ta.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", world.amira))
    refused(await ta.verb(f"/v1/bookings/{booking.json()['id']}", "check-in"), 409, "too-early")
    await moved_to(world, booking, now - timedelta(minutes=9))
    await release(world)
    assert await status(ta, booking) == "booked"
    await moved_to(world, booking, now - timedelta(minutes=10, seconds=1))
    await release(world)
    assert await status(ta, booking) == "released"
    late = await ta.verb(f"/v1/bookings/{booking.json()['id']}", "check-in")
    assert (late.status_code, late.json()["status"]) == (200, "booked")
    await release(world)
    assert await status(ta, booking) == "booked", "who has come stays"


async def test_who_checked_in_keeps_the_place_and_two_taps_are_one(world: World) -> None:
    await set_up(world, world.sensory, grace_minutes=10)
    ta = world.teaching_assistant
    booking = await ta.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", world.amira))
    await moved_to(world, booking, clock.now() - timedelta(minutes=5))
    path = f"/v1/bookings/{booking.json()['id']}"
    first = await ta.verb(path, "check-in")
    second = await ta.verb(path, "check-in")
    assert first.json()["checked_in_at"] == second.json()["checked_in_at"] is not None


async def test_over_midnight_is_refused_by_the_london_day(world: World) -> None:
    over = asked(world.classroom, "22:30", "23:30", world.amira, day=SUMMER)
    answer = await world.base_lead.post("/v1/bookings", over)
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "/ends_at"
    until_midnight = asked(world.classroom, "22:30", "23:00", world.amira, day=SUMMER)
    assert (await world.base_lead.post("/v1/bookings", until_midnight)).status_code == 201


async def test_a_subject_goes_with_a_lesson(world: World) -> None:
    lesson = asked(world.classroom, "10:00", "11:00", world.amira, subject="mathematics")
    made = await world.base_lead.post("/v1/bookings", lesson)
    assert made.json()["subject"] == "mathematics"
    answer = await world.base_lead.change(f"/v1/bookings/{made.json()['id']}", {"purpose": "therapy"})
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "/subject"


async def test_fewer_places_than_are_booked_are_refused_with_the_bookings_that_need_them(world: World) -> None:
    needing = [
        await world.base_lead.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", pupil))
        for pupil in (world.amira, world.ben)
    ]
    await world.base_lead.post("/v1/bookings", asked(world.sensory, "11:00", "12:00", world.cara))
    answer = await world.senco.change(f"/v1/spaces/{world.sensory}", {"places": 1})
    told = refused(answer, 409, "space-full")
    assert told["errors"][0]["pointer"] == "/places"
    assert {one["booking_id"] for one in told["clashes"]} == {one.json()["id"] for one in needing}
    blind = await world.administrator.change(f"/v1/spaces/{world.sensory}", {"places": 1})
    assert all("booking_id" not in one for one in refused(blind, 409, "space-full")["clashes"])


async def test_a_space_does_not_end_before_its_last_booking(world: World) -> None:
    last = await world.base_lead.post("/v1/bookings", asked(world.sensory, "10:00", "11:00", world.amira))
    told = refused(
        await world.senco.verb(f"/v1/spaces/{world.sensory}", "end", {"ended_on": WINTER}), 409, "space-ended"
    )
    assert told["errors"][0]["pointer"] == "/ended_on"
    assert [one["booking_id"] for one in told["clashes"]] == [last.json()["id"]]


async def test_what_may_not_be_released_does_not_keep_others_from_it(world: World) -> None:
    """An adult on duty whom the pupils need, and a child whose old place is taken, are left; the next is released."""
    ta, now = world.teaching_assistant, clock.now()
    for space in (world.sensory, world.stem):
        await set_up(world, space, grace_minutes=5)
    await set_up(world, world.classroom, places=1)
    lesson = await ta.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.amira))
    out = await ta.post(
        "/v1/bookings", asked(world.sensory, "10:00", "11:00", world.amira, takes_from=[lesson.json()["id"]])
    )
    instead = await ta.post("/v1/bookings", asked(world.classroom, "10:00", "11:00", world.ben))
    empty = await ta.post("/v1/bookings", asked(world.stem, "10:00", "11:00", world.cara))
    assert [one.status_code for one in (lesson, out, instead, empty)] == [201] * 4
    async with world.app.state.database.transaction() as session:
        named = [UUID(one.json()["id"]) for one in (lesson, out, instead)]
        when = {"starts_at": now - timedelta(minutes=20), "ends_at": now + timedelta(minutes=20)}
        await session.execute(update(Booking).where(col(Booking.id).in_(named)).values(**when))
    await moved_to(world, empty, now - timedelta(minutes=10))
    await release(world)
    assert await status(ta, out) == "booked"
    assert await status(ta, empty) == "released"
