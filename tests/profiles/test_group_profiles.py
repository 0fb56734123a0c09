"""The base on one screen: before planning the half term the lead sees where most of her children are in need."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from iap_api.core.tables import new_id
from iap_api.profiles.group_profiles import GroupProfileRead
from iap_api.pupils.tables import Registration
from tests.core.heard import heard
from tests.core.recorded import entries_of, named_in
from tests.profiles.small_instrument import begun, completed, imported, saved
from tests.world import World

CALM = {"d01": 2, "d02": 2, "d03": 2, "s01": 0}
HARD = {"d01": 0, "d02": 0, "d03": 0, "s01": 2}


async def group(world: World, query: str, who: str = "base_lead") -> GroupProfileRead:
    answer = await world.people[who].get(f"/v1/group-profiles?{query}")
    assert answer.status_code == 200, answer.text
    return GroupProfileRead.model_validate(answer.json())


async def test_the_lead_sees_where_her_base_is_in_need_and_whose_profile_is_missing(world: World) -> None:
    instrument = await imported(world)
    await completed(world, world.amira, instrument, HARD, observed_on="2025-01-13")
    await completed(world, world.amira, instrument, {**HARD, "s01": 0}, observed_on="2025-03-03")
    await completed(world, world.ben, instrument, HARD, observed_on="2025-02-03")
    await completed(world, world.cara, instrument, CALM, observed_on="2025-03-10")
    # begun, and not counted
    await saved(world.base_lead, await begun(world.base_lead, world.dev, instrument), **HARD)
    found = await group(world, f"base_id={world.bubble}&instrument_id={instrument}")
    assert (found.pupils, found.profiled, found.without_profile_pupil_ids) == (4, 3, [world.dev])
    assert (found.earliest_observed_on, found.latest_observed_on) == (date(2025, 2, 3), date(2025, 3, 10))
    assert [(one.key, one.below, one.within, one.above, one.median) for one in found.strands] == [
        ("A", 2, 1, 0, 0), ("B", 0, 0, 0, 0), ("Q", 0, 2, 1, 0),
    ]  # fmt: skip
    assert {one.key: set(one.in_need_pupil_ids) for one in found.strands} == {
        "A": {world.amira, world.ben}, "B": set(), "Q": {world.ben},
    }  # fmt: skip
    assert [(one.key, one.in_need, one.points_away) for one in found.plan_for] == [("A", 2, 4), ("Q", 1, 1)]
    assert (found.instrument_version, found.norm_version, found.norm_provisional) == ("1", "2024", False)


async def test_all_are_judged_by_one_ruler_whichever_they_were_signed_under(world: World) -> None:
    instrument = await imported(world)
    one_point = {**HARD, "d01": 1}
    await completed(world, world.amira, instrument, one_point, norm_version="2019")
    await completed(world, world.ben, instrument, one_point)
    asked = f"base_id={world.bubble}&instrument_id={instrument}"
    assert (await group(world, asked)).strands[0].below == 2
    older = await group(world, f"{asked}&norm_version=2019")
    assert (older.norm_version, older.strands[0].below, older.strands[0].within) == ("2019", 0, 2)


async def test_a_class_and_a_school_are_groups_too_and_another_version_is_not_set_beside(world: World) -> None:
    instrument, second_version = await imported(world), await imported(world, version="2")
    async with world.app.state.database.transaction() as session:
        found = (await session.execute(Registration.__table__.select())).all()
        mine = next(row.id for row in found if row.pupil_id == world.amira)
        (await session.get(Registration, mine)).class_id = world.class_3
    await completed(world, world.amira, instrument, HARD)
    await completed(world, world.ben, second_version, HARD)
    in_class = await group(world, f"class_id={world.class_3}&instrument_id={instrument}", "senco")
    assert (in_class.pupils, in_class.profiled, in_class.class_id) == (1, 1, world.class_3)
    whole = await group(world, f"school_id={world.north}&instrument_id={instrument}", "senco")
    assert (whole.pupils, whole.profiled) == (5, 1)


async def test_each_counts_the_pupils_within_reach_and_nobody_else(world: World) -> None:
    instrument = await imported(world)
    for pupil_id in (world.amira, world.ben):
        await completed(world, pupil_id, instrument, HARD)
    asked = f"base_id={world.bubble}&instrument_id={instrument}"
    for who, pupils, in_need in (
        ("senco", 4, {world.amira, world.ben}),
        ("teaching_assistant", 4, {world.amira, world.ben}),
        ("class_teacher", 1, {world.amira}),
        ("south_senco", 0, set[UUID]()),
    ):
        found = await group(world, asked, who)
        assert (found.pupils, set(found.strands[0].in_need_pupil_ids)) == (pupils, in_need), who
    nowhere = await group(world, f"base_id={new_id()}&instrument_id={instrument}", "senco")
    assert (nowhere.pupils, nowhere.plan_for, nowhere.strands[0].median) == (0, [], None)
    for who in ("governor", "trust_analyst", "office", "referrer"):
        assert (await world.people[who].get(f"/v1/group-profiles?{asked}")).status_code == 403


async def test_it_takes_as_many_statements_for_forty_as_for_one(world: World) -> None:
    instrument = await imported(world)
    counts = []
    me = asyncio.current_task()
    for children in (1, 40):
        base = world.base(f"Base of {children}", world.north)
        await world.save()
        for at in range(children):
            world.pupil(f"Child {at}", world.north, base)
        await world.save()
        said: list[str] = []

        def note(statement: str, said: list[str] = said) -> None:
            if asyncio.current_task() is me and not statement.startswith("BEGIN"):
                said.append(statement)

        with heard(note):
            found = await group(world, f"base_id={base}&instrument_id={instrument}", "senco")
        assert found.pupils == children
        counts.append(len(said))
    # the preamble, the instrument (and its definition, the first time) and the profiles
    assert counts[1] == 3 <= counts[0] <= 4


@pytest.mark.parametrize(
    ("query", "member"),
    [("", "base_id"), ("base_id={0}&class_id={0}", "base_id"), ("base_id=1", "base_id"),
     ("base_id={0}&norm_version=1999", "norm_version"), ("base_id={0}&instrument_id={0}", "instrument_id")],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_with_the_member_at_fault(world: World, query: str, member: str) -> None:
    asked = query.format(world.bubble)
    if "instrument_id" not in asked:
        asked += f"&instrument_id={await imported(world)}"
    refused = await world.base_lead.get(f"/v1/group-profiles?{asked}")
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"].endswith(f"/{member}")


async def test_everybody_who_is_named_is_in_the_record_of_who_saw_what(world: World) -> None:
    instrument = await imported(world)
    await completed(world, world.amira, instrument, HARD)
    asked = f"base_id={world.bubble}&instrument_id={instrument}"
    answer = await world.headteacher.get(f"/v1/group-profiles?{asked}")
    (entry,) = await entries_of(world, world.headteacher, answer.headers["X-Request-Id"])
    # those without a profile are named too
    assert named_in(entry) == {world.amira, world.ben, world.cara, world.dev}
    assert (entry.resource, entry.kind) == ("profile", "read")
