"""Accounts as the administrator opens, disables and unlocks them, and what nobody may take over."""

from uuid import uuid4

from httpx import Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import Account, FormerValue, HeldRole
from iap_api.core import clock
from iap_api.core.tables import new_id
from tests.access.administration import events, grant, person, pointers
from tests.world import LONG_AGO, Person, World

PASSWORD = "three quiet harbours"


async def sign_in(world: World, username: str, password: str) -> Response:
    form = {"grant_type": "password", "username": username, "password": password}
    return await world.client.post("/v1/auth/token", data=form)


async def test_a_colleague_gets_an_account_a_role_and_starts_work(world: World) -> None:
    sent = person(world, password=PASSWORD)
    made = await world.administrator.post("/v1/accounts", sent)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert PASSWORD not in made.text
    assert shown == {
        "id": shown["id"], "version": 1, "kind": "person", "username": sent["username"], "name": "Jo Marsh",
        "place_id": str(world.north), "has_password": True, "disabled_at": None,
        "created_at": shown["created_at"],
    }  # fmt: skip
    granted = await world.administrator.post(
        f"/v1/accounts/{shown['id']}/roles", {"role": "teaching_assistant", "place_id": str(world.bubble)}
    )
    assert granted.status_code == 201, granted.text
    assert granted.json()["starts_on"] == clock.today().isoformat()
    assert granted.json()["granted_by"] == str(world.administrator.account.id)
    answer = await sign_in(world, sent["username"], PASSWORD)
    assert answer.status_code == 200, answer.text
    jo = Person(world.client, answer.json()["access_token"], Account(username="", name="", place_id=world.north))
    seen = (await jo.get("/v1/pupils")).json()["items"]
    assert {one["given_name"] for one in seen} == {"Amira", "Ben", "Cara", "Dev"}
    assert await events(world, shown["id"]) == ["created", "account.signed_in"]
    assert await events(world, granted.json()["id"]) == ["role.granted"]


async def test_upper_and_lower_case_are_one_user_name(world: World) -> None:
    sent = person(world)
    shouted = await world.administrator.post("/v1/accounts", {**sent, "username": sent["username"].upper()})
    assert shouted.json()["username"] == sent["username"]
    twin = await world.administrator.post("/v1/accounts", sent)
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/username-taken")
    found = await world.administrator.post("/v1/accounts/search", {"username": sent["username"].upper()})
    assert found.status_code == 200, found.text
    assert [one["id"] for one in found.json()["items"]] == [shouted.json()["id"]]
    for wrong in ("jo", "jo@marsh", "jo marsh@world.example", "@world.example", "jo@@world.example"):
        assert pointers(await world.administrator.post("/v1/accounts", person(world, username=wrong))) == ["/username"]


async def test_a_user_name_is_looked_for_within_reach_and_never_in_an_address(world: World) -> None:
    at_north = world.account("north_administrator", "administrator", world.north)
    await world.save()
    here, there = world.senco.account, world.south_senco.account
    for who, account, expected in (
        (at_north, here, [str(here.id)]),
        (at_north, there, []),
        (world.administrator, there, [str(there.id)]),
        (world.data_protection_officer, here, [str(here.id)]),
    ):
        found = await who.post("/v1/accounts/search", {"username": account.username})
        assert [one["id"] for one in found.json()["items"]] == expected
    part = await world.administrator.post("/v1/accounts/search", {"username": here.username[:-1]})
    assert part.json() == {"items": [], "next": None}
    assert (await world.senco.post("/v1/accounts/search", {"username": here.username})).status_code == 403
    assert (await world.administrator.get(f"/v1/accounts?username={here.username}")).status_code == 422


async def test_an_account_that_was_sent_twice_is_there_once(world: World) -> None:
    sent, chosen = person(world, password=PASSWORD), new_id()
    first = await world.administrator.put(f"/v1/accounts/{chosen}", sent)
    again = await world.administrator.put(f"/v1/accounts/{chosen}", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert (await world.administrator.put(f"/v1/accounts/{chosen}", person(world))).status_code == 409


async def test_passwords_are_long_and_not_the_first_that_a_guesser_tries(world: World) -> None:
    username = f"jo.marsh.{uuid4().hex[:8]}@world.example"
    for weak in (
        "elevenchars",
        "Password1234",
        "aaaaaaaaaaaaaaaa",
        f"my {username}!",
        "1234567890ab",
        "demo-bubble-2026",
    ):
        refused = await world.administrator.post("/v1/accounts", person(world, username=username, password=weak))
        assert pointers(refused) == ["/password"], weak
        assert weak not in refused.text
    # no rules of composition: twelve plain letters will do
    plain = person(world, username=username, password="moltenpigeon")
    assert (await world.administrator.post("/v1/accounts", plain)).status_code == 201


async def test_blanks_at_the_ends_of_a_password_belong_to_it(world: World) -> None:
    sent = person(world, password="  two blanks each side  ")
    assert (await world.administrator.post("/v1/accounts", sent)).status_code == 201
    assert (await sign_in(world, sent["username"], "  two blanks each side  ")).status_code == 200
    assert (await sign_in(world, sent["username"], "two blanks each side")).status_code == 400


async def test_an_accent_typed_on_another_device_is_the_same_password(world: World) -> None:
    sent = person(world, password="caf\u00e9 in the harbour")
    assert (await world.administrator.post("/v1/accounts", sent)).status_code == 201
    assert (await sign_in(world, sent["username"], "cafe\u0301 in the harbour")).status_code == 200


async def test_an_account_without_a_password_cannot_sign_in_yet(world: World) -> None:
    made = await world.administrator.post("/v1/accounts", person(world))
    assert made.json()["has_password"] is False
    assert (await sign_in(world, made.json()["username"], "nobody signs in with this")).status_code == 400


async def test_a_program_is_no_account_to_open_and_gets_no_password(world: World) -> None:
    assert pointers(await world.administrator.post("/v1/accounts", person(world, kind="client"))) == ["/kind"]
    path = f"/v1/accounts/{world.mis.account.id}"
    assert (await world.administrator.verb(path, "set-password", {"password": PASSWORD})).status_code == 409


async def test_a_disabled_account_is_refused_at_its_next_request_and_its_old_token_stays_dead(
    world: World,
) -> None:
    ta, path = world.teaching_assistant, f"/v1/accounts/{world.teaching_assistant.account.id}"
    assert (await ta.get("/v1/me")).status_code == 200
    disabled = await world.administrator.verb(path, "disable")
    assert disabled.status_code == 200, disabled.text
    assert disabled.json()["disabled_at"] is not None
    assert (await ta.get("/v1/me")).status_code == 401
    assert (await world.administrator.verb(path, "disable")).status_code == 409
    enabled = await world.administrator.verb(path, "enable")
    assert (enabled.status_code, enabled.json()["disabled_at"]) == (200, None)
    assert (await ta.get("/v1/me")).status_code == 401
    assert (await world.administrator.verb(path, "enable")).status_code == 409
    assert await events(world, ta.account.id) == ["account.disabled", "account.enabled"]


async def test_a_password_set_by_the_administrator_ends_every_sign_in_and_leaves_no_former_hash(
    world: World,
) -> None:
    ta, path = world.teaching_assistant, f"/v1/accounts/{world.teaching_assistant.account.id}"
    done = await world.administrator.verb(path, "set-password", {"password": PASSWORD})
    assert (done.status_code, done.json()["has_password"], done.json()["version"]) == (200, True, 2)
    assert (await ta.get("/v1/me")).status_code == 401
    assert (await sign_in(world, ta.account.username, PASSWORD)).status_code == 200
    weak = await world.administrator.verb(path, "set-password", {"password": "short"})
    assert pointers(weak) == ["/password"]
    async with world.app.state.database.transaction(read_only=True) as session:
        kept = select(FormerValue).where(col(FormerValue.resource_id) == ta.account.id)
        assert (await session.execute(kept)).first() is None
    assert (await events(world, ta.account.id))[0] == "account.password_set"


async def test_a_name_is_changed_and_nothing_else(world: World) -> None:
    path = f"/v1/accounts/{world.senco.account.id}"
    changed = await world.administrator.change(path, {"name": "Sam Reed"})
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "Sam Reed", 2)
    for member in (
        {"username": "x@world.example"},
        {"password": PASSWORD},
        {"kind": "client"},
        {"name": None},
    ):
        assert (await world.administrator.change(path, member)).status_code == 422, member
    assert (await world.senco.get("/v1/me")).json()["name"] == "Sam Reed"


async def test_nobody_takes_over_an_account_that_reaches_further(world: World) -> None:
    at_north = world.account("north_administrator", "administrator", world.north)
    # somebody of the school who is the trust's administrator as well
    wider = world.account("both", "office", world.north)
    world.add(HeldRole(account_id=wider.account.id, role="administrator", place_id=world.trust_id, starts_on=LONG_AGO))
    await world.save()
    path = f"/v1/accounts/{wider.account.id}"
    for verb, body in (("set-password", {"password": PASSWORD}), ("disable", None)):
        refused = await at_north.verb(path, verb, body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/holds-wider-role"), verb
    shown = (await at_north.get(f"{path}/roles")).json()["items"]
    assert [one["role"] for one in shown] == ["office"]
    # the trust's own administrator may
    assert (await world.administrator.verb(path, "set-password", {"password": PASSWORD})).status_code == 200


async def test_nobody_gives_themself_anything(world: World) -> None:
    me = world.administrator
    path = f"/v1/accounts/{me.account.id}"
    refused = await grant(world, me, "senco", world.north)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/own-account")
    assert (await me.verb(path, "disable")).json()["type"] == "/problems/own-account"
    assert (await me.verb(path, "set-password", {"password": PASSWORD})).json()["type"] == "/problems/own-account"
    mine = (await me.get(f"{path}/roles")).json()["items"][0]["id"]
    assert (await me.verb(f"/v1/held-roles/{mine}", "end", {})).json()["type"] == "/problems/own-account"
    assert (await me.change(path, {"name": "Ada Quill"})).status_code == 200


async def test_a_change_from_an_old_screen_is_refused(world: World) -> None:
    path = f"/v1/accounts/{world.senco.account.id}"
    assert (await world.administrator.change(path, {"name": "Sam Reed"})).status_code == 200
    assert (await world.administrator.post(f"{path}/disable", None, If_Match='"1.0"')).status_code == 412
    assert (await world.administrator.post(f"{path}/disable")).status_code == 428
    # whoever says that any version will do is taken at their word, though not about what is not there
    assert (await world.administrator.patch(path, {"name": "Sam Rede"}, If_Match="*")).status_code == 200
    absent = await world.administrator.patch(f"/v1/accounts/{new_id()}", {"name": "Nobody"}, If_Match="*")
    assert absent.status_code == 404
    assert (await world.senco.get("/v1/me")).status_code == 200
