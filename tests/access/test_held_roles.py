"""Roles as the administrator hands them out, and what nobody may hand out."""

import asyncio
from datetime import timedelta
from uuid import UUID

from iap_api.access.tables import HeldRole
from iap_api.core import clock
from iap_api.core.tables import new_id
from tests.access.administration import events, grant, person, pointers
from tests.world import World


async def test_a_role_that_is_ended_is_refused_at_the_next_request(world: World) -> None:
    listed = await world.administrator.get(f"/v1/accounts/{world.base_lead.account.id}/roles")
    held = listed.json()["items"][0]
    assert (held["role"], held["place_id"], held["ends_on"]) == ("base_lead", str(world.bubble), None)
    assert (await world.base_lead.get("/v1/pupils")).status_code == 200
    ended = await world.administrator.verb(f"/v1/held-roles/{held['id']}", "end", {})
    assert ended.status_code == 200, ended.text
    assert ended.json()["ends_on"] == clock.today().isoformat()
    assert ended.json()["ended_by"] == str(world.administrator.account.id)
    assert ended.json()["ended_at"] is not None
    assert (await world.base_lead.get("/v1/pupils")).status_code == 403
    assert (await world.base_lead.get("/v1/me")).json()["roles"] == []
    assert (await world.administrator.verb(f"/v1/held-roles/{held['id']}", "end", {})).status_code == 409
    assert await events(world, held["id"]) == ["role.ended"]
    # it was a mistake: the same role is granted anew
    assert (await grant(world, world.base_lead, "base_lead", world.bubble)).status_code == 201
    assert (await world.base_lead.get("/v1/pupils")).status_code == 200


async def test_a_role_ends_at_the_end_of_term_and_is_held_until_then(world: World) -> None:
    today = clock.today()
    held = (await world.administrator.get(f"/v1/accounts/{world.senco.account.id}/roles")).json()["items"][0]
    path = f"/v1/held-roles/{held['id']}"
    past = await world.administrator.verb(path, "end", {"ends_on": (today - timedelta(days=1)).isoformat()})
    assert pointers(past) == ["/ends_on"]
    planned = await world.administrator.verb(path, "end", {"ends_on": (today + timedelta(days=9)).isoformat()})
    assert (planned.status_code, planned.json()["ended_at"]) == (200, None)
    assert (await world.senco.get("/v1/pupils")).status_code == 200


async def test_a_role_is_held_from_its_first_to_its_last_day(world: World) -> None:
    today, day = clock.today(), timedelta(days=1)
    visitor = world.account("visitor", "governor", world.north)
    await world.save()
    granted = await grant(
        world,
        visitor,
        "senco",
        world.north,
        starts_on=(today + day).isoformat(),
        ends_on=(today + 3 * day).isoformat(),
    )
    assert granted.status_code == 201, granted.text
    assert (await visitor.get("/v1/pupils")).status_code == 403
    for first, last, status in ((-3, -1, 403), (-3, 0, 200), (0, 0, 200)):
        async with world.app.state.database.transaction() as session:
            row = await session.get_one(HeldRole, UUID(granted.json()["id"]))
            row.starts_on, row.ends_on = today + first * day, today + last * day
        assert (await visitor.get("/v1/pupils")).status_code == status, (first, last)
    backwards = await grant(world, visitor, "office", world.north, ends_on=(today - day).isoformat())
    assert pointers(backwards) == ["/ends_on"]


async def test_the_same_role_at_the_same_place_is_held_once(world: World) -> None:
    twin = await grant(world, world.senco, "senco", world.north)
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/role-held-already")
    answers = await asyncio.gather(*(grant(world, world.senco, "office", world.north) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_one_key_grants_one_account_its_role_and_never_another(world: World) -> None:
    sent = {"role": "office", "place_id": str(world.north)}
    path = "/v1/accounts/{}/roles"
    asked = [
        await world.administrator.post(path.format(who.account.id), sent, Idempotency_Key="monday")
        for who in (world.senco, world.senco, world.headteacher)
    ]
    assert [answer.status_code for answer in asked] == [201, 200, 422]
    assert asked[0].json()["id"] == asked[1].json()["id"]
    assert asked[2].json()["type"] == "/problems/key-reused"


async def test_a_role_is_held_where_its_holder_works(world: World) -> None:
    for role, place in (
        ("teaching_assistant", world.north), ("senco", world.trust_id), ("senco", world.bubble),
        ("administrator", world.bubble), ("trust_analyst", world.north), ("governor", world.trust_id),
    ):  # fmt: skip
        assert pointers(await grant(world, world.therapist, role, place)) == ["/place_id"], role
    assert pointers(await grant(world, world.therapist, "mis", world.north)) == ["/role"]
    assert pointers(await grant(world, world.mis, "office", world.north)) == ["/role"]
    assert pointers(await grant(world, world.therapist, "caretaker", world.north)) == ["/role"]


async def test_a_schools_administrator_gives_out_nothing_beyond_the_school(world: World) -> None:
    at_north = world.account("north_administrator", "administrator", world.north)
    await world.save()
    assert (await grant(world, world.senco, "administrator", world.north, by=at_north)).status_code == 201
    assert (await grant(world, world.senco, "base_lead", world.bubble, by=at_north)).status_code == 201
    answers = [
        await grant(world, world.senco, "administrator", place, by=at_north)
        for place in (world.trust_id, world.south, world.partner, new_id())
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({str(answer.json()["errors"]) for answer in answers}) == 1
    assert pointers(await at_north.post("/v1/accounts", person(world, place_id=str(world.south)))) == ["/place_id"]
    assert (await at_north.get(f"/v1/accounts/{world.south_senco.account.id}")).status_code == 404
    assert (await grant(world, world.south_senco, "office", world.north, by=at_north)).status_code == 404
    seen = {one["name"] for one in (await at_north.get("/v1/accounts?limit=200")).json()["items"]}
    assert "teaching_assistant" in seen
    assert not seen & {"south_senco", "administrator", "trust_analyst", "referrer"}


async def test_who_holds_which_role_at_a_place(world: World) -> None:
    listed = await world.data_protection_officer.get(f"/v1/held-roles?place_id={world.bubble}&role=teaching_assistant")
    holders = {one["account_id"] for one in listed.json()["items"]}
    assert holders == {str(world.teaching_assistant.account.id), str(world.second_assistant.account.id)}
    assert (await world.data_protection_officer.post("/v1/accounts", person(world))).status_code == 403
    for name in ("senco", "headteacher", "office", "teaching_assistant", "mis"):
        assert (await world.people[name].get("/v1/accounts")).status_code == 403, name
        assert (await world.people[name].get("/v1/held-roles")).status_code == 403, name
