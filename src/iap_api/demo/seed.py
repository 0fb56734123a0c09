"""Seeds the demo trust once: the same world from the same seed number and day, in one transaction."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from iap_api.access.client_secrets import digest
from iap_api.access.passwords import fits, hashed
from iap_api.access.tables import Account, ClientSecret
from iap_api.core import clock
from iap_api.core.database import Database
from iap_api.core.settings import Settings
from iap_api.demo import bubble, check_ins, children, lockers, meetings, progress, school_years, sessions, timetable
from iap_api.demo.trust import HOME, DemoTrust
from iap_api.profiles.library import definition_of
from iap_api.profiles.tables import Instrument
from iap_api.schools.tables import Trust
from iap_api.shipped import load_into

INSTRUMENT = "bubble-semh"
SIGN_INS = "%@demo.iap.example"
# Their triggers write the presences of people who have to be there first.
LAST = "bookings"


class AnotherTrust(RuntimeError):
    """The database holds a trust that is not the demo's."""


async def seed(settings: Settings, *, today: date | None = None) -> bool:
    """Seed the demo trust into a migrated database; return False, and keep what is there, if it is seeded already.

    Raises `AnotherTrust`, and changes nothing, if the database holds a trust but no sign-in of the demo.
    """
    database = Database(settings)
    password = settings.demo_password.get_secret_value()
    try:
        async with database.transaction() as session:
            await load_into(session)
            if (await session.execute(select(func.count()).select_from(Trust))).scalar_one():
                await _keep(session, password)
                return False
            made, stays = await _made(session, today or clock.today(), password)
            sessions.write_down(made, stays, settings.sealing_keys())
            school_years.publish(made)
            bubble.gather(made, stays)
            await _save(session, made)
        return True
    finally:
        await database.close()


async def _made(session: AsyncSession, today: date, password: str) -> tuple[DemoTrust, list[bubble.Stay]]:
    shipped = select(col(Instrument.id)).where(col(Instrument.key) == INSTRUMENT, col(Instrument.trust_id).is_(None))
    instrument_id = (await session.execute(shipped.order_by(col(Instrument.id).desc()).limit(1))).scalar_one()
    trust = DemoTrust(today, password)
    rolls = children.enrol(trust)
    stays = bubble.place(trust, rolls)
    check_ins.check_in(trust, stays)
    timetable.fill(trust, stays, [pupil.id for pupil in rolls[HOME][3:52:7] if pupil not in [s.pupil for s in stays]])
    lockers.stock(trust, stays)
    progress.observe(trust, stays, instrument_id, await definition_of(session, instrument_id))
    meetings.meet(trust, stays)
    return trust, stays


async def _save(session: AsyncSession, trust: DemoTrust) -> None:
    by_table: dict[str, list[SQLModel]] = {}
    for row in trust.rows:
        by_table.setdefault(str(row.__tablename__), []).append(row)
    # parents first
    order = [table.name for table in SQLModel.metadata.sorted_tables if table.name in by_table and table.name != LAST]
    for name in [*order, LAST]:
        table = SQLModel.metadata.tables[name]
        await session.execute(insert(table), _values(by_table[name], [column.name for column in table.columns]))
    for row, values in trust.changes:
        table = SQLModel.metadata.tables[str(row.__tablename__)]
        await session.execute(update(table).where(table.c.id == row.id).values(values))  # type: ignore[attr-defined]


def _values(rows: Iterable[SQLModel], names: list[str]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


async def _keep(session: AsyncSession, password: str) -> None:
    """Let every sign-in of the demo that still has the demo's password have the one that is wanted now."""
    used = func.count().label("used")
    kept = (
        await session.execute(
            select(col(Account.password_hash), used)
            .where(col(Account.username).like(SIGN_INS))
            .group_by(col(Account.password_hash))
            .order_by(used.desc())
            .limit(1)
        )
    ).one_or_none()
    if kept is None:
        raise AnotherTrust("This database holds a trust that is not the demo's: choose another with IAP_DATABASE_URL.")
    if not await fits(kept[0], password):
        fresh = await hashed(password)
        await session.execute(update(Account).where(col(Account.password_hash) == kept[0]).values(password_hash=fresh))
        # the clients' first secrets; later ones were made by whoever tries the demo
        clients = select(col(Account.id)).where(col(Account.username).like(SIGN_INS), col(Account.kind) == "client")
        any_of_it = aliased(ClientSecret)
        seeded = (
            select(func.min(col(any_of_it.created_at)))
            .where(col(any_of_it.client_id) == ClientSecret.client_id)
            .correlate(ClientSecret)
            .scalar_subquery()
        )
        first = col(ClientSecret.client_id).in_(clients), col(ClientSecret.created_at) == seeded
        await session.execute(update(ClientSecret).where(*first).values(digest=digest(password)))
