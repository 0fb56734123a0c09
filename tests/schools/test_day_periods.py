"""The named periods of the day as the office keeps them."""

import asyncio
from typing import Any

import pytest

from tests.schools.calendars import period_of
from tests.world import World

PATH = "/v1/day-periods"


async def test_the_office_names_the_first_lesson_and_a_class_teacher_reads_when_it_is(world: World) -> None:
    made = await world.office.post(PATH, period_of(world.north, weekdays=[5, 1, 3]))
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"], "version": 1, "school_id": str(world.north), "name": "Period 1",
        "weekdays": [1, 3, 5], "from_time": "09:05", "until_time": "10:00", "lesson": True, "ended_on": None,
    }  # fmt: skip
    read = await world.class_teacher.get(f"{PATH}?school_id={world.north}")
    assert read.json()["items"] == [made.json()]
    assert (await world.south_senco.get(made.headers["Location"])).status_code == 404
    assert (await world.base_lead.post(PATH, period_of(world.north, name="Period 2"))).status_code == 403


async def test_a_period_may_be_earlier_on_fridays_and_breaks_may_be_staggered_but_nothing_is_entered_twice(
    world: World,
) -> None:
    assert (await world.office.post(PATH, period_of(world.north, weekdays=[1, 2, 3, 4]))).status_code == 201
    friday = await world.senco.post(PATH, period_of(world.north, weekdays=[5], until_time="09:45"))
    assert friday.status_code == 201
    late = period_of(world.north, name="Break, years 5 and 6", from_time="09:30", lesson=False)
    assert (await world.senco.post(PATH, late)).status_code == 201
    twin = await world.senco.post(PATH, period_of(world.north))
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/day-period-twice")
    moved = await world.senco.change(friday.headers["Location"], {"until_time": "10:00"})
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/day-period-twice")
    assert (await world.administrator.post(PATH, period_of(world.south))).status_code == 201


async def test_of_rivals_entering_the_same_period_exactly_one_wins(world: World) -> None:
    answers = await asyncio.gather(*(world.office.post(PATH, period_of(world.north)) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_new_timetable_ends_the_period_and_names_a_new_one(world: World) -> None:
    path = (await world.office.post(PATH, period_of(world.north))).headers["Location"]
    ended = await world.office.verb(path, "end", {"ended_on": "2026-12-18"})
    assert (ended.status_code, ended.json()["ended_on"], ended.json()["version"]) == (200, "2026-12-18", 2)
    for answer in (
        await world.office.verb(path, "end", {"ended_on": "2026-12-19"}),
        await world.office.change(path, {"from_time": "09:00"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/day-period-ended")
    assert (await world.office.post(PATH, period_of(world.north))).status_code == 201


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"until_time": "09:05"}, "/until_time"),
        ({"from_time": "22:00", "until_time": "06:00"}, "/until_time"),
        ({"until_time": "24:00"}, "/until_time"),
        ({"from_time": "9:05"}, "/from_time"),
        ({"from_time": "09:60"}, "/from_time"),
        ({"from_time": "09:05:00"}, "/from_time"),
        ({"weekdays": []}, "/weekdays"),
        ({"weekdays": [1, 1]}, "/weekdays"),
        ({"weekdays": [0]}, "/weekdays/0"),
        ({"weekdays": [1, 8]}, "/weekdays/1"),
        ({"weekdays": [True]}, "/weekdays/0"),
        ({"lesson": None}, "/lesson"),
    ],
)
async def test_a_period_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(
    world: World, more: dict[str, Any], pointer: str
) -> None:
    refused = await world.office.post(PATH, period_of(world.north, **more))
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_a_change_is_held_against_the_period_as_a_whole(world: World) -> None:
    path = (await world.office.post(PATH, period_of(world.north))).headers["Location"]
    for body, pointer in (({"from_time": "10:00"}, "/from_time"), ({"until_time": "09:00"}, "/until_time")):
        refused = await world.office.change(path, body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    changed = await world.office.change(path, {"from_time": "10:00", "until_time": "10:55", "weekdays": [2, 1]})
    assert (changed.status_code, changed.json()["weekdays"], changed.json()["until_time"]) == (200, [1, 2], "10:55")
