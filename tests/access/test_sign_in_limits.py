"""What slows a guesser down, and whom it never slows: counted by user name and by address."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from starlette.requests import Request

from iap_api.access.addresses import client_address, counted_as
from iap_api.access.tables import KnownAddress
from tests.access.door import HASH, Door, digest, jo, throttle
from tests.world import World


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
