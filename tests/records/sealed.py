"""Waits until the ledger's sealer has come round, for tests that read what it has sealed."""

import asyncio

from sqlalchemy import func, select
from sqlmodel import col

from iap_api.access.tables import LedgerEntry
from tests.world import World


async def all_sealed(world: World) -> None:
    """Return once no entry of this world's schools waits to be numbered."""
    chains = [world.north, world.south, world.partner, world.trust_id]
    waiting = (
        select(func.count())
        .select_from(LedgerEntry)
        .where(col(LedgerEntry.school_id).in_(chains), col(LedgerEntry.number).is_(None))
    )
    for _ in range(200):
        async with world.app.state.database.transaction(read_only=True) as session:
            if not (await session.execute(waiting)).scalar_one():
                return
        await asyncio.sleep(0.02)
    raise AssertionError("the sealer does not come round")
