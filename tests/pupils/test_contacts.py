"""Amira has hurt her knee and somebody must be rung: who is tried first, and who no longer."""

import pytest

from tests.pupils.children import day, former
from tests.world import World

NAMES = (("Gran", "FAM", 3), ("Mum", "PAM", 1), ("Dad", "PAF", 2))


async def ring_list(world: World, pupil: object) -> list[str]:
    paths = []
    for name, relationship, priority in NAMES:
        body = {"name": name, "relationship": relationship, "priority": priority, "phone": "020 7946 0000"}
        made = await world.office.post(f"/v1/pupils/{pupil}/contacts", body)
        assert made.status_code == 201, made.text
        paths.append(made.headers["Location"])
    return paths


async def names(world: World, query: str = "") -> list[str]:
    answer = await world.teaching_assistant.get(f"/v1/pupils/{world.amira}/contacts{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


async def test_contacts_come_in_the_order_to_try_them_and_former_ones_last(world: World) -> None:
    _, mum, _ = await ring_list(world, world.amira)
    await ring_list(world, world.ben)
    assert await names(world) == ["Mum", "Dad", "Gran"]
    ended = await world.office.verb(mum, "end", {"ended_on": day(0)})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, day(0))
    assert await names(world) == ["Dad", "Gran", "Mum"]
    assert await names(world, "?relationship=PAM") == ["Mum"]
    assert (await world.office.verb(mum, "end", {"ended_on": day(1)})).status_code == 409
    assert await former(world, mum.rsplit("/", 1)[-1]) == [{"ended_on": None}]


async def test_every_contact_is_on_some_page(world: World) -> None:
    await ring_list(world, world.amira)
    path: str | None = f"/v1/pupils/{world.amira}/contacts?limit=2"
    seen = []
    while path:
        answer = (await world.office.get(path)).json()
        seen += [one["name"] for one in answer["items"]]
        path = answer["next"]
    assert sorted(seen) == ["Dad", "Gran", "Mum"]


async def test_a_number_is_put_right_and_the_old_one_is_kept(world: World) -> None:
    gran, _, _ = await ring_list(world, world.amira)
    changed = await world.office.change(gran, {"phone": "+44 20 7946 0111", "priority": 1})
    assert (changed.json()["phone"], changed.json()["priority"]) == ("+44 20 7946 0111", 1)
    assert (await world.office.change(gran, {"phone": None})).json()["phone"] is None
    kept = await former(world, gran.rsplit("/", 1)[-1])
    assert kept == [{"phone": "020 7946 0000", "priority": 3}, {"phone": "+44 20 7946 0111"}]
    assert (await world.office.change(gran, {"name": None})).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"relationship": "MUM"}, "/relationship"), ({"priority": 0}, "/priority"), ({"phone": "call me"}, "/phone"),
     ({"email": "home"}, "/email"), ({"address": "1 Quay Street"}, "/address"), ({"name": ""}, "/name")],
)  # fmt: skip
async def test_a_slip_in_a_contact_is_named(world: World, wrong: dict[str, object], pointer: str) -> None:
    body = {"name": "Mum", "relationship": "PAM", "priority": 1, **wrong}
    refused = await world.office.post(f"/v1/pupils/{world.amira}/contacts", body)
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_contacts_of_a_child_out_of_reach_are_404(world: World) -> None:
    paths = await ring_list(world, world.mainstream)
    assert (await world.teaching_assistant.get(f"/v1/pupils/{world.mainstream}/contacts")).status_code == 404
    assert (await world.teaching_assistant.get(paths[0])).status_code == 404
    assert (await world.south_senco.get(paths[0])).status_code == 404
    assert (await world.referrer.get(f"/v1/pupils/{world.ben}/contacts")).status_code == 403


async def test_the_same_contact_sent_again_under_its_id_is_one_contact(world: World) -> None:
    path = f"/v1/pupils/{world.amira}/contacts/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    body = {"name": "Mum", "relationship": "PAM", "priority": 1, "parental_responsibility": True}
    sent = [(await world.office.put(path, body)).status_code for _ in range(2)]
    assert sent == [201, 200]
    assert await names(world) == ["Mum"]
