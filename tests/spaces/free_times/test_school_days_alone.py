"""Where the search looks: on the days on which school is, and in the base that is named."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.core.heard import heard
from tests.spaces.free_times.test_availability import search, set_up, why
from tests.spaces.series.terms import enter_year
from tests.world import World


async def test_at_christmas_the_search_looks_past_the_holidays_and_says_so(world: World) -> None:
    """The last Thursday of term, in the corridor: when can Amira have her twenty minutes next? Not before January, and
    the office need not be asked when school begins again."""
    await enter_year(world)
    fortnight = {"from_on": "2026-12-24", "until_on": "2027-01-06"}
    found = await search(world.base_lead, [world.amira], kind="sensory_room", **fortnight)
    days = [one["starts_at"][:10] for one in found["options"]]
    assert days == ["2027-01-04", "2027-01-05", "2027-01-06"]
    left_out = {one["on"]: one["reason"] for one in found["not_school_days"]}
    assert {one["school_id"] for one in found["not_school_days"]} == {str(world.north)}
    assert sorted(left_out) == [str(date(2026, 12, 24) + timedelta(days=one)) for one in range(11)]
    assert (left_out["2026-12-24"], left_out["2026-12-26"]) == ("out_of_term", "weekend")


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2027-02-17", "half_term"), ("2027-05-03", "bank_holiday"), ("2027-01-09", "weekend"),
        ("2026-12-21", "out_of_term"),
    ],
)  # fmt: skip
async def test_a_day_without_school_offers_no_room_though_the_room_is_open(world: World, day: str, reason: str) -> None:
    await set_up(world, world.sensory, opening=[{"weekday": one, "from_time": "09:00", "until_time": "16:00"}
                                                for one in range(1, 8)])  # fmt: skip
    asked = {"from_on": day, "until_on": day, "kind": "sensory_room"}
    before = await search(world.base_lead, [world.amira], **asked)
    assert (len(before["options"]), before["not_school_days"]) == (1, []), "nothing is left out without a calendar"
    await enter_year(world)
    found = await search(world.base_lead, [world.amira], **asked)
    assert (found["options"], why(found)) == ([], {str(world.sensory): "not-a-school-day"})
    assert found["not_school_days"] == [{"school_id": str(world.north), "on": day, "reason": reason}]


async def test_while_the_children_are_away_the_team_finds_a_room_for_its_meeting(world: World) -> None:
    await enter_year(world)
    day = {"from_on": "2027-02-17", "until_on": "2027-02-17", "kind": "classroom"}
    for_pupils = await search(world.base_lead, [world.amira], **day)
    assert (for_pupils["options"], len(for_pupils["not_school_days"])) == ([], 1)
    for purpose in ("meeting", "maintenance"):
        found = await search(world.base_lead, [], purpose=purpose, **day)
        assert (len(found["options"]), found["not_school_days"]) == (1, [])


async def test_the_calendar_costs_one_statement(world: World) -> None:
    me, counts = asyncio.current_task(), []
    for entered in (False, True):
        if entered:
            await enter_year(world)
        said: list[str] = []

        def note(statement: str, said: list[str] = said) -> None:
            if asyncio.current_task() is me and statement.startswith(("SELECT", "WITH")):
                said.append(statement)

        with heard(note):
            await search(world.base_lead, [world.amira])
        counts.append((len(said), sum("academic_years" in one for one in said)))
    assert counts[0] == counts[1]
    assert counts[0][1] == 1


async def test_a_base_beyond_reach_is_refused_like_one_that_does_not_exist(world: World) -> None:
    annexe = world.base("The Annexe", world.north)
    await world.save()
    nowhere = UUID(int=7 << 76 | 2 << 62)
    refusals = set()
    for person, base in (
        (world.base_lead, nowhere), (world.base_lead, world.harbour), (world.base_lead, annexe),
        (world.class_teacher, world.harbour), (world.senco, world.harbour), (world.senco, nowhere),
    ):  # fmt: skip
        with pytest.raises(AssertionError) as refused:
            await search(person, [world.amira], base_id=base)
        assert '"pointer":"/base_id"' in str(refused.value)
        refusals.add(str(refused.value).split('"errors"')[1].split("}]")[0])
    assert len(refusals) == 1
    for person in (world.senco, world.class_teacher):
        found = await search(person, [world.amira], base_id=annexe)
        assert (found["options"], found["out"]) == ([], []), "a base of the school that has no space yet"
    found = await search(world.base_lead, [world.amira], base_id=world.bubble)
    assert {one["base_id"] for one in found["options"]} == {str(world.bubble)}
