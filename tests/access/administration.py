"""What an administrator does with accounts, and what the ledger says of it, for the tests of accounts and roles."""

from typing import Any
from uuid import UUID, uuid4

from httpx import Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import LedgerEntry
from tests.world import Person, World


def person(world: World, **more: Any) -> dict[str, Any]:
    """A new colleague, as the administrator types them in on the first of September."""
    username = f"jo.marsh.{uuid4().hex[:8]}@world.example"
    return {"username": username, "name": "Jo Marsh", "place_id": str(world.north), **more}


async def events(world: World, resource_id: object) -> list[str]:
    """What the ledger says happened to one record, in order."""
    wanted = select(LedgerEntry).where(col(LedgerEntry.resource_id) == UUID(str(resource_id)))
    async with world.app.state.database.transaction(read_only=True) as session:
        rows = (await session.execute(wanted.order_by(col(LedgerEntry.id)))).scalars().all()
    return [row.kind for row in rows]


def pointers(answer: Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def grant(world: World, who: Person, role: str, place: object, by: Person | None = None, **more: Any) -> Response:
    sent = {"role": role, "place_id": str(place), **more}
    return await (by or world.administrator).post(f"/v1/accounts/{who.account.id}/roles", sent)
