"""A supplier's program: what the administrator gives it, what it can do with that, and how it is shut out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from iap_api.access.guard import guard_of
from iap_api.access.resources import shown_with
from iap_api.access.roles import Role
from iap_api.access.tables import Client, ClientSecret
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.main import routes_of
from tests.access.administration import events, pointers
from tests.access.door import Door
from tests.access.suppliers import fetch, made, signed_in, supplier
from tests.world import World

DAY = timedelta(days=1)


async def alter(world: World, client: dict[str, Any], **values: Any) -> None:
    async with world.app.state.database.transaction() as session:
        row = await session.get_one(Client, UUID(client["id"]))
        for name, value in values.items():
            setattr(row, name, value)


async def test_a_school_takes_on_a_supplier_and_sees_what_it_was_given(world: World, door: Door) -> None:
    admin = world.administrator
    sent = supplier(world, networks=["203.0.113.0/24", "2001:db8::/48", door.address + "/32"])
    answer = await admin.post("/v1/clients", sent, Idempotency_Key="first-of-september")
    assert answer.status_code == 201, answer.text
    mis = answer.json()
    assert len(mis["secret"]) >= 40
    assert (mis["state"], mis["place_ids"], mis["last_used_at"]) == ("live", [str(world.north)], None)
    again = await admin.post("/v1/clients", sent, Idempotency_Key="first-of-september")
    assert (again.status_code, again.json()["id"], again.json()["secret"]) == (200, mis["id"], None)
    assert "secret" not in (await admin.get(f"/v1/clients/{mis['id']}")).json()

    program = await signed_in(door, mis)
    pupils = (await program.get("/v1/pupils")).json()["items"]
    assert {one["given_name"] for one in pupils} == {"Amira", "Ben", "Cara", "Dev", "Mina"}
    assert all("roll" in one and "sen" not in one and "health" not in one for one in pupils)
    assert (await program.get(f"/v1/pupils/{world.southerner}")).status_code == 404
    me = (await program.get("/v1/me")).json()
    assert me["permissions"] == {"pupil_read": "school", "section_roll": "school"}

    read = (await admin.get(f"/v1/clients/{mis['id']}")).json()
    assert read["last_used_at"] is not None
    assert [one["last_used_at"] for one in read["secrets"]] == [read["last_used_at"]]
    listed = (await admin.get("/v1/clients?role=mis&limit=200")).json()["items"]
    assert read["id"] in {one["id"] for one in listed}
    assert "secrets" not in listed[0]
    assert await events(world, mis["id"]) == ["created", "account.signed_in"]


async def test_a_program_may_nothing_that_its_list_does_not_hold_though_its_role_does(world: World, door: Door) -> None:
    mis = await made(world, permissions=["setting_read"])
    program = await signed_in(door, mis)
    assert (await program.get("/v1/schools")).status_code == 200
    for path in ("/v1/pupils", "/v1/staff", f"/v1/pupils/{world.amira}/contacts"):
        assert (await program.get(path)).json()["type"] == "/problems/not-your-role", path
    path = f"/v1/clients/{mis['id']}"
    widened = await world.administrator.change(path, {"permissions": ["pupil_read", "setting_read"]})
    assert widened.json()["permissions"] == ["setting_read", "pupil_read"], "in the order of the table"
    # the very next request, with the token it has
    assert (await program.get("/v1/pupils")).status_code == 200
    assert (await world.administrator.change(path, {"permissions": ["setting_read"]})).status_code == 200
    assert (await program.get("/v1/pupils")).status_code == 403


async def test_a_program_writes_only_what_it_may_also_read(world: World) -> None:
    """Every change is answered with the record, so that writing alone would read past the list."""
    for change in ("pupil_write", "contact_write", "class_write"):
        mis = await made(world, permissions=["pupil_read", "contact_read", "setting_read", change])
        path, read = f"/v1/clients/{mis['id']}", {"class_write": "setting_read"}.get(change, f"{change[:-6]}_read")
        without = [*sorted({"pupil_read", "contact_read", "setting_read"} - {read}), change]
        refused = await world.administrator.change(path, {"permissions": without})
        assert (refused.status_code, pointers(refused)) == (422, ["/permissions/2"]), refused.text
        assert read in refused.json()["errors"][0]["detail"]
        assert (await world.administrator.change(path, {"permissions": [change, read]})).status_code == 200


async def test_whatever_a_program_may_change_it_is_not__alone(world: World, door: Door) -> None:
    pairs = shown_with(world.app.state.resources.values())
    writing = {
        guard.permission
        for route in routes_of(world.app)
        if (guard := guard_of(route.dependant)) and guard.permission and not route.methods <= {"GET"}
        and not getattr(route, "only_reads", False)
        if any(guard.permission.reaches[role] for role in (Role.mis, Role.trust_feed))
    }  # fmt: skip
    assert {one.name for one in writing} == {"pupil_write", "contact_write", "class_write"}
    assert all(pairs[one] for one in writing)


async def test_a_program_is_called_from_its_networks_alone(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    path = f"/v1/clients/{mis['id']}"
    for networks, status in (
        (["203.0.113.0/24", "2001:db8::/48"], 403), ([f"{door.address}/32"], 200), (["198.51.0.0/16"], 200), ([], 200),
    ):  # fmt: skip
        assert (await world.administrator.change(path, {"networks": networks})).status_code == 200
        for asked in ("/v1/pupils", "/v1/me"):
            answer = await program.get(asked)
            assert answer.status_code == status, networks
            assert status == 200 or answer.json()["type"] == "/problems/network-not-allowed"
    await world.administrator.change(path, {"networks": ["2001:db8::/48"]})
    refused = await fetch(door, mis)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    # somebody holds its secret elsewhere: the school can find that
    assert "client.network_refused" in await events(world, mis["id"])
    # whoever only guesses is not told where to call from
    assert (await fetch(door, mis, "guessed")).json() == {"error": "invalid_client"}


async def test_a_secret_is_changed_without_a_gap_and_then_the_older_one_is_dropped(world: World, door: Door) -> None:
    mis = await made(world)
    path = f"/v1/clients/{mis['id']}"
    before = await signed_in(door, mis)
    assert (await world.administrator.verb(path, "drop-secret")).json()["type"] == "/problems/one-secret-live"
    renewed = await world.administrator.verb(path, "renew-secret", {"keep_older_hours": 48})
    assert renewed.status_code == 200, renewed.text
    older, newer = renewed.json()["secrets"]
    assert (older["expires_at"] is not None, newer["expires_at"]) == (True, None)
    third = await world.administrator.verb(path, "renew-secret", {})
    assert third.json()["type"] == "/problems/two-secrets-live"
    # the supplier puts the new one in tonight; until then both are good
    assert (await fetch(door, mis)).status_code == 200
    after = await signed_in(door, mis, renewed.json()["secret"])
    assert (await before.get("/v1/pupils")).status_code == 200
    dropped = await world.administrator.verb(path, "drop-secret")
    assert [one["id"] for one in dropped.json()["secrets"]] == [newer["id"]]
    assert (await before.get("/v1/pupils")).status_code == 401
    assert (await after.get("/v1/pupils")).status_code == 200
    assert (await fetch(door, mis)).json() == {"error": "invalid_client"}
    assert (await events(world, mis["id"]))[-1] == "client.secret_dropped"


async def test_an_older_secret_ends_by_itself_after_its_hours(world: World, door: Door) -> None:
    mis = await made(world)
    renewed = await world.administrator.verb(f"/v1/clients/{mis['id']}", "renew-secret", {"keep_older_hours": 1})
    async with world.app.state.database.transaction() as session:
        older = await session.get_one(ClientSecret, UUID(renewed.json()["secrets"][0]["id"]))
        older.expires_at = clock.now() - timedelta(seconds=1)
    assert (await fetch(door, mis)).status_code == 401
    assert (await fetch(door, mis, renewed.json()["secret"])).status_code == 200
    left = (await world.administrator.get(f"/v1/clients/{mis['id']}")).json()["secrets"]
    assert len(left) == 1


async def test_a_secret_that_was_lost_is_worth_nothing_from_the_next_request_on(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    path = f"/v1/clients/{mis['id']}"
    renewed = await world.administrator.verb(path, "renew-secret", {"keep_older_hours": 0})
    assert len(renewed.json()["secrets"]) == 1
    assert (await program.get("/v1/pupils")).status_code == 401
    assert (await fetch(door, mis)).status_code == 401
    assert (await fetch(door, mis, renewed.json()["secret"])).status_code == 200


async def test_a_revoked_client_is_shut_out_at_once_and_for_good(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    path = f"/v1/clients/{mis['id']}"
    revoked = await world.administrator.verb(path, "revoke")
    assert (revoked.status_code, revoked.json()["state"], revoked.json()["secrets"]) == (200, "revoked", [])
    assert (await program.get("/v1/me")).status_code == 401
    assert (await fetch(door, mis)).json() == {"error": "invalid_client"}
    for verb, body in (("revoke", None), ("renew-secret", {}), ("drop-secret", None)):
        assert (await world.administrator.verb(path, verb, body)).json()["type"] == "/problems/client-revoked", verb
    assert (await world.administrator.change(path, {"networks": []})).status_code == 409
    # nor does switching its account off and on bring it back
    for verb in ("disable", "enable"):
        assert (await world.administrator.verb(f"/v1/accounts/{mis['id']}", verb)).status_code == 200
    assert (await fetch(door, mis)).status_code == 401
    assert "client.revoked" in await events(world, mis["id"])


async def test_revocation_needs_no_ended_sign_in_to_be_felt(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    await alter(world, mis, revoked_at=clock.now())
    assert (await program.get("/v1/me")).status_code == 401


async def test_a_client_works_until_the_end_of_its_last_day(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    await alter(world, mis, ends_on=clock.today())
    assert (await program.get("/v1/pupils")).status_code == 200
    assert (await fetch(door, mis)).status_code == 200
    await alter(world, mis, ends_on=clock.today() - DAY)
    assert (await program.get("/v1/pupils")).status_code == 401
    assert (await fetch(door, mis)).status_code == 401
    path = f"/v1/clients/{mis['id']}"
    assert (await world.administrator.get(path)).json()["state"] == "expired"
    longer = await world.administrator.change(path, {"ends_on": (clock.today() + DAY).isoformat()})
    assert longer.json()["state"] == "live"
    assert (await program.get("/v1/pupils")).status_code == 200


async def test_a_client_is_halted_and_let_go_on_by_its_account(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    assert (await world.administrator.verb(f"/v1/accounts/{mis['id']}", "disable")).status_code == 200
    assert (await world.administrator.get(f"/v1/clients/{mis['id']}")).json()["state"] == "disabled"
    assert (await program.get("/v1/me")).status_code == 401
    assert (await world.administrator.verb(f"/v1/accounts/{mis['id']}", "enable")).status_code == 200
    assert (await fetch(door, mis)).status_code == 200


async def test_a_client_whose_row_is_missing_may_nothing(world: World, door: Door) -> None:
    async with world.app.state.database.transaction() as session:
        await session.delete(await session.get_one(Client, world.mis.account.id))
    assert (await world.mis.get("/v1/me")).status_code == 401


async def test_a_token_used_from_another_network_is_in_the_ledger_whatever_was_asked(world: World, door: Door) -> None:
    mis = await made(world, permissions=["pupil_read", "pupil_write"])
    program = await signed_in(door, mis)
    path = f"/v1/clients/{mis['id']}"
    assert (await world.administrator.change(path, {"networks": ["203.0.113.0/24"]})).status_code == 200
    before = await events(world, mis["id"])
    assert "client.network_refused" not in before
    assert (await program.get("/v1/pupils")).status_code == 403
    assert (await program.patch(f"/v1/pupils/{world.amira}", {}, If_Match="*")).status_code == 403
    assert (await events(world, mis["id"]))[len(before) :] == ["client.network_refused"] * 2


async def test_a_client_works_at_more_schools_by_its_role_and_at_no_other_role(world: World, door: Door) -> None:
    mis = await made(world)
    program = await signed_in(door, mis)
    roles = f"/v1/accounts/{mis['id']}/roles"
    granted = await world.administrator.post(roles, {"role": "mis", "place_id": str(world.south)})
    assert granted.status_code == 201, granted.text
    read = (await world.administrator.get(f"/v1/clients/{mis['id']}")).json()
    assert set(read["place_ids"]) == {str(world.north), str(world.south)}
    assert (await program.get(f"/v1/pupils/{world.southerner}")).status_code == 200
    other = await world.administrator.post(roles, {"role": "trust_feed", "place_id": str(world.trust_id)})
    assert pointers(other) == ["/role"]
    for held in (await world.administrator.get(roles)).json()["items"]:
        assert (await world.administrator.verb(f"/v1/held-roles/{held['id']}", "end", {})).status_code == 200
    assert (await world.administrator.get(f"/v1/clients/{mis['id']}")).json()["place_ids"] == []
    assert (await program.get("/v1/pupils")).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"permissions": ["pupil_read", "review_read"]}, "/permissions/1"),
        ({"permissions": ["account_write"]}, "/permissions/0"),
        ({"permissions": ["pupil_write"]}, "/permissions/0"),
        ({"permissions": ["pupil_read", "contact_write"]}, "/permissions/1"),
        ({"permissions": ["class_write"]}, "/permissions/0"),
        ({"permissions": []}, "/permissions"),
        ({"permissions": ["everything"]}, "/permissions/0"),
        ({"role": "administrator"}, "/role"),
        ({"role": "trust_feed"}, "/place_ids/0"),
        ({"place_ids": []}, "/place_ids"),
        ({"ends_on": "2020-01-01"}, "/ends_on"),
        ({"ends_on": "2199-01-01"}, "/ends_on"),
        ({"networks": ["203.0.113.7/24"]}, "/networks/0"),
        ({"networks": ["203.0.113.0/24", "the office"]}, "/networks/1"),
        ({"secret": "of my own choice"}, "/secret"),
    ],
)
async def test_what_a_client_cannot_be_made_with(world: World, wrong: dict[str, Any], pointer: str) -> None:
    answer = await world.administrator.post("/v1/clients", supplier(world, **wrong))
    assert answer.status_code == 422, answer.text
    assert pointer in pointers(answer)


async def test_a_schools_administrator_lets_a_supplier_into_that_school_alone(world: World) -> None:
    at_north = world.account("north_administrator", "administrator", world.north)
    await world.save()
    beyond = supplier(world, place_id=str(world.north), place_ids=[str(world.north), str(world.south)])
    assert pointers(await at_north.post("/v1/clients", beyond)) == ["/place_ids/1"]
    absent = supplier(world, place_id=str(world.north), place_ids=[str(new_id())])
    assert pointers(await at_north.post("/v1/clients", absent)) == ["/place_ids/0"]
    own = await at_north.post("/v1/clients", supplier(world, place_id=str(world.north)))
    assert own.status_code == 201, own.text
    # the trust's own client works here too: it is seen, with this school's places, and not touched
    of_trust = await made(world, place_ids=[str(world.north), str(world.south)])
    path = f"/v1/clients/{of_trust['id']}"
    assert (await at_north.get(path)).json()["place_ids"] == [str(world.north)]
    for verb, body in (("revoke", None), ("renew-secret", {})):
        assert (await at_north.verb(path, verb, body)).json()["type"] == "/problems/holds-wider-role", verb
    elsewhere = await made(world, place_ids=[str(world.south)])
    assert (await at_north.get(f"/v1/clients/{elsewhere['id']}")).status_code == 404
    for name in ("senco", "headteacher", "office", "mis", "trust_feed"):
        assert (await world.people[name].get("/v1/clients")).status_code == 403, name


async def test_a_user_name_is_taken_once_by_whoever_it_is(world: World) -> None:
    again = supplier(world, username=world.senco.account.username)
    assert (await world.administrator.post("/v1/clients", again)).json()["type"] == "/problems/username-taken"
    mine = f"/v1/clients/{new_id()}"
    sent = supplier(world)
    assert [(await world.administrator.put(mine, sent)).status_code for _ in range(2)] == [201, 200]
    assert (await world.administrator.put(mine, supplier(world))).json()["type"] == "/problems/id-taken"
