"""Whose next profile is due: the lead's list on a Monday, the longest waited for first."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.profiles.overdue import OverdueRead
from tests.core.heard import heard
from tests.profiles.small_instrument import FULL, begun, completed, imported, saved
from tests.world import World

WEEK = timedelta(weeks=1)


def weeks_ago(count: int) -> str:
    return str(clock.today() - count * WEEK)


async def overdue(world: World, instrument: str, more: str = "", who: str = "base_lead") -> list[OverdueRead]:
    answer = await world.people[who].get(f"/v1/overdue-profiles?instrument_id={instrument}{more}")
    assert answer.status_code == 200, answer.text
    return [OverdueRead.model_validate(one) for one in answer.json()["items"]]


def named(found: list[OverdueRead]) -> list[UUID]:
    return [one.pupil_id for one in found]


async def test_on_monday_the_lead_sees_whose_profile_is_due_the_longest_waited_for_first(world: World) -> None:
    instrument = await imported(world)  # again after 12 weeks
    recent = await completed(world, world.amira, instrument, FULL, observed_on=weeks_ago(11))
    old = await completed(world, world.ben, instrument, FULL, observed_on=weeks_ago(20))
    older = await completed(world, world.cara, instrument, FULL, observed_on=weeks_ago(40))
    draft = await begun(world.teaching_assistant, world.cara, instrument, observed_on=weeks_ago(0))
    found = await overdue(world, instrument, f"&base_id={world.bubble}")
    # Dev was placed long ago and has none at all: due since that day
    assert named(found) == [world.dev, world.cara, world.ben]
    dev, cara, ben = found
    assert (dev.profile_id, dev.observed_on, dev.draft_id) == (None, None, None)
    assert (cara.profile_id, cara.draft_id) == (UUID(older[-36:]), UUID(draft[-36:]))
    assert (ben.profile_id, ben.due_on, ben.days_overdue) == (UUID(old[-36:]), clock.today() - 8 * WEEK, 56)
    assert {one.interval_weeks for one in found} == {12}
    ahead = await overdue(world, instrument, f"&due_before={clock.today() + 2 * WEEK}")
    assert named(ahead) == [world.dev, world.cara, world.ben, world.amira]
    assert (ahead[-1].profile_id, ahead[-1].days_overdue) == (UUID(recent[-36:]), -7)


async def test_it_is_due_on_the_day_the_interval_ends_and_not_the_day_before(world: World) -> None:
    instrument = await imported(world)
    await completed(world, world.amira, instrument, FULL, observed_on=weeks_ago(12))
    await completed(world, world.ben, instrument, FULL, observed_on=str(clock.today() - 12 * WEEK + timedelta(days=1)))
    found = {one.pupil_id: one.days_overdue for one in await overdue(world, instrument)}
    assert found[world.amira] == 0
    assert world.ben not in found
    shorter = {one.pupil_id: one.days_overdue for one in await overdue(world, instrument, "&interval_weeks=6")}
    assert (shorter[world.amira], shorter[world.ben]) == (42, 41)


async def test_a_draft_and_a_superseded_profile_are_no_profile_and_a_newer_version_is_one(world: World) -> None:
    instrument = await imported(world)
    first = await completed(world, world.amira, instrument, FULL, observed_on=weeks_ago(2))
    assert world.amira not in named(await overdue(world, instrument))
    correction = (await world.base_lead.verb(first, "correct", {"reason": "Seen in another term"})).headers["Location"]
    assert (await world.base_lead.change(correction, {"observed_on": weeks_ago(30)})).status_code == 200
    assert (await world.base_lead.verb(correction, "complete")).status_code == 200
    (amira,) = [one for one in await overdue(world, instrument) if one.pupil_id == world.amira]
    assert (amira.profile_id, amira.days_overdue) == (UUID(correction[-36:]), 18 * 7)
    second_version = await imported(world, version="2")
    await completed(world, world.amira, second_version, FULL, observed_on=weeks_ago(1))
    for version in (instrument, second_version):
        assert world.amira not in named(await overdue(world, version))
    other = await imported(world, key="other-check")
    assert world.amira in named(await overdue(world, other))


async def test_a_baseline_from_before_the_placement_counts_until_its_interval_is_over(world: World) -> None:
    instrument = await imported(world)
    begins = clock.today() - 2 * WEEK
    for pupil_id, weeks in ((world.mainstream, 4), (world.pupil("Nia", world.north), 40)):
        await world.save()
        body = {"base_id": str(world.bubble), "pupil_id": str(pupil_id), "from_on": str(begins)}
        assert (await world.senco.post("/v1/placements", body)).status_code == 201
        draft = await begun(world.senco, pupil_id, instrument, observed_on=weeks_ago(weeks))
        await saved(world.senco, draft, **FULL)
        assert (await world.senco.verb(draft, "complete")).status_code == 200
    by_pupil = {one.pupil_id: one for one in await overdue(world, instrument)}
    assert world.mainstream not in by_pupil
    # what had run out before Nia came is due from her first day, not from before it
    (nia,) = [one for one in by_pupil.values() if one.observed_on == clock.today() - 40 * WEEK]
    assert (nia.due_on, nia.days_overdue) == (begins, 14)


async def test_whoever_has_left_the_base_is_on_no_list(world: World) -> None:
    instrument = await imported(world)
    placement = (await world.senco.get(f"/v1/placements?pupil_id={world.dev}")).json()["items"][0]["id"]
    yesterday = {"until_on": str(clock.today() - timedelta(days=1))}
    assert (await world.senco.verb(f"/v1/placements/{placement}", "end", yesterday)).status_code == 200
    assert world.dev not in named(await overdue(world, instrument, who="senco"))


async def test_each_sees_the_pupils_within_reach_and_a_base_beyond_reach_is_empty(world: World) -> None:
    instrument = await imported(world)
    bubble = {world.amira, world.ben, world.cara, world.dev}
    for who, expected in {
        "teaching_assistant": bubble,
        "class_teacher": {world.amira},
        "senco": bubble,
        "trust_inclusion_lead": bubble | {world.southerner},
        "south_senco": {world.southerner},
    }.items():
        assert set(named(await overdue(world, instrument, who=who))) == expected, who
    for base in (world.harbour, new_id()):
        assert await overdue(world, instrument, f"&base_id={base}") == []


async def test_the_pages_leave_nobody_out_and_take_as_many_statements_as_one(world: World) -> None:
    instrument = await imported(world)
    for at in range(9):
        pupil_id = world.pupil(f"Child {at}", world.north, world.bubble)
        await world.save()
        if at % 3:
            await completed(world, pupil_id, instrument, FULL, observed_on=weeks_ago(20 + at % 2))
    path: str | None = f"/v1/overdue-profiles?instrument_id={instrument}&limit=4"
    me, counts, seen, days = asyncio.current_task(), list[int](), list[str](), list[date]()
    while path:
        said: list[str] = []

        def note(statement: str, said: list[str] = said) -> None:
            if asyncio.current_task() is me and not statement.startswith("BEGIN"):
                said.append(statement)

        with heard(note):
            page = (await world.base_lead.get(path)).json()
        counts.append(len(said))
        seen += [one["pupil_id"] for one in page["items"]]
        days += [date.fromisoformat(one["due_on"]) for one in page["items"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 13
    assert days == sorted(days)
    # the preamble, the instrument and the page
    assert set(counts) == {3}


@pytest.mark.parametrize(
    "query",
    ["", "instrument_id=1", "instrument_id=01a20f5e-b5e1-7338-9ffc-f3e573addb7d", "interval_weeks=0",
     "interval_weeks=105", "due_before=soon",
     "after=AAAA", f"after={'A' * 48}"],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_with_the_member_at_fault(world: World, query: str) -> None:
    instrument = await imported(world)
    asked = query if "instrument_id" in query or not query else f"instrument_id={instrument}&{query}"
    refused = await world.base_lead.get(f"/v1/overdue-profiles?{asked}")
    assert refused.status_code == 422, refused.text
    member = (query or "instrument_id").split("=")[0]
    assert refused.json()["errors"][0]["pointer"].endswith(f"/{member}"), refused.text


async def test_a_cursor_of_one_base_opens_no_other_list(world: World) -> None:
    instrument = await imported(world)
    first = await world.senco.get(f"/v1/overdue-profiles?instrument_id={instrument}&base_id={world.bubble}&limit=1")
    cursor = first.json()["next"].rsplit("after=", 1)[1]
    for path, who in (
        (f"/v1/overdue-profiles?instrument_id={instrument}&limit=1&after={cursor}", world.senco),
        (f"/v1/overdue-profiles?instrument_id={instrument}&base_id={world.bubble}&after={cursor}", world.base_lead),
    ):
        assert (await who.get(path)).status_code == 422
