"""The guard at the door of every request: a cached token opens nothing once its account, role or sign-in has ended."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from iap_api.access.tables import Account, HeldRole, SignIn
from iap_api.access.tokens import issue
from iap_api.core import clock
from iap_api.core.routes import Routes
from iap_api.main import Unguarded, refuse_unguarded
from tests.world import Person, World

DAY = timedelta(days=1)


async def alter(world: World, table: Any, column: Any, person: Person, **values: Any) -> None:
    async with world.app.state.database.transaction() as session:
        await session.execute(update(table).where(col(column) == person.account.id).values(**values))


async def refused_next(world: World, person: Person) -> None:
    for path in ("/v1/pupils", "/v1/me", f"/v1/pupils/{world.amira}"):
        answer = await person.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert answer.json()["type"] == "/problems/sign-in-needed"
        assert "Okafor" not in answer.text


async def test_a_disabled_account_is_refused_at_the_next_request(world: World) -> None:
    assert (await world.senco.get("/v1/pupils")).status_code == 200
    await alter(world, Account, Account.id, world.senco, disabled_at=clock.now())
    await refused_next(world, world.senco)


async def test_a_sign_in_that_was_ended_is_refused_at_the_next_request(world: World) -> None:
    assert (await world.senco.get("/v1/pupils")).status_code == 200
    await alter(world, SignIn, SignIn.account_id, world.senco, ended_at=clock.now())
    await refused_next(world, world.senco)


async def test_a_sign_in_past_its_end_is_refused_though_the_token_is_not(world: World) -> None:
    assert (await world.senco.get("/v1/pupils")).status_code == 200
    await alter(world, SignIn, SignIn.account_id, world.senco, expires_at=clock.now() - timedelta(seconds=1))
    await refused_next(world, world.senco)


async def test_signing_out_ends_the_sign_in_for_every_token_of_it(world: World) -> None:
    state, senco = world.app.state, world.senco
    assert (await senco.get("/v1/me")).status_code == 200
    claims = state.verifier.verify(senco.token, clock.now().timestamp())
    second = issue(
        state.keys, state.profile, account_id=claims.account_id, sign_in_id=claims.sign_in_id, kind="person",
        now=clock.now().timestamp(),
    )  # fmt: skip
    assert (await senco.post("/v1/auth/sign-out")).status_code == 204
    await refused_next(world, senco)
    await refused_next(world, Person(world.client, second, senco.account))


async def test_a_role_that_ended_yesterday_opens_nothing_and_one_that_ends_today_still_does(world: World) -> None:
    senco = world.senco
    await alter(world, HeldRole, HeldRole.account_id, senco, ends_on=clock.today())
    assert (await senco.get("/v1/pupils")).status_code == 200
    await alter(world, HeldRole, HeldRole.account_id, senco, ends_on=clock.today() - DAY)
    assert (await senco.get("/v1/pupils")).status_code == 403
    assert (await senco.get("/v1/me")).json()["roles"] == []


async def test_a_role_that_starts_tomorrow_opens_nothing_today(world: World) -> None:
    await alter(world, HeldRole, HeldRole.account_id, world.senco, starts_on=clock.today() + DAY)
    assert (await world.senco.get("/v1/pupils")).status_code == 403
    await alter(world, HeldRole, HeldRole.account_id, world.senco, starts_on=clock.today())
    assert (await world.senco.get("/v1/pupils")).status_code == 200


async def test_a_sign_in_of_somebody_else_does_not_carry_an_account(world: World) -> None:
    state = world.app.state
    other = state.verifier.verify(world.headteacher.token, clock.now().timestamp())
    crossed = issue(
        state.keys, state.profile, account_id=world.senco.account.id, sign_in_id=other.sign_in_id, kind="person",
        now=clock.now().timestamp(),
    )  # fmt: skip
    await refused_next(world, Person(world.client, crossed, world.senco.account))


async def test_nobody_is_asked_to_sign_in_before_anything_else_is_said(world: World) -> None:
    for method, path, body in (
        ("GET", f"/v1/pupils/{world.amira}", None),
        ("GET", f"/v1/pupils/{UUID(int=7)}", None),
        ("POST", "/v1/pupils", {"wrong": 1}),
        ("POST", "/v1/pupils/search", {"name": "amira"}),
    ):
        answer = await world.client.request(method, path, json=body)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "errors" not in answer.json()


async def test_a_role_without_the_permission_is_told_so_before_the_body_is_looked_at(world: World) -> None:
    for body in ({}, {"school_id": "7"}):
        answer = await world.governor.post("/v1/pupils", body)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-your-role")


async def test_a_place_that_a_trust_wide_role_reaches_is_any_school_of_that_trust_and_no_partner(world: World) -> None:
    me = (await world.trust_inclusion_lead.get("/v1/me")).json()
    assert set(me["school_ids"]) == {str(world.north), str(world.south)}
    assert set((await world.teaching_assistant.get("/v1/me")).json()["base_ids"]) == {str(world.bubble)}


def test_an_application_with_an_unguarded_route_does_not_start(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    open_door = Routes("/v1/open-door", "open")

    @open_door.get("")
    async def read_open_door() -> None: ...

    monkeypatch.setattr("iap_api.main.CHAPTERS", (open_door,))
    with pytest.raises(Unguarded, match="/v1/open-door has no permission"):
        refuse_unguarded(app)
    monkeypatch.setattr("iap_api.main.CHAPTERS", ())
    with pytest.raises(Unguarded, match="no route"):
        refuse_unguarded(app)


async def test_a_client_that_signed_in_is_known_as_one(world: World) -> None:
    assert (await world.mis.get("/v1/me")).json()["kind"] == "client"
    assert (await world.mis.get("/v1/pupils")).status_code == 200
