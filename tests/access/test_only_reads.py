"""What only reads cannot write: a handler that forgets itself is refused by the database, whatever it means to do."""

import re
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import bindparam, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.tables import Account
from iap_api.core.gate import Gate
from iap_api.core.routes import Routes
from iap_api.core.transactions import Prepared
from tests.world import World

routes = Routes("/v1/forgetful", "forgetful")
_RENAME = Prepared(
    update(Account).where(col(Account.id) == bindparam("whose", type_=col(Account.id).type)).values(name="Prepared")
)


@routes.get("/session")
@routes.post("/session")
@routes.post("/session/search", openapi_extra={"x-only-reads": True})
async def rename_in_session(caller: Annotated[Caller, may(Permission.pupil_read)]) -> Response:
    """Rename the caller as most handlers write."""
    account = await caller.session.get_one(Account, caller.account_id)
    account.name = "Session"
    return Response(None, 204)


@routes.get("/prepared")
@routes.post("/prepared")
@routes.post("/prepared/search", openapi_extra={"x-only-reads": True})
async def rename_by_statement(caller: Annotated[Caller, may(Permission.pupil_read)]) -> Response:
    """Rename the caller as the busy paths write."""
    await caller.rows(_RENAME, {"whose": caller.account_id})
    return Response(None, 204)


async def _the_databases_words(_request: Request, error: Exception) -> Response:
    return Response(str(error), 500)


def forgetful(world: World) -> httpx.AsyncClient:
    """An application with these routes, the real guard and the database of the world."""
    app = FastAPI()
    app.state = world.app.state
    app.include_router(routes)
    app.add_exception_handler(DBAPIError, _the_databases_words)
    transport = httpx.ASGITransport(Gate(app, app.state.settings))
    return httpx.AsyncClient(transport=transport, base_url="http://iap.test")


async def name_of(world: World, account_id: UUID) -> str:
    async with world.app.state.database.transaction(read_only=True) as session:
        return str((await session.get_one(Account, account_id)).name)


@pytest.mark.parametrize("how", ["session", "prepared"])
@pytest.mark.parametrize(("method", "ending"), [("GET", ""), ("POST", "/search")])
async def test_a_request_that_only_reads_cannot_write(world: World, how: str, method: str, ending: str) -> None:
    senco = world.senco
    headers = {"Authorization": f"Bearer {senco.token}"}
    async with forgetful(world) as client:
        refused = await client.request(method, f"/v1/forgetful/{how}{ending}", headers=headers)
        assert refused.status_code == 500
        assert re.search("read-?only", refused.text)
        assert await name_of(world, senco.account.id) == "senco"
        # the next request on the same connections is as good as ever
        assert (await senco.get("/v1/pupils")).status_code == 200
        # and the same handler writes where it may
        assert (await client.post(f"/v1/forgetful/{how}", headers=headers)).status_code == 204
        assert await name_of(world, senco.account.id) == how.capitalize()
