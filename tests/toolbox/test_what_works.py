"""Before the review the base lead asks: of all we tried with Amira, what takes her where she wants to be?"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.toolbox.what_works import percent
from tests.toolbox.things import ago, ear_defenders
from tests.world import Person, World


async def used(
    world: World, pupil: Any, thing: str, before: list[str], after: list[str], **more: Any
) -> dict[str, Any]:
    body = {"pupil_id": str(pupil), "resource_id": thing, "started_at": ago(hours=2), "minutes": 5,
            "zones_before": before, "zones_after": after, **more}  # fmt: skip
    answer = await world.senco.post("/v1/uses", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def told(person: Person, pupil: Any) -> list[dict[str, Any]]:
    answer = await person.get(f"/v1/pupils/{pupil}/what-works")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_amira_comes_to_green_with_the_ear_defenders_and_stays_yellow_with_the_putty(world: World) -> None:
    defenders, putty = await ear_defenders(world, 3), await ear_defenders(world, 3, name="Putty")
    for after in (["green"], ["green", "yellow"], ["green"], ["yellow"]):
        await used(world, world.amira, defenders, ["yellow"], after, helped="yes")
    await used(world, world.amira, defenders, ["green"], ["green"])
    await used(world, world.amira, defenders, ["red"], [])
    for number in range(5):
        await used(world, world.amira, putty, ["yellow"], ["yellow"], helped="no" if number else "partly")
    fan = await ear_defenders(world, 3, name="Fan")
    for _ in range(6):
        await used(world, world.amira, fan, ["red"], [])
    best, other, unknown = await told(world.base_lead, world.amira)
    assert (unknown["name"], unknown["uses"], unknown["percent"]) == ("Fan", 6, None), "what nothing can be said of"
    assert best == {
        "resource_id": defenders, "name": "Ear defenders", "pupils": 1, "uses": 6, "last_used_at": best["last_used_at"],
        "known": 5, "reached": 3, "stayed": 1, "percent": 80, "asked": 4, "said_yes": 4, "said_partly": 0, "said_no": 0,
    }  # fmt: skip
    assert (other["name"], other["percent"], other["known"], other["said_partly"], other["said_no"]) == (
        "Putty", 0, 5, 1, 4,
    )  # fmt: skip


async def test_nothing_is_claimed_under_five(world: World) -> None:
    thing = await ear_defenders(world, 3)
    for _ in range(4):
        await used(world, world.ben, thing, ["red"], ["green"])
    await used(world, world.ben, thing, ["red"], [])
    (one,) = await told(world.base_lead, world.ben)
    assert (one["uses"], one["known"], one["reached"], one["percent"]) == (5, 4, 4, None)
    await used(world, world.ben, thing, ["red"], ["green"])
    (one,) = await told(world.base_lead, world.ben)
    assert one["percent"] == 100


async def test_the_zone_that_was_wanted_need_not_be_green(world: World) -> None:
    """Cara wants to be wide awake before PE: yellow is where she wants to be."""
    thing = await ear_defenders(world, 3, name="Trampette")
    made = await used(world, world.cara, thing, ["blue"], ["yellow"], zone_wanted="yellow")
    assert made["zone_wanted"] == "yellow"
    await used(world, world.cara, thing, ["blue"], ["green"], zone_wanted="yellow")
    (one,) = await told(world.base_lead, world.cara)
    assert (one["known"], one["reached"], one["stayed"]) == (2, 1, 0)
    changed = await world.base_lead.change(f"/v1/uses/{made['id']}", {"zone_wanted": "green"})
    assert changed.status_code == 200, changed.text
    (one,) = await told(world.base_lead, world.cara)
    assert (one["reached"], one["stayed"]) == (0, 0)
    wrong = {"pupil_id": str(world.cara), "resource_id": thing, "started_at": ago(hours=1), "minutes": 5}
    refused = await world.senco.post("/v1/uses", {**wrong, "zone_wanted": "pink"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/zone_wanted")


async def test_what_was_withdrawn_counts_nowhere(world: World) -> None:
    thing = await ear_defenders(world, 3)
    made = await used(world, world.amira, thing, ["red"], ["green"])
    assert (await world.base_lead.verb(f"/v1/uses/{made['id']}", "withdraw")).status_code == 200
    assert await told(world.base_lead, world.amira) == []


async def test_over_all_pupils_it_counts_those_within_reach_alone(world: World) -> None:
    thing = await ear_defenders(world, 3)
    for pupil in (world.amira, world.ben, world.ben):
        await used(world, pupil, thing, ["red"], ["green"])
    for person, pupils, uses in ((world.base_lead, 2, 3), (world.class_teacher, 1, 1)):
        went = (await person.get(f"/v1/resources/{thing}/what-works")).json()["went"]
        assert (went["pupils"], went["uses"], went["percent"]) == (pupils, uses, None)
    told_nothing = await world.administrator.get(f"/v1/resources/{thing}/what-works")
    assert told_nothing.json() == {"resource_id": thing, "went": None}, "she buys it, and sees no pupil"
    unused = await ear_defenders(world, 3, name="Putty")
    assert (await world.base_lead.get(f"/v1/resources/{unused}/what-works")).json()["went"] is None
    assert (await world.south_senco.get(f"/v1/resources/{thing}/what-works")).status_code == 404


@pytest.mark.parametrize(
    ("arrived", "known", "expected"),
    [(0, 0, None), (4, 4, None), (0, 5, 0), (5, 5, 100), (1, 8, 13), (2, 3, None), (1, 200, 1), (1, 201, 0)],
)
def test_a_rate_worked_out_by_hand(arrived: int, known: int, expected: int | None) -> None:
    assert percent(arrived, known) == expected


@given(st.integers(5, 5000), st.data())
def test_a_rate_is_the_nearest_whole_number_of_a_hundred(known: int, data: st.DataObject) -> None:
    arrived = data.draw(st.integers(0, known))
    rate = percent(arrived, known)
    assert rate is not None
    assert abs(rate * known - 100 * arrived) * 2 <= known
