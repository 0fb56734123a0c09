"""The SENCO gives a place in The Bubble: one base at a time, from a day and until a day."""

import asyncio
from typing import Any

import pytest

from tests.pupils.children import day, former
from tests.world import World


def place(world: World, pupil: object, **more: object) -> dict[str, Any]:
    return {"base_id": str(world.bubble), "pupil_id": str(pupil), "from_on": day(0), **more}


async def test_mina_comes_to_the_bubble_in_the_morning_and_the_assistant_sees_her(world: World) -> None:
    mina = f"/v1/pupils/{world.mainstream}"
    assert (await world.teaching_assistant.get(mina)).status_code == 404
    body = place(
        world, world.mainstream, sessions_per_week=4, key_adult_staff_id=str(world.staff["teaching_assistant"])
    )
    made = await world.senco.post("/v1/placements", body)
    assert made.status_code == 201, made.text
    seen = await world.teaching_assistant.get(mina)
    assert (seen.status_code, seen.json()["base_id"]) == (200, str(world.bubble))
    changed = await world.senco.change(made.headers["Location"], {"sessions_per_week": 6, "key_adult_staff_id": None})
    assert (changed.json()["sessions_per_week"], changed.json()["key_adult_staff_id"]) == (6, None)
    assert await former(world, made.json()["id"]) == [
        {"sessions_per_week": 4, "key_adult_staff_id": str(world.staff["teaching_assistant"])}
    ]
    assert (await world.senco.change(made.headers["Location"], {"sessions_per_week": None})).status_code == 422


async def test_five_requests_for_one_child_at_once_make_exactly_one_placement(world: World) -> None:
    answers = await asyncio.gather(
        *(world.senco.post("/v1/placements", place(world, world.mainstream)) for _ in range(5))
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]
    assert {one.json()["type"] for one in answers if one.status_code == 409} == {"/problems/already-placed"}


async def test_a_placement_whose_end_is_still_to_come_counts_until_then(world: World) -> None:
    held = (await world.senco.get(f"/v1/placements?pupil_id={world.amira}")).json()["items"][0]["id"]
    path = f"/v1/placements/{held}"
    assert (await world.senco.verb(path, "end", {"until_on": day(10)})).status_code == 200
    refused = await world.senco.post("/v1/placements", place(world, world.amira, from_on=day(9)))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/already-placed")
    assert (await world.senco.post("/v1/placements", place(world, world.amira, from_on=day(10)))).status_code == 201
    # an end is brought forward, not put off
    assert (await world.senco.verb(path, "end", {"until_on": day(12)})).status_code == 409
    assert (await world.senco.verb(path, "end", {"until_on": day(5)})).json()["until_on"] == day(5)


async def test_the_assistant_sees_a_child_to_the_last_day_and_not_the_day_after(world: World) -> None:
    for pupil, last_day, status in ((world.amira, day(0), 200), (world.ben, day(-1), 404)):
        held = (await world.senco.get(f"/v1/placements?pupil_id={pupil}")).json()["items"][0]["id"]
        assert (await world.senco.verb(f"/v1/placements/{held}", "end", {"until_on": last_day})).status_code == 200
        assert (await world.teaching_assistant.get(f"/v1/pupils/{pupil}")).status_code == status
    current = (await world.senco.get(f"/v1/placements?base_id={world.bubble}&current=true")).json()["items"]
    assert {one["pupil_id"] for one in current} == {str(one) for one in (world.amira, world.cara, world.dev)}
    over = (await world.senco.get(f"/v1/placements?base_id={world.bubble}&current=false")).json()["items"]
    assert [one["pupil_id"] for one in over] == [str(world.ben)]


async def test_a_place_for_next_term_opens_nothing_yet_and_can_be_called_off(world: World) -> None:
    made = await world.senco.post("/v1/placements", place(world, world.mainstream, from_on=day(30)))
    path = made.headers["Location"]
    assert (await world.teaching_assistant.get(f"/v1/pupils/{world.mainstream}")).status_code == 404
    assert (await world.senco.verb(path, "end", {"until_on": day(-1)})).status_code == 200
    assert (await world.senco.post("/v1/placements", place(world, world.mainstream))).status_code == 201


async def test_a_last_day_before_the_first_is_422_once_it_has_begun(world: World) -> None:
    held = (await world.senco.get(f"/v1/placements?pupil_id={world.amira}")).json()["items"][0]["id"]
    refused = await world.senco.verb(f"/v1/placements/{held}", "end", {"until_on": "2025-08-31"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/until_on")


async def test_bases_and_children_out_of_reach_are_422_like_none_at_all(world: World) -> None:
    absent = "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"
    for member, ids in (("base_id", (world.harbour, absent)), ("pupil_id", (world.southerner, absent))):
        answers = [
            await world.senco.post("/v1/placements", place(world, world.mainstream, **{member: str(one)}))
            for one in ids
        ]
        assert {one.status_code for one in answers} == {422}
        assert len({str(one.json()["errors"]) for one in answers}) == 1
        assert answers[0].json()["errors"][0]["pointer"] == f"/{member}"


async def test_a_child_is_placed_only_where_they_are_registered(world: World) -> None:
    both = world.account("senco_of_two", "senco", world.trust_id)
    await world.save()
    held = (await both.get(f"/v1/placements?pupil_id={world.southerner}")).json()["items"][0]["id"]
    assert (await both.verb(f"/v1/placements/{held}", "end", {"until_on": day(-1)})).status_code == 200
    refused = await both.post("/v1/placements", place(world, world.southerner))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/pupil_id")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"sessions_per_week": 11}, "/sessions_per_week"), ({"sessions_per_week": True}, "/sessions_per_week"),
     ({"expected_until_on": day(-1)}, "/expected_until_on"), ({"until_on": day(9)}, "/until_on")],
)  # fmt: skip
async def test_a_placement_that_makes_no_sense_is_422(world: World, wrong: dict[str, object], pointer: str) -> None:
    refused = await world.senco.post("/v1/placements", place(world, world.mainstream, **wrong))
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_a_key_adult_of_another_school_is_422(world: World) -> None:
    stranger = world.works_at("south_senco", world.south)
    await world.save()
    body = place(world, world.mainstream, key_adult_staff_id=str(stranger))
    assert (await world.senco.post("/v1/placements", body)).status_code == 422


@pytest.mark.parametrize("role", ["teaching_assistant", "base_lead", "class_teacher", "office", "headteacher"])
async def test_who_comes_and_who_leaves_is_the_sencos(world: World, role: str) -> None:
    refused = await world.people[role].post("/v1/placements", place(world, world.mainstream))
    assert refused.status_code == 403


async def test_the_same_placement_sent_again_under_its_id_is_one_placement(world: World) -> None:
    path = "/v1/placements/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    sent = [(await world.senco.put(path, place(world, world.mainstream))).status_code for _ in range(2)]
    assert sent == [201, 200]
