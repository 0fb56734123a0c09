"""Loads what ships with the code into a migrated database: code sets and the own-worded instrument."""

from sqlalchemy.ext.asyncio import AsyncSession

from iap_api.core.database import Database
from iap_api.core.settings import Settings
from iap_api.profiles.library import load_shipped
from iap_api.schools.code_sets import load


async def load_into(session: AsyncSession) -> None:
    """Bring code sets and shipped instruments to what this version holds; doing it again changes nothing."""
    await load(session)
    await load_shipped(session)


async def load_with_owner(settings: Settings) -> None:
    """Do the same in a transaction of its own, as the owner of the database."""
    owner = settings.model_copy(update={"database_url": settings.migration_database_url})
    database = Database(owner)
    try:
        async with database.transaction() as session:
            await load_into(session)
    finally:
        await database.close()
