"""How a base is used: hours really taught, how full its spaces are, what settles whom, what was refused."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import text

from iap_api.core import clock
from iap_api.spaces.bookings.booking_shapes import Subject
from tests.core.recorded import entries_of, named_in
from tests.schools.calendars import period_of, year_of
from tests.spaces.free_times.test_availability import book, set_up
from tests.world import Person, World

# a Monday of term, a week before half-term, and long over
MONDAY = date(2026, 10, 12)
HOUR = timedelta(hours=1)
DAYS = f"from_on={MONDAY}&until_on={MONDAY + timedelta(days=4)}"


def at(day: int, wall: str) -> str:
    local = datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(wall), clock.LONDON)
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def hours(person: Person, pupil: Any, days: str = DAYS) -> dict[str | None, tuple[int, int]]:
    answer = await person.get(f"/v1/pupils/{pupil}/curriculum-hours?{days}")
    assert answer.status_code == 200, answer.text
    return {one["subject"]: (one["base_minutes"], one["class_minutes"]) for one in answer.json()["subjects"]}


async def use(person: Person, base: Any, days: str = DAYS) -> dict[str, Any]:
    answer = await person.get(f"/v1/bases/{base}/use?{days}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def settling(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(one.values()) for one in found["settling"]]


async def visit(world: World, space: Any, pupil: Any, start: str, end: str, *zones: list[str]) -> str:
    before, after = zones or ([], [])
    body = {"pupil_id": str(pupil), "space_id": str(space), "initiated_by": "pupil", "free_to_leave": True,
            "door": "open", "adult_in_sight": True, "started_at": start, "ended_at": end,
            **({"zones_before": before} if before else {}), **({"zones_after": after} if after else {})}  # fmt: skip
    answer = await world.teaching_assistant.post("/v1/visits", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_base_lead_shows_amiras_mother_that_she_had_her_science(world: World) -> None:
    """At the six-weekly review, laptop open, the mother asks: does she still have science? Ten seconds: the hours of
    the week, subject by subject, and what she was not there for is not counted."""
    lead = world.base_lead
    english = await book(lead, world.classroom, at(0, "09:00"), at(0, "11:00"), world.amira, subject="english")
    calm = await book(lead, world.sensory, at(0, "09:30"), at(0, "09:50"), world.amira, takes_from=[english],
                      purpose="regulation")  # fmt: skip
    await visit(world, world.retreat, world.amira, at(0, "10:30"), at(0, "10:45"))
    await book(lead, world.stem, at(1, "09:00"), at(1, "09:40"), world.amira, subject="science")
    await book(lead, world.dome, at(1, "10:00"), at(1, "10:30"), world.amira, subject="science")
    await book(lead, world.classroom, at(2, "09:00"), at(2, "09:45"), world.amira, subject="mathematics",
               purpose="reintegration_lesson")  # fmt: skip
    await book(lead, world.classroom, at(2, "10:00"), at(2, "10:10"), world.amira)
    gone = await book(lead, world.classroom, at(3, "09:00"), at(3, "10:00"), world.amira, subject="history")
    assert (await lead.verb(f"/v1/bookings/{gone}", "cancel")).status_code == 200
    found = await hours(lead, world.amira)
    assert found["english"] == (120 - 20 - 15, 0)
    assert found["science"] == (40, 30)
    assert found["mathematics"] == (0, 45)
    assert found[None] == (10, 0)
    # no ceiling: all keep the full National Curriculum, so what was not taught stands there with 0
    assert set(found) == {*get_args(Subject), None}
    assert {subject for subject, minutes in found.items() if minutes == (0, 0)} >= {"history", "music", "geography"}
    assert (await lead.verb(f"/v1/bookings/{calm}", "cancel")).status_code == 200
    assert (await hours(lead, world.amira))["english"] == (120 - 15, 0)


# written for this test alone, over bookings, takings and visits rather than what the API counts
_BY_HAND = """
SELECT b.subject, b.starts_at, b.ends_at FROM bookings b
 WHERE b.status = 'booked' AND b.purpose IN ('lesson', 'reintegration_lesson') AND b.school_id = :school
"""
_OUT = "SELECT started_at, ended_at FROM visits WHERE pupil_id = :pupil"
_CALLED = """
SELECT i.starts_at, i.ends_at FROM bookings i JOIN booking_takings t ON t.inner_id = i.id
 WHERE i.status = 'booked' AND i.school_id = :school
"""


def _moment(value: Any) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


@pytest.mark.parametrize("seed", range(3))
async def test_another_count_minute_by_minute_finds_the_same(world: World, seed: int) -> None:
    random, lead = Random(seed), world.base_lead
    subjects = random.sample(get_args(Subject), 4)
    for day in range(3):
        for hour in (9, 11, 13):
            lesson = await book(
                lead, random.choice((world.classroom, world.stem)), at(day, f"{hour:02}:00"),
                at(day, f"{hour + 1:02}:{random.randrange(60):02}"), world.ben, subject=random.choice(subjects),
            )  # fmt: skip
            if random.random() < 0.6:
                begins = random.randrange(40)
                await book(lead, world.sensory, at(day, f"{hour:02}:{begins:02}"), at(day, f"{hour:02}:{begins + 15}"),
                           world.ben, takes_from=[lesson], purpose="regulation")  # fmt: skip
            if random.random() < 0.6:
                begins = random.randrange(30)
                start, end = at(day, f"{hour:02}:{begins:02}"), at(day, f"{hour:02}:{begins + 20:02}")
                await visit(world, world.retreat, world.ben, start, end)
    given = {"school": world.north, "pupil": world.ben}
    sqlite = world.app.state.database.dialect == "sqlite"
    async with world.app.state.database.transaction(read_only=True) as session:

        async def rows(statement: str) -> list[Any]:
            needed = {name: value for name, value in given.items() if f":{name}" in statement}
            named = {name: value.hex if sqlite else value for name, value in needed.items()}
            return [tuple(one) for one in await session.execute(text(statement), named)]

        lessons, out = await rows(_BY_HAND), [*await rows(_OUT), *await rows(_CALLED)]
    expected = dict.fromkeys(get_args(Subject), 0)
    away = [(_moment(starts_at), _moment(ends_at)) for starts_at, ends_at in out]
    for subject, starts_at, ends_at in lessons:
        moment = _moment(starts_at)
        while moment < _moment(ends_at):
            expected[subject] += not any(begins <= moment < ends for begins, ends in away)
            moment += timedelta(minutes=1)
    found = await hours(lead, world.ben)
    assert {subject: there for subject, (there, _) in found.items() if subject} == expected
    (ben,) = [one for one in (await use(lead, world.bubble))["hours"] if one["pupil_id"] == str(world.ben)]
    assert {one["subject"]: one["base_minutes"] for one in ben["subjects"]} == {**expected, None: 0}


async def test_how_full_the_quiet_room_is_in_each_period_of_a_school_day(world: World) -> None:
    office, lead = world.office, world.base_lead
    assert (await office.post("/v1/academic-years", year_of(world.north))).status_code == 201
    first = await office.post("/v1/day-periods", period_of(world.north))
    assert first.status_code == 201, first.text
    late = period_of(world.north, name="Period 2", from_time="10:00", until_time="11:00", weekdays=[1, 3])
    assert (await office.post("/v1/day-periods", late)).status_code == 201
    await set_up(
        world, world.sensory,
        opening=[{"weekday": day, "from_time": "09:05", "until_time": "10:30"} for day in (1, 2, 3, 4)],
    )  # fmt: skip
    await book(lead, world.sensory, at(0, "09:30"), at(0, "10:30"), world.amira, world.ben)
    await visit(world, world.sensory, world.cara, at(2, "09:50"), at(2, "10:40"))
    # a Saturday is no school day
    await visit(world, world.sensory, world.cara, at(5, "09:10"), at(5, "09:40"))
    found = await use(lead, world.bubble, f"from_on={MONDAY}&until_on={MONDAY + timedelta(days=6)}")
    assert found["school_days"] == 5
    there = {(one["space_id"], one["name"]): one for one in found["occupancy"]}
    room = str(world.sensory)
    quiet = [(there[room, name]["pupil_minutes"], there[room, name]["possible_minutes"])
             for name in ("Period 1", "Period 2")]  # fmt: skip
    # three places; 55 minutes on four days, and half an hour on two
    assert quiet == [(2 * 30 + 10, 3 * 4 * 55), (2 * 30 + 30, 3 * 2 * 30)]
    assert there[str(world.classroom), "Period 1"]["possible_minutes"] == 10 * 5 * 55
    assert there[str(world.classroom), "Period 1"]["pupil_minutes"] == 0
    assert there[room, "Period 1"]["day_period_id"] == first.json()["id"]
    # from Wednesday on the school has no first period
    path = f"/v1/day-periods/{first.json()['id']}"
    ended = await office.verb(path, "end", {"ended_on": str(MONDAY + timedelta(days=2))})
    assert ended.status_code == 200, ended.text
    there = {(one["space_id"], one["name"]): one for one in (await use(lead, world.bubble))["occupancy"]}
    assert there[room, "Period 1"]["possible_minutes"] == 3 * 2 * 55
    half_term = await use(lead, world.bubble, "from_on=2026-10-26&until_on=2026-10-30")
    assert (half_term["school_days"], half_term["occupancy"]) == (0, [])


async def test_which_place_most_often_settles_amira(world: World) -> None:
    for day, space, zones in (
        (0, world.retreat, (["red"], ["green"])), (1, world.retreat, (["yellow"], ["green", "blue"])),
        (2, world.retreat, (["red"], ["yellow"])), (0, world.sensory, (["blue"], ["green"])),
        (1, world.sensory, (["green"], ["green"])), (2, world.sensory, (["red"], [])),
    ):  # fmt: skip
        start = "13:00" if space == world.sensory else "10:00"
        await visit(world, space, world.amira, at(day, start), at(day, f"{start[:3]}20"), *zones)
    slip = await visit(world, world.retreat, world.amira, at(3, "10:00"), at(3, "10:20"), ["red"], ["green"])
    assert (await world.teaching_assistant.verb(f"/v1/visits/{slip}", "withdraw")).status_code == 200
    assert settling(await use(world.base_lead, world.bubble)) == [
        (str(world.amira), str(world.retreat), 3, 3, 2), (str(world.amira), str(world.sensory), 3, 1, 1),
    ]  # fmt: skip


async def test_how_often_a_room_was_wanted_and_refused(world: World) -> None:
    lead = world.base_lead
    today = f"from_on={clock.today()}&until_on={clock.today()}"
    await set_up(world, world.sensory, places=1)
    await book(lead, world.sensory, at(0, "09:30"), at(0, "10:30"), world.amira)
    wanted = {"space_id": str(world.sensory), "starts_at": at(0, "10:00"), "ends_at": at(0, "10:20"),
              "purpose": "regulation"}  # fmt: skip
    for pupil in (world.ben, world.ben, world.amira):
        answer = await lead.post("/v1/bookings", {**wanted, "pupil_ids": [str(pupil)]})
        assert answer.status_code == 409
    assert (await lead.post("/v1/bookings", {**wanted, "starts_at": at(0, "11:00")})).status_code == 422
    found = (await use(lead, world.bubble, today))["refused"]
    assert {one["space_id"] for one in found} == {str(world.sensory)}
    assert sum(one["count"] for one in found) == 3
    assert {one["rule"]: one["count"] for one in found}["space-full"] >= 2
    assert (await use(lead, world.bubble))["refused"] == []


async def test_whose_figures_a_role_reads(world: World) -> None:
    seen = {}
    for name in ("base_lead", "headteacher", "trust_inclusion_lead", "south_senco", "teaching_assistant", "governor"):
        person = world.people[name]
        seen[name] = [
            (await person.get(f"/v1/{path}?{DAYS}")).status_code
            for path in (f"bases/{world.bubble}/use", f"pupils/{world.amira}/curriculum-hours")
        ]
    assert seen == {
        "base_lead": [200, 200], "headteacher": [200, 200], "trust_inclusion_lead": [200, 200],
        "south_senco": [404, 404], "teaching_assistant": [403, 200], "governor": [403, 403],
    }  # fmt: skip
    named = {UUID(one["pupil_id"]) for one in (await use(world.base_lead, world.bubble))["hours"]}
    assert named == {world.amira, world.ben, world.cara, world.dev}


async def test_a_child_who_has_left_the_base_is_in_the_figures_of_those_who_still_reach_them(world: World) -> None:
    placed = (await world.senco.get(f"/v1/placements?pupil_id={world.dev}")).json()["items"][0]
    left = await world.senco.verb(f"/v1/placements/{placed['id']}", "end", {"until_on": str(MONDAY)})
    assert left.status_code == 200, left.text
    for person, sees in ((world.senco, True), (world.base_lead, False)):
        for days, there in ((DAYS, sees), ("from_on=2026-10-13&until_on=2026-10-14", False)):
            found = await use(person, world.bubble, days)
            assert (str(world.dev) in {one["pupil_id"] for one in found["hours"]}) == there


async def test_figures_are_on_the_record_of_those_they_are_about(world: World) -> None:
    lead = world.base_lead
    await hours(lead, world.amira)
    await use(lead, world.bubble)
    found = [(one.kind, one.resource, one.resource_id, named_in(one)) for one in await entries_of(world, lead)]
    assert found == [
        ("read", "curriculum_hours", world.amira, {world.amira}),
        ("read", "curriculum_hours", world.bubble, {world.amira, world.ben, world.cara, world.dev}),
    ]


async def test_what_lies_ahead_is_not_counted_yet(world: World) -> None:
    day = clock.today() + timedelta(days=1)
    start = datetime.combine(day, time(10), UTC)
    await book(world.base_lead, world.stem, start.isoformat(), (start + timedelta(minutes=20)).isoformat(), world.amira,
               subject="music")  # fmt: skip
    found = await hours(world.base_lead, world.amira, f"from_on={clock.today()}&until_on={day}")
    assert found["music"] == (0, 0)


async def test_a_lesson_that_is_running_counts_as_far_as_it_has_gone(world: World) -> None:
    now = clock.now().replace(second=0, microsecond=0)
    midnight = datetime.combine(clock.today(), time(), clock.LONDON).astimezone(UTC)
    begins, ends = max(now - timedelta(minutes=30), midnight), min(now + timedelta(minutes=30), midnight + 23 * HOUR)
    if ends > now:
        await book(world.base_lead, world.stem, begins.isoformat(), ends.isoformat(), world.amira, subject="music")
        (there, _) = (await hours(world.base_lead, world.amira, f"from_on={clock.today()}&until_on={clock.today()}"))[
            "music"
        ]
        gone = (now - begins) // timedelta(minutes=1)
        assert gone <= there <= gone + 2


@pytest.mark.parametrize("path", ["bases/{bubble}/use", "pupils/{amira}/curriculum-hours"])
async def test_days_that_make_no_sense_are_refused_by_name(world: World, path: str) -> None:
    path = path.format(bubble=world.bubble, amira=world.amira)
    for from_on, until_on, pointer in (
        ("2026-10-12", "2026-10-11", "/until_on"), ("2025-09-01", "2026-09-02", "/until_on"),
        ("9999-01-01", "9999-01-02", "/from_on"), ("2026-02-30", "2026-03-01", "/from_on"),
    ):  # fmt: skip
        answer = await world.base_lead.get(f"/v1/{path}?from_on={from_on}&until_on={until_on}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
