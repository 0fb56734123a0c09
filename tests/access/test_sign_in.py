"""Sign-in over HTTP: a teacher at half past eight, a program at night, and whoever tries doors."""

import asyncio
import base64
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import Account, HeldRole, LedgerEntry, SignIn
from tests.access.door import HASH, PASSWORD, Door, jo
from tests.world import World


async def test_a_teacher_signs_in_and_the_answer_is_what_the_standard_says(world: World, door: Door) -> None:
    who = await jo(world)
    answer = await door.password(who.account.username)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["token_type"], shown["expires_in"]) == ("Bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    assert await door.me(shown["access_token"]) == 200
    # capitals and a blank behind the name, as a phone's keyboard makes them
    assert (await door.password(who.account.username.upper() + " ")).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(world: World, door: Door) -> None:
    who = await jo(world)
    disabled = world.account("gone", "office", world.north, password_hash=HASH, disabled_at=datetime.now(UTC))
    await world.save()
    answers = [
        await door.password(who.account.username, "not this one"),
        await door.password("nobody@world.example", "not this one"),
        await door.password(disabled.account.username),
        await door.password(world.senco.account.username, "nobody signs in with this"),
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.content for answer in answers} == {b'{"error":"invalid_grant"}'}
    assert len({str(sorted(answer.headers.keys())) for answer in answers}) == 1


async def test_a_refresh_token_is_changed_for_a_new_one_each_time(world: World, door: Door) -> None:
    who = await jo(world)
    first = (await door.password(who.account.username)).json()
    second = await door.refresh(first["refresh_token"])
    assert second.status_code == 200, second.text
    assert second.json()["refresh_token"] != first["refresh_token"]
    third = await door.refresh(second.json()["refresh_token"])
    assert third.status_code == 200
    assert await door.me(third.json()["access_token"]) == 200


async def test_a_refresh_token_used_twice_ends_the_sign_in_for_both(world: World, door: Door) -> None:
    who = await jo(world)
    mine = (await door.password(who.account.username)).json()
    other = (await door.password(who.account.username)).json()
    stolen = (await door.refresh(mine["refresh_token"])).json()
    assert await door.me(stolen["access_token"]) == 200
    again = await door.refresh(mine["refresh_token"])
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert await door.me(stolen["access_token"]) == 401
    assert await door.me(mine["access_token"]) == 401
    assert (await door.refresh(stolen["refresh_token"])).status_code == 400
    # the same person's other device is left alone
    assert await door.me(other["access_token"]) == 200
    async with world.app.state.database.transaction(read_only=True) as session:
        wanted = select(LedgerEntry.kind).where(col(LedgerEntry.resource_id) == who.account.id)  # type: ignore[call-overload]
        assert "account.refresh_reused" in (await session.execute(wanted)).scalars().all()


async def test_junk_behind_the_id_of_a_sign_in_is_refused_and_ends_nothing(world: World, door: Door) -> None:
    who = await jo(world)
    mine = (await door.password(who.account.username)).json()
    name, _, secret = mine["refresh_token"].partition(".")
    for junk in ("", "x", secret[:-1], secret + "A", secret[:-1] + "!", secret[:-1] + "\u00e9", "a" * 500):
        refused = await door.refresh(f"{name}.{junk}")
        assert (refused.status_code, refused.json()) == (400, {"error": "invalid_grant"}), junk
    assert await door.me(mine["access_token"]) == 200
    assert (await door.refresh(mine["refresh_token"])).status_code == 200


async def test_two_refreshes_at_once_never_both_succeed(world: World, door: Door) -> None:
    who = await jo(world)
    mine = (await door.password(who.account.username)).json()
    answers = await asyncio.gather(*(door.refresh(mine["refresh_token"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_refresh_token_that_is_none_is_refused(world: World, door: Door) -> None:
    who = await jo(world)
    mine = (await door.password(who.account.username)).json()
    for token in (
        "",
        "x",
        "not-an-id.secret",
        "01890a5d-ac96-774b-bcce-b302099a8057.secret",
        "." + "a" * 500,
    ):
        assert (await door.refresh(token)).status_code == 400, token
    async with world.app.state.database.transaction() as session:
        opened = await session.get_one(SignIn, UUID(mine["refresh_token"].partition(".")[0]))
        opened.expires_at = datetime.now(UTC)
    assert (await door.refresh(mine["refresh_token"])).status_code == 400


async def test_signing_out_ends_the_tokens_of_this_sign_in_alone(world: World, door: Door) -> None:
    who = await jo(world)
    phone = (await door.password(who.account.username)).json()
    desktop = (await door.password(who.account.username)).json()
    headers = {"Authorization": f"Bearer {phone['access_token']}"}
    assert (await door.client.post("/v1/auth/sign-out", headers=headers)).status_code == 204
    assert await door.me(phone["access_token"]) == 401
    assert (await door.refresh(phone["refresh_token"])).status_code == 400
    assert await door.me(desktop["access_token"]) == 200
    assert (await door.client.post("/v1/auth/sign-out", headers=headers)).status_code == 401


async def test_a_disabled_account_is_refused_at_its_next_request_and_cannot_refresh(world: World, door: Door) -> None:
    who = await jo(world)
    mine = (await door.password(who.account.username)).json()
    assert await door.me(mine["access_token"]) == 200
    async with world.app.state.database.transaction() as session:
        (await session.get_one(Account, who.account.id)).disabled_at = datetime.now(UTC)
    assert await door.me(mine["access_token"]) == 401
    assert (await door.refresh(mine["refresh_token"])).status_code == 400
    assert (await door.password(who.account.username)).status_code == 400


async def test_an_ended_role_is_refused_at_the_next_request(world: World, door: Door) -> None:
    who = await jo(world)
    token = (await door.password(who.account.username)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await door.client.get("/v1/pupils", headers=headers)).status_code == 200
    async with world.app.state.database.transaction() as session:
        wanted = select(HeldRole).where(col(HeldRole.account_id) == who.account.id)
        held = (await session.execute(wanted)).scalar_one()
        held.ended_at = datetime.now(UTC)
    assert (await door.client.get("/v1/pupils", headers=headers)).status_code == 403


async def test_a_program_signs_in_at_night_with_its_secret(world: World, door: Door) -> None:
    mis = world.account("night+mis", "mis", world.north, "client", secret=PASSWORD)
    await world.save()
    name = mis.account.username
    answers = [
        await door.form(grant_type="client_credentials", client_id=name, client_secret=PASSWORD),
        await door.form(_basic(name, PASSWORD), grant_type="client_credentials"),
        await door.form(_basic(quote(name, safe=""), quote(PASSWORD)), grant_type="client_credentials"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.json()["refresh_token"] for answer in answers} == {None}
    assert await door.me(answers[1].json()["access_token"]) == 200


def _basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


async def test_a_program_with_a_wrong_secret_is_challenged(world: World, door: Door) -> None:
    for headers, fields in (
        (_basic("nobody@world.example", "wrong"), {}),
        ({"Authorization": "Basic !!!"}, {}),
        ({"Authorization": "Basic " + base64.b64encode(b"\xff:x").decode()}, {}),
        ({}, {}),
        ({}, {"client_id": world.mis.account.username, "client_secret": "wrong"}),
    ):
        refused = await door.form(headers, grant_type="client_credentials", **fields)
        assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


async def test_a_person_is_no_program_and_a_program_no_person(world: World, door: Door) -> None:
    who = await jo(world)
    mis = world.account("night", "mis", world.north, "client", secret=PASSWORD)
    await world.save()
    as_program = await door.form(
        grant_type="client_credentials", client_id=who.account.username, client_secret=PASSWORD
    )
    assert as_program.status_code == 401
    assert (await door.password(mis.account.username)).status_code == 400


async def test_a_form_that_is_none_gets_the_standards_own_errors(world: World, door: Door) -> None:
    url = "/v1/auth/token"
    as_json = await door.client.post(url, json={"grant_type": "password"})
    assert (as_json.status_code, as_json.json()["error"]) == (400, "invalid_request")
    for fields, error in (
        ({}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "a@b.example"}, "invalid_request"),
        ({"grant_type": "password", "username": "a@b.example", "password": "x" * 1025}, "invalid_request"),
        ({"grant_type": "password", "username": "a\x00@b.example", "password": "x"}, "invalid_request"),
    ):
        refused = await door.form(**fields)
        assert (refused.status_code, refused.json()["error"]) == (400, error), fields
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for raw in (b"grant_type=password&grant_type=password", b"grant_type=\xff", b"&".join([b"a=1"] * 30)):
        assert (await door.client.post(url, content=raw, headers=form)).status_code == 400
    who = await jo(world)
    unknown = await door.form(grant_type="password", username=who.account.username, password=PASSWORD, resource="x")
    assert unknown.status_code == 200
