"""Bookings as a teaching assistant meets them."""

from tests.world import World

DAY = "2026-11-25"


def booking(space: object, start: str, end: str, *pupils: object, **more: object) -> dict[str, object]:
    return {
        "space_id": str(space),
        "starts_at": f"{DAY}T{start}:00Z",
        "ends_at": f"{DAY}T{end}:00Z",
        "purpose": "regulation",
        "pupil_ids": [str(pupil) for pupil in pupils],
        **more,
    }


async def test_a_child_leaves_the_morning_lesson_for_the_sensory_room_and_comes_back(world: World) -> None:
    ta = world.teaching_assistant
    lesson = await ta.post("/v1/bookings", booking(world.classroom, "09:00", "12:00", whole_base=True))
    assert lesson.status_code == 201, lesson.text
    assert set(lesson.json()["pupil_ids"]) == {str(one) for one in (world.amira, world.ben, world.cara, world.dev)}

    refused = await ta.post("/v1/bookings", booking(world.sensory, "10:20", "10:40", world.amira))
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/clash"
    assert refused.json()["clashes"][0]["booking_id"] == lesson.json()["id"]

    inner = await ta.post(
        "/v1/bookings",
        booking(world.sensory, "10:20", "10:40", world.amira, takes_from=[lesson.json()["id"]]),
    )
    assert inner.status_code == 201, inner.text
    cancelled = await ta.verb(f"/v1/bookings/{inner.json()['id']}", "cancel")
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["status"] == "cancelled"
    # her time in the lesson is hers again: she cannot be elsewhere at that hour
    elsewhere = await ta.post("/v1/bookings", booking(world.dome, "10:20", "10:40", world.amira))
    assert elsewhere.json()["clashes"][0]["booking_id"] == lesson.json()["id"]


async def test_a_booking_lasts_twelve_hours_at_most(world: World) -> None:
    longest = booking(world.dome, "07:00", "19:00", world.ben)
    assert (await world.teaching_assistant.post("/v1/bookings", longest)).status_code == 201
    longer = {**booking(world.sensory, "07:00", "19:00", world.cara), "ends_at": f"{DAY}T19:00:01Z"}
    refused = await world.teaching_assistant.post("/v1/bookings", longer)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/ends_at"]


async def test_a_fourth_child_is_refused_in_a_sensory_room_of_three(world: World) -> None:
    ta = world.teaching_assistant
    for pupil in (world.amira, world.ben, world.cara):
        assert (await ta.post("/v1/bookings", booking(world.sensory, "13:00", "13:30", pupil))).status_code == 201
    fourth = await ta.post("/v1/bookings", booking(world.sensory, "13:29", "13:40", world.dev))
    assert fourth.status_code == 409
    assert fourth.json()["type"] == "/problems/space-full"
    assert (await ta.post("/v1/bookings", booking(world.sensory, "13:30", "13:40", world.dev))).status_code == 201


async def test_a_governor_sees_no_pupil(world: World) -> None:
    assert (await world.governor.get("/v1/pupils")).status_code == 403
    assert (await world.governor.get(f"/v1/pupils/{world.amira}")).status_code == 403


async def test_whoever_is_refused_late_in_the_longest_day_is_told_what_began_that_morning(world: World) -> None:
    ta = world.teaching_assistant
    nook = world.space("Nook", "sensory_room", 1, world.bubble, world.north)
    await world.save()
    day = await ta.post("/v1/bookings", booking(nook, "07:00", "19:00", world.ben))
    assert day.status_code == 201, day.text
    for late in (booking(nook, "18:55", "19:00", world.cara), booking(world.sensory, "18:55", "19:00", world.ben)):
        refused = await ta.post("/v1/bookings", late)
        assert refused.status_code == 409, refused.text
        assert [one["booking_id"] for one in refused.json()["clashes"]] == [day.json()["id"]]
