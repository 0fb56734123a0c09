"""Free and busy: whether the room, the child or the colleague is taken, and never by whom."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from iap_api.core import clock
from iap_api.spaces.free_times.busy_times import laid_over, merged
from tests.core.recorded import entries_of, named_in
from tests.spaces.free_times.test_availability import MONDAY, at, book, set_up
from tests.world import Person, World


async def busy(person: Person, kind: str, wanted: Any, days: int = 1) -> list[dict[str, Any]]:
    from_at, until_at = at(0, "00:00"), at(days, "00:00")
    answer = await person.get(f"/v1/{kind}/{wanted}/free-busy?from_at={from_at}&until_at={until_at}")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["from_at"], answer.json()["until_at"]) == (from_at, until_at)
    found: list[dict[str, Any]] = answer.json()["busy"]
    return found


def times(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(one.values()) for one in found]


async def test_a_class_teacher_sees_at_the_door_that_the_quiet_room_is_taken_and_not_by_whom(world: World) -> None:
    """In the corridor with a child who has had enough, on the tablet by the door: is it free at ten? She knows none of
    the children in there, and learns nothing about them."""
    await book(world.base_lead, world.sensory, at(0, "10:00"), at(0, "10:30"), world.ben, world.cara, note="Upset.")
    await book(world.base_lead, world.sensory, at(0, "10:20"), at(0, "10:40"), world.dev)
    await book(world.base_lead, world.sensory, at(0, "10:40"), at(0, "11:00"), world.amira)
    found = await busy(world.class_teacher, "spaces", world.sensory)
    assert times(found) == [
        (at(0, "10:00"), at(0, "10:20"), 1), (at(0, "10:20"), at(0, "10:30"), 0), (at(0, "10:30"), at(0, "11:00"), 2),
    ]  # fmt: skip
    for told in (world.ben, world.cara, world.dev, "Upset", "regulation"):
        assert str(told) not in json.dumps(found)


async def test_a_room_is_taken_by_cleaning_by_adults_and_by_a_closure_too(world: World) -> None:
    lead, adult = world.base_lead, str(world.staff["therapist"])
    await book(lead, world.retreat, at(0, "08:00"), at(0, "08:30"), purpose="maintenance")
    await book(lead, world.retreat, at(0, "09:00"), at(0, "09:30"), purpose="meeting", staff_ids=[adult])
    closed = {"school_id": str(world.north), "base_id": str(world.bubble), "from_at": at(0, "12:00"),
              "until_at": at(0, "13:00"), "reason": "Boiler"}  # fmt: skip
    assert (await world.senco.post("/v1/closures", closed)).status_code == 201
    taken = [(at(0, "08:00"), at(0, "08:30"), 0), (at(0, "09:00"), at(0, "09:30"), 0)]
    shut = (at(0, "12:00"), at(0, "13:00"), 0)
    assert times(await busy(world.class_teacher, "spaces", world.retreat)) == [*taken, shut]
    assert times(await busy(world.class_teacher, "spaces", world.dome)) == []
    assert times(await busy(lead, "staff", adult)) == [taken[1][:2]]


async def test_what_was_cancelled_or_waits_for_approval_takes_nothing(world: World) -> None:
    await set_up(world, world.sensory, needs_approval=True)
    await book(world.teaching_assistant, world.sensory, at(0, "10:00"), at(0, "10:30"), world.amira)
    gone = await book(world.base_lead, world.sensory, at(0, "11:00"), at(0, "11:30"), world.amira)
    assert (await world.base_lead.verb(f"/v1/bookings/{gone}", "cancel")).status_code == 200
    assert await busy(world.class_teacher, "spaces", world.sensory) == []
    assert await busy(world.class_teacher, "pupils", world.amira) == []


async def test_a_child_is_busy_in_a_booking_that_the_teacher_does_not_see(world: World) -> None:
    """The hall is booked by the SENCO with a child of no base: the base lead reads no such booking."""
    await book(world.senco, world.dome, at(0, "10:00"), at(0, "10:30"), world.mainstream)
    await book(world.senco, world.classroom, at(0, "10:30"), at(0, "11:00"), world.mainstream)
    await book(world.senco, world.classroom, at(0, "11:10"), at(0, "11:20"), world.mainstream)
    whole = [(at(0, "10:00"), at(0, "11:00")), (at(0, "11:10"), at(0, "11:20"))]
    assert times(await busy(world.class_teacher, "pupils", world.mainstream)) == whole
    answer = await world.base_lead.get(
        f"/v1/pupils/{world.mainstream}/free-busy?from_at={at(0, '00:00')}&until_at={at(1, '00:00')}"
    )
    assert answer.status_code == 404
    found = [(one.resource, one.resource_id, named_in(one)) for one in await entries_of(world, world.class_teacher)]
    assert found == [("availability", world.mainstream, {world.mainstream})]


async def test_who_walks_in_takes_a_place_until_they_leave(world: World) -> None:
    body = {"pupil_id": str(world.amira), "space_id": str(world.sensory), "initiated_by": "pupil",
            "free_to_leave": True, "door": "open", "adult_in_sight": True}  # fmt: skip
    visit = (await world.teaching_assistant.post("/v1/visits", body)).json()
    hour = (clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    path = f"/v1/spaces/{world.sensory}/free-busy?from_at={visit['started_at']}&until_at={hour}"
    (there,) = (await world.class_teacher.get(path)).json()["busy"]
    assert there == {"starts_at": visit["started_at"], "ends_at": visit["holds_until"], "free_places": 2}


@pytest.mark.parametrize("kind", ["spaces", "pupils", "staff"])
async def test_of_another_school_nothing_is_told_and_a_month_is_the_most(world: World, kind: str) -> None:
    ours = {"spaces": world.sensory, "pupils": world.amira, "staff": world.staff["therapist"]}[kind]
    words = f"from_at={at(0, '00:00')}&until_at={at(1, '00:00')}"
    assert (await world.south_senco.get(f"/v1/{kind}/{ours}/free-busy?{words}")).status_code == 404
    for from_at, until_at in ((at(0, "10:00"), at(0, "10:00")), (at(0, "10:00"), at(31, "10:01"))):
        answer = await world.senco.get(f"/v1/{kind}/{ours}/free-busy?from_at={from_at}&until_at={until_at}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until_at")


@pytest.mark.parametrize("seed", range(40))
def test_laid_over_each_other_they_say_minute_by_minute_what_is_left(seed: int) -> None:
    random, start = Random(seed), datetime.combine(MONDAY, datetime.min.time(), clock.LONDON)

    def some(most: int) -> list[tuple[datetime, datetime]]:
        begun = [start + timedelta(minutes=random.randrange(-5, 30)) for _ in range(random.randrange(most))]
        return [(one, one + timedelta(minutes=random.randrange(1, 9))) for one in begun]

    used, pupils, closed = some(4), some(7), some(2)
    within = (start, start + timedelta(minutes=25))
    found = laid_over(used, pupils, closed, 3, within)
    for minute in range(-5, 45):
        now = start + timedelta(minutes=minute)

        def running(periods: Any, now: datetime = now) -> int:
            return sum(begins <= now < ends for begins, ends in periods)

        taken = within[0] <= now < within[1] and running([*used, *pupils, *closed]) > 0
        left = 0 if running(closed) else max(3 - running(pupils), 0)
        assert [one.free_places for one in found if one.starts_at <= now < one.ends_at] == [left] * taken
    for before, after in pairwise(found):
        assert before.ends_at < after.starts_at or before.free_places != after.free_places
    for before, later in pairwise(merged(used, within)):
        assert before[1] < later[0]
