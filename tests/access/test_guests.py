"""The code of an invitation at the door: good until used, withdrawn or run out, and no use to whoever guesses."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from iap_api.access.guests import GRANT, digest_of, new_code
from iap_api.access.tables import Guest
from iap_api.access.tokens import issue
from iap_api.core import clock
from tests.access.administration import events
from tests.access.door import Door, digest, throttle
from tests.core.heard import heard
from tests.reviews.inviting import alter, invite, redeem
from tests.reviews.meetings import due
from tests.world import Person, World

Spoil = Callable[[World, dict[str, Any]], Any]


async def knock(door: Door, code: str) -> httpx.Response:
    return await door.form(grant_type=GRANT, invitation_code=code)


async def invitation(world: World) -> dict[str, Any]:
    return await invite(world.senco, await due(world, world.amira))


def told(answer: httpx.Response) -> tuple[int, str, list[str]]:
    return answer.status_code, answer.text, sorted(set(answer.headers) - {"date"})


async def test_a_code_opens_a_token_for_a_guest_and_no_refresh_token(world: World, door: Door) -> None:
    made = await invitation(world)
    answer = await knock(door, made["code"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["scope"], given["refresh_token"]) == ("Bearer", "guest", None)
    state = world.app.state
    token = state.verifier.verify(given["access_token"], clock.now().timestamp())
    assert (str(token.account_id), token.kind, token.scope) == (made["id"], "guest", "guest")
    assert given["expires_in"] == state.profile.lifetime_seconds
    # a phone that lost the page opens the link again: until it is used, the code is good
    assert (await knock(door, made["code"])).status_code == 200
    assert (await events(world, made["id"])).count("invitation.opened") == 2


async def test_the_code_is_kept_nowhere(world: World) -> None:
    made = await invitation(world)
    async with world.app.state.database.transaction(read_only=True) as session:
        row = await session.get_one(Guest, world.parent_carer.account.id)
        hers = await session.get_one(Guest, type(row.id)(made["id"]))
    assert hers.code_digest == digest_of(made["code"])
    assert made["code"] not in repr(hers)


def test_a_code_has_128_random_bits_and_more_and_is_never_the_same() -> None:
    codes = {new_code()[0] for _ in range(1000)}
    assert len(codes) == 1000
    # each character of base64url holds six bits
    assert {len(code) * 6 for code in codes} == {192}


async def _use(world: World, made: dict[str, Any]) -> None:
    await alter(world, made["id"], used_at=datetime.now(UTC))


async def _withdraw(world: World, made: dict[str, Any]) -> None:
    assert (await world.senco.verb(f"/v1/invitations/{made['id']}", "withdraw")).status_code == 200


async def _run_out(world: World, made: dict[str, Any]) -> None:
    await alter(world, made["id"], expires_at=datetime.now(UTC) - timedelta(seconds=1))


@contextmanager
def _only_here() -> Iterator[list[str]]:
    """The statements of this task: the sealer works beside it, in one of its own."""
    said: list[str] = []
    me = asyncio.current_task()
    with heard(lambda text: said.append(text) if asyncio.current_task() is me else None):
        yield said


@pytest.mark.parametrize("spoil", [_use, _withdraw, _run_out])
async def test_a_code_that_is_over_is_told_like_one_that_never_was_after_the_same_work(
    world: World, door: Door, spoil: Spoil
) -> None:
    made = await invitation(world)
    await spoil(world, made)
    await knock(door, "the-first-one-makes-the-count-of-this-address")
    done, answers = [], []
    for code in ("a-code-that-nobody-was-ever-given", made["code"]):
        with _only_here() as said:
            answers.append(told(await knock(door, code)))
        done.append(said)
    assert answers[0] == answers[1]
    assert answers[0][:2] == (400, '{"error":"invalid_grant"}')
    assert len(done[0]) >= 4
    assert done[0] == done[1]
    assert (await events(world, made["id"]))[-1] == "invitation.refused"


async def test_an_invitation_runs_out_by_the_clock_under_a_token_that_does_not(world: World, door: Door) -> None:
    made = await invitation(world)
    token = (await knock(door, made["code"])).json()["access_token"]
    mother = Person(world.client, token, world.senco.account)
    assert (await mother.get("/v1/invitation")).status_code == 200
    await _run_out(world, made)
    assert (await mother.get("/v1/invitation")).status_code == 401
    assert (await mother.get("/v1/me")).status_code == 401


async def test_a_guesser_waits_after_a_hundred_codes_and_nobody_else_does(world: World, door: Door) -> None:
    made = await invitation(world)
    assert (await knock(door, "guess")).status_code == 400
    key = digest(world, "guesser", door.address)
    row = await throttle(world, key, failures=98)
    assert row is not None
    answers = await asyncio.gather(*(knock(door, f"guess number {n}") for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [400, 400, 429, 429, 429, 429]
    slowed = await knock(door, made["code"])
    assert (slowed.status_code, slowed.json()["error"]) == (429, "slow_down")
    assert 590 <= int(slowed.headers["Retry-After"]) <= 600
    # passwords from there are counted apart, and so are codes from elsewhere
    assert (await door.password(f"nobody.{world.number}@world.example")).status_code == 400
    assert (await redeem(world.client, made["code"])).status_code == 200
    # ten minutes later the count begins anew
    await throttle(world, key, since=datetime.now(UTC) - timedelta(minutes=10))
    assert (await knock(door, made["code"])).status_code == 200
    row = await throttle(world, key)
    assert row is not None
    assert row.failures == 0


async def test_a_good_code_counts_as_no_guess(world: World, door: Door) -> None:
    made = await invitation(world)
    for _ in range(3):
        assert (await knock(door, made["code"])).status_code == 200
    row = await throttle(world, digest(world, "guesser", door.address))
    assert row is not None
    assert row.failures == 0


@pytest.mark.parametrize("code", ["", " ", "\U0001f9f8", "x" * 1024, "' OR 1=1 --", "%00"])
async def test_a_code_that_is_none_is_refused_in_the_words_of_oauth(door: Door, code: str) -> None:
    answer = await knock(door, code)
    assert answer.status_code == 400
    assert answer.json()["error"] == ("invalid_grant" if code else "invalid_request")
    assert set(answer.json()) <= {"error", "error_description"}


async def test_a_token_of_one_kind_opens_no_other_door(world: World) -> None:
    state, guest = world.app.state, world.parent_carer
    mine = state.verifier.verify(guest.token, clock.now().timestamp())
    theirs = state.verifier.verify(world.senco.token, clock.now().timestamp())
    for kind, scope, one in (("person", "api", mine), ("client", "api", mine), ("guest", "guest", theirs)):
        token = issue(
            state.keys, state.profile, account_id=one.account_id, sign_in_id=one.sign_in_id, kind=kind, scope=scope,
            now=clock.now().timestamp(),
        )  # fmt: skip
        crossed = Person(world.client, token, guest.account)
        for path in ("/v1/me", "/v1/invitation", "/v1/pupils"):
            assert (await crossed.get(path)).status_code == 401, (kind, path)
    assert (await guest.get("/v1/invitation")).status_code == 200


async def test_no_account_can_be_given_a_guests_role(world: World) -> None:
    for role in ("parent_carer", "pupil", "outside_professional"):
        body = {"role": role, "place_id": str(world.north)}
        answer = await world.administrator.post(f"/v1/accounts/{world.governor.account.id}/roles", body)
        assert answer.status_code == 422, role


async def test_a_guest_has_no_password_to_change(world: World) -> None:
    body = {"current_password": "three quiet harbours", "new_password": "four louder harbours"}
    answer = await world.parent_carer.post("/v1/me/password", body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-your-role")
