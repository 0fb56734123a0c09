"""Seeds the demo trust once: the same world from the same seed number, in one transaction."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import SQLModel

from iap_api.access.tables import Place
from iap_api.core import clock
from iap_api.core.database import Database
from iap_api.core.settings import Settings
from iap_api.demo import children, timetable
from iap_api.demo.trust import DemoTrust
from iap_api.schools.tables import Trust
from iap_api.shipped import load_into


async def seed(settings: Settings) -> bool:
    """Seed the demo trust into a migrated database; return False, and change nothing, if there is a trust already."""
    database = Database(settings)
    try:
        async with database.transaction() as session:
            await load_into(session)
            if (await session.execute(select(func.count()).select_from(Trust))).scalar_one():
                return False
            trust = DemoTrust(clock.today(), settings.demo_password.get_secret_value())
            rolls = children.enrol(trust)
            pupils = children.place_in_the_bubble(trust, rolls)
            timetable.fill(trust, pupils)
            # parents first; bookings last, for their triggers write presences of people who have to be there
            order = {table.name: at for at, table in enumerate(SQLModel.metadata.sorted_tables)}
            stages: dict[int, list[Any]] = {}
            for row in trust.rows:
                name = row.__tablename__
                stages.setdefault(len(order) if name == "bookings" else order[name], []).append(row)
            for _, rows in sorted(stages.items()):
                for alone in [rows] if not isinstance(rows[0], Place) else [[row] for row in rows]:
                    session.add_all(alone)
                    await session.flush()
        return True
    finally:
        await database.close()
