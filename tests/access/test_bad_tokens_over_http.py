"""The bad tokens as an attacker sends them: over HTTP every one is refused alike, and nothing tells them apart."""

import time
from typing import Any

import httpx
from sqlalchemy import update
from sqlmodel import col

from iap_api.access.tables import Account, SignIn
from iap_api.core import clock
from tests.access.bad_tokens import bad_tokens, sound_tokens_misused
from tests.counted import count
from tests.world import Person, World

# the door takes no headers of more than 16 KiB, whatever is in them
DOOR_LIMIT = 16 * 1024


async def send(world: World, *authorizations: str, path: str = "/v1/pupils", **more: Any) -> httpx.Response:
    headers = [(b"authorization", value.encode("latin-1")) for value in authorizations]
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    return await world.client.get(path, headers=headers)


def told(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, str]]:
    """The whole refusal but its request id."""
    document = answer.json()
    assert document.pop("request_id") == answer.headers["X-Request-Id"]
    return document, {name: value for name, value in answer.headers.items() if name != "x-request-id"}


def signed_in(world: World, person: Person) -> dict[str, Any]:
    claims = world.app.state.verifier.verify(person.token, clock.now().timestamp())
    return {"account_id": claims.account_id, "sign_in_id": claims.sign_in_id}


async def test_every_bad_token_is_refused_with_the_same_answer_and_quickly(world: World) -> None:
    state, living = world.app.state, signed_in(world, world.senco)
    now = clock.now().timestamp()
    corpus = bad_tokens(state.keys, state.profile, now, **living)
    assert len(corpus) > 100
    refusal = told(await send(world, "Bearer not-a-token"))
    assert refusal[0]["status"] == 401
    assert refusal[1]["www-authenticate"] == 'Bearer error="invalid_token"'
    at_the_door = set()
    for name, authorization in corpus:
        started = time.process_time()
        answer = await send(world, authorization)
        assert time.process_time() - started < 0.5, name
        if answer.status_code == 413:
            at_the_door.add(name)
            assert len(authorization) > DOOR_LIMIT - 200, name
        else:
            assert told(answer) == refusal, name
        count("tokens refused")
    assert len(at_the_door) <= 4
    assert (await world.senco.get("/v1/pupils")).status_code == 200


async def test_a_sound_token_of_one_who_may_not_come_is_refused_like_a_forged_one(world: World) -> None:
    state, now = world.app.state, clock.now().timestamp()
    refusal = told(await send(world, "Bearer not-a-token"))

    def sound(number: str, person: Person) -> str:
        made = sound_tokens_misused(state.keys, state.profile, now, **signed_in(world, person))
        (token,) = [token for name, token in made if name.startswith(number)]
        return f"Bearer {token}"

    revoked, disabled = sound("71", world.senco), sound("72", world.headteacher)
    for before in (revoked, disabled):
        assert (await send(world, before)).status_code == 200
    async with state.database.transaction() as session:
        senco, head = world.senco.account.id, world.headteacher.account.id
        ended = update(SignIn).where(col(SignIn.account_id) == senco).values(ended_at=clock.now())
        await session.execute(ended)
        await session.execute(update(Account).where(col(Account.id) == head).values(disabled_at=clock.now()))
    for token in (revoked, disabled, sound("73", world.base_lead)):
        assert told(await send(world, token)) == refusal


async def test_two_authorization_headers_are_refused_even_when_each_is_good(world: World) -> None:
    good = f"Bearer {world.senco.token}"
    refusal = told(await send(world, "Bearer not-a-token"))
    assert told(await send(world, good, good)) == refusal
    assert told(await send(world, good, "Bearer x")) == refusal
    assert told(await send(world, "Basic eDp5", good)) == refusal
    assert (await send(world, good)).status_code == 200


async def test_a_token_in_the_query_or_a_cookie_opens_nothing(world: World) -> None:
    token = world.senco.token
    for name in ("access_token", "session", "Authorization", "token"):
        answer = await send(world, cookie=f"{name}={token}")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    for name in ("access_token", "token"):
        answer = await send(world, path=f"/v1/pupils?{name}={token}")
        assert answer.status_code in (401, 422)
        assert token not in answer.text
        assert "Okafor" not in answer.text
    form = await world.client.post("/v1/pupils/search", data={"access_token": token, "name": "am"})
    assert form.status_code in (401, 415)
