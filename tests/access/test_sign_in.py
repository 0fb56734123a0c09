"""Sign-in over HTTP: a teacher at half past eight, a program at night, and whoever tries doors."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, select
from sqlmodel import col
from starlette.requests import Request

from iap_api.access import passwords
from iap_api.access.addresses import client_address, counted_as
from iap_api.access.tables import Account, HeldRole, KnownAddress, LedgerEntry, SignIn, Throttle
from iap_api.core.gate import Gate
from tests.world import Person, World

PASSWORD = "three quiet harbours"
HASH = passwords.hashed_now(PASSWORD)
_hosts = count(1)


class Door:
    """The sign-in form, from one address."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        transport = httpx.ASGITransport(
            Gate(world.app, world.app.state.settings), raise_app_exceptions=False, client=(address, 4711)
        )
        self.client = httpx.AsyncClient(transport=transport, base_url="http://iap.test")

    async def form(self, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        return await self.client.post("/v1/auth/token", data=fields, headers=headers)

    async def password(self, username: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.form(named, grant_type="password", username=username, password=password)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.form(grant_type="refresh_token", refresh_token=token)

    async def me(self, token: str) -> int:
        answer = await self.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    """An address that no other test has failed from."""
    made = Door(world, f"198.51.{world.number % 250}.{next(_hosts) % 250}")
    async with made.client:
        yield made


async def jo(world: World, **more: Any) -> Person:
    """Somebody with a password."""
    made = world.account("jo", "office", world.north, password_hash=HASH, **more)
    await world.save()
    return made


def digest(world: World, kind: str, value: str) -> bytes:
    return passwords.digest(world.app.state.digest_key, kind, value)


async def throttle(world: World, key: bytes, **values: Any) -> Throttle | None:
    """Read one count, and set it back or forth in time."""
    async with world.app.state.database.transaction() as session:
        row = await session.get(Throttle, key)
        if row is None and values:
            row = Throttle(digest=key, since=datetime.now(UTC))
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
    return row


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


async def test_an_unknown_name_costs_the_same_work(world: World, door: Door, statements: list[str]) -> None:
    who = await jo(world)
    done = []
    for username in (who.account.username, f"nobody.{world.number}@world.example"):
        statements.clear()
        await door.password(username, "not this one")
        done.append(list(statements))
    assert len(done[0]) > 5
    assert done[0] == done[1]


@pytest.fixture
def statements(world: World) -> Iterator[list[str]]:
    """Every statement that the database is sent meanwhile, but the ledger's own."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # the sealer works beside us
        if "ledger" not in statement and "advisory" not in statement and not statement.startswith("BEGIN"):
            seen.append(statement)

    database = world.app.state.database
    engines = {id(one.sync_engine): one.sync_engine for one in (database.reading, database.writing)}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_five_wrong_passwords_make_an_account_wait_and_the_right_one_waits_too(world: World, door: Door) -> None:
    who = await jo(world)
    for _ in range(5):
        assert (await door.password(who.account.username, "not this one")).status_code == 400
    slowed = await door.password(who.account.username)
    assert (slowed.status_code, slowed.json()["error"]) == (429, "slow_down")
    assert 1 <= int(slowed.headers["Retry-After"]) <= 2
    key = digest(world, "account", who.account.username)
    await throttle(world, key, until=datetime.now(UTC) - timedelta(seconds=1))
    assert (await door.password(who.account.username)).status_code == 200
    # whoever got in starts afresh
    for _ in range(4):
        assert (await door.password(who.account.username, "not this one")).status_code == 400
    assert (await door.password(who.account.username)).status_code == 200


async def test_a_name_that_nobody_has_is_slowed_down_alike(world: World, door: Door) -> None:
    username = f"nobody.{world.number}@world.example"
    for _ in range(5):
        assert (await door.password(username, "not this one")).status_code == 400
    assert (await door.password(username, "not this one")).status_code == 429
    key = digest(world, "account", username)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await throttle(world, key, failures=70, until=past)
    assert (await door.password(username, "not this one")).status_code == 400
    slowed = await door.password(username, "not this one")
    assert slowed.status_code == 429
    assert 890 <= int(slowed.headers["Retry-After"]) <= 900


async def test_of_many_guesses_sent_at_once_no_more_than_five_are_answered(world: World, door: Door) -> None:
    who = await jo(world)
    answers = await asyncio.gather(*(door.password(who.account.username, f"guess number {n}") for n in range(12)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [400] * 5 + [429] * 7


async def test_a_school_behind_one_address_is_slowed_after_a_hundred_failures(world: World, door: Door) -> None:
    who = await jo(world)
    stranger = world.account("new", "office", world.north, password_hash=HASH)
    await world.save()
    assert (await door.password(who.account.username)).status_code == 200
    key = digest(world, "address", door.address)
    await throttle(world, key, failures=99, since=datetime.now(UTC))
    assert (await door.password(f"a.{world.number}@world.example", "not this one")).status_code == 400
    row = await throttle(world, key)
    assert row is not None
    assert row.failures == 100
    slowed = await door.password(stranger.account.username)
    assert slowed.status_code == 429
    assert 590 <= int(slowed.headers["Retry-After"]) <= 600
    # whoever signed in from here lately is let in all the same
    assert (await door.password(who.account.username)).status_code == 200
    async with world.app.state.database.transaction() as session:
        known = await session.get_one(KnownAddress, (who.account.id, key))
        known.last_at = datetime.now(UTC) - timedelta(days=31)
    assert (await door.password(who.account.username)).status_code == 429
    # ten minutes later everybody is
    await throttle(world, key, since=datetime.now(UTC) - timedelta(minutes=10))
    assert (await door.password(stranger.account.username)).status_code == 200
    assert (await door.password(f"b.{world.number}@world.example", "not this one")).status_code == 400
    row = await throttle(world, key)
    assert row is not None
    assert row.failures == 1


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
    mis = world.account("night+mis", "mis", world.north, "client", password_hash=HASH)
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
    mis = world.account("night", "mis", world.north, "client", password_hash=HASH)
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


async def test_a_forwarded_address_is_believed_from_a_trusted_proxy_alone(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.number % 250
    claimed = f"203.0.113.{number}"
    username = f"x.{world.number}@world.example"
    await door.password(username, "not this one", X_Forwarded_For=claimed)
    assert await throttle(world, digest(world, "address", claimed)) is None
    assert (await throttle(world, digest(world, "address", door.address))) is not None
    monkeypatch.setattr(world.app.state.settings, "trusted_proxies", ["198.51.0.0/16"])
    await door.password(username, "not this one", X_Forwarded_For=f"192.0.2.1, {claimed}")
    row = await throttle(world, digest(world, "address", claimed))
    assert row is not None
    assert row.failures == 1
    assert await throttle(world, digest(world, "address", "192.0.2.1")) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["192.0.2.1"], "203.0.113.9"),
        ("10.0.0.7", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", ["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.7", ["6.6.6.6", "192.0.2.1, 10.0.0.8"], "192.0.2.1"),
        ("10.0.0.7", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.0.0.7", ["192.0.2.1, rubbish"], "10.0.0.7"),
        ("10.0.0.7", ["192.0.2.1:50312"], "192.0.2.1"),
        ("10.0.0.7", ["[2001:db8::5]:50312"], "2001:db8::5"),
        ("::ffff:10.0.0.7", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("testclient", ["192.0.2.1"], "testclient"),
    ],
)
def test_which_hop_is_the_client(peer: str, forwarded: list[str], believed: str) -> None:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_address(request, ["10.0.0.0/8"]) == believed


def test_a_whole_ipv6_network_counts_as_one_address() -> None:
    assert counted_as("2001:db8:1:2:3:4:5:6") == counted_as("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert counted_as("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert counted_as("192.0.2.1") == "192.0.2.1"
    assert counted_as("unknown") == "unknown"
