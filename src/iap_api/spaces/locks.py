"""The order in which whatever touches several bookings locks them: bookings, spaces, pupils, adults (docs/adr)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.pupils.tables import Pupil
from iap_api.schools.tables import Staff
from iap_api.spaces.tables import Booking, BookingTaking, Space


def innermost_first(wanted: Collection[UUID]) -> Select[Any]:
    """Return the statement that locks bookings, those taken from after those that take from them."""
    takes = select(func.count()).where(col(BookingTaking.inner_id) == Booking.id).correlate(Booking).scalar_subquery()
    return (
        select(Booking)
        .where(col(Booking.id).in_(wanted))
        .order_by(takes.desc(), col(Booking.id))
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    )


async def hold_spaces(session: AsyncSession, wanted: Collection[UUID]) -> None:
    """Lock spaces by id; whoever books one of them waits."""
    await session.execute(_in_order(Space, wanted))


async def hold_people(session: AsyncSession, pupil_ids: Collection[UUID], staff_ids: Collection[UUID]) -> None:
    """Lock pupils and then adults, each by id; after the spaces."""
    for table, wanted in ((Pupil, pupil_ids), (Staff, staff_ids)):
        if wanted:
            await session.execute(_in_order(table, wanted))


def _in_order(table: Any, wanted: Collection[UUID]) -> Select[Any]:
    return select(table.id).where(table.id.in_(wanted)).order_by(table.id).with_for_update(key_share=True)
