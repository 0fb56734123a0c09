"""A child's whole line on one screen before the review: each profile, what changed, whether by chance."""

from copy import deepcopy

import pytest

from iap_api.core.tables import new_id
from iap_api.profiles.profile_shapes import ProfileLineRead
from tests.profiles.small_instrument import FULL, SMALL, begun, completed, imported, saved
from tests.world import World

AUTUMN = {"d01": 0, "d02": 1, "d03": 0, "s01": 2}
SPRING = {"d01": 1, "d02": 0, "d03": 1, "s01": 1}
SUMMER = {"d01": 2, "d02": 2, "d03": 2, "s01": 2}
MEASURED = {"alpha": 0.5, "standard_deviation": 2, "source": "Measured on all of Year 4."}  # 4 points are reliable


async def line(world: World, instrument: str, who: str = "senco") -> ProfileLineRead:
    answer = await world.people[who].get(f"/v1/pupils/{world.amira}/profile-line?instrument_id={instrument}")
    assert answer.status_code == 200, answer.text
    return ProfileLineRead.model_validate(answer.json())


async def test_the_senco_opens_the_line_before_a_review_and_sees_each_step_with_plus_for_better(world: World) -> None:
    sections = deepcopy(SMALL["sections"])
    sections[0]["reliability"] = MEASURED
    instrument = await imported(world, sections=sections)
    summer = await completed(world, world.amira, instrument, SUMMER, observed_on="2025-06-02")
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    spring = await completed(world, world.amira, instrument, SPRING, observed_on="2025-03-03")
    await completed(world, world.ben, instrument, SPRING, observed_on="2025-03-03")
    await saved(world.base_lead, await begun(world.base_lead, world.amira, instrument), **FULL)
    shown = await line(world, instrument)
    assert [str(one.profile_id) for one in shown.profiles] == [one[-36:] for one in (autumn, spring, summer)]
    first, second, third = shown.profiles
    assert [(one.key, one.total, one.status) for one in first.strands] == [
        ("A", 0, "below"), ("B", 1, None), ("Q", 2, "above"),
    ]  # fmt: skip
    assert {one.norm_version for one in shown.profiles} == {"2024"}
    assert first.since is None
    assert second.since is not None
    assert third.since is not None
    # A 0 to 2, B 1 to 0, and Q, where less is better, 2 to 1
    assert [(one.key, one.change) for one in second.since.strands or []] == [("A", 2), ("B", -1), ("Q", 1)]
    assert second.since.overall == 2
    told = [(one.key, one.change, one.reliable, one.index, one.needed) for one in second.since.sections or []]
    # the error of the difference is 2 times the root of 2 times 0.5 = 2: one point is half of it, four are two of it
    assert told == [("strengths", 1, "within_chance", 0.5, 4), ("needs", 1, None, None, None)]
    told = [(one.key, one.change, one.reliable, one.index, one.needed) for one in third.since.sections or []]
    assert told == [("strengths", 4, "better", 2.0, 4), ("needs", -1, None, None, None)]
    compared = (await world.senco.get(f"{spring}/comparison?with={summer[-36:]}")).json()["sections"]
    assert [(one["key"], one["reliable"], one["needed"]) for one in compared] == [
        ("strengths", "better", 4), ("needs", None, None),
    ]  # fmt: skip


async def test_across_norms_and_versions_nothing_is_told_but_why(world: World) -> None:
    instrument = await imported(world)
    second_version = await imported(world, version="2")
    await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04", norm_version="2019")
    await completed(world, world.amira, instrument, SPRING, observed_on="2025-03-03")
    await completed(world, world.amira, second_version, SUMMER, observed_on="2025-06-02")
    for asked in (instrument, second_version):
        profiles = (await line(world, asked)).profiles
        assert [(one.instrument_version, one.norm_version) for one in profiles] == [
            ("1", "2019"), ("1", "2024"), ("2", "2024"),
        ]  # fmt: skip
        since = [one.since for one in profiles[1:] if one.since]
        assert [one.reason for one in since] == ["norm_version", "instrument_version"]
        assert [(one.strands, one.clusters, one.sections, one.overall) for one in since] == [(None,) * 4] * 2
        # the totals stand: they need no norms
        assert [one.sections[0].total for one in profiles] == [1, 2, 6]


async def test_a_corrected_profile_gives_its_place_to_the_correction(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    correction = (await world.base_lead.verb(autumn, "correct", {"reason": "Wrong child"})).headers["Location"]
    assert len((await line(world, instrument)).profiles) == 1
    assert (await world.base_lead.verb(correction, "complete")).status_code == 200
    assert [str(one.profile_id) for one in (await line(world, instrument)).profiles] == [correction[-36:]]


@pytest.mark.parametrize("who", ["class_teacher", "teaching_assistant", "therapist", "trust_inclusion_lead"])
async def test_whoever_has_to_do_with_the_child_sees_the_line(world: World, who: str) -> None:
    instrument = await imported(world)
    await completed(world, world.amira, instrument, AUTUMN)
    assert len((await line(world, instrument, who)).profiles) == 1


async def test_out_of_reach_is_not_found_and_an_instrument_that_is_not_there_is_refused(world: World) -> None:
    instrument = await imported(world)
    for who, pupil_id in ((world.south_senco, world.amira), (world.class_teacher, world.ben), (world.senco, new_id())):
        answer = await who.get(f"/v1/pupils/{pupil_id}/profile-line?instrument_id={instrument}")
        assert answer.status_code == 404
    for query in ("", f"?instrument_id={new_id()}", f"?instrument_id={instrument}&limit=1"):
        assert (await world.senco.get(f"/v1/pupils/{world.amira}/profile-line{query}")).status_code == 422
