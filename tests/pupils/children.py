"""Children as an office meets them: what it types, and what stands in the tables afterwards."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import FormerValue, LedgerEntry
from tests.world import World

NEW_UPN = "Y208254320001"
OTHER_UPN = "M208254320002"
THIRD_UPN = "W208254320017"


def day(days: int) -> str:
    """A day so many days from today, as London counts."""
    return (datetime.now(ZoneInfo("Europe/London")).date() + timedelta(days=days)).isoformat()


def child(school: object, **more: object) -> dict[str, Any]:
    """What the office types for a new child."""
    return {
        "school_id": str(school),
        "given_name": "Zoë",
        "family_name": "Adeyemi",
        "born_on": "2018-02-03",
        "sex": "F",
        "registered_from": day(0),
        **more,
    }


async def former(world: World, resource_id: object) -> list[dict[str, Any]]:
    """The former values kept for a record, oldest first."""
    query = select(FormerValue).where(col(FormerValue.resource_id) == UUID(str(resource_id))).order_by(FormerValue.id)
    async with world.app.state.database.transaction(read_only=True) as session:
        return [json.loads(row.values) for row in (await session.execute(query)).scalars()]


async def entries(world: World, school: UUID, resource: str) -> list[LedgerEntry]:
    """The ledger entries of a school about one kind of thing, oldest first."""
    query = (
        select(LedgerEntry)
        .where(col(LedgerEntry.school_id) == school, col(LedgerEntry.resource) == resource)
        .order_by(col(LedgerEntry.id))
    )
    async with world.app.state.database.transaction(read_only=True) as session:
        return list((await session.execute(query)).scalars())


async def south_office(world: World) -> Any:
    """The office of South Quay."""
    person = world.account("south_office", "office", world.south)
    await world.save()
    return person
