"""The order in which whatever touches several bookings locks them: bookings, spaces, pupils, adults (docs/adr)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.transactions import Prepared
from iap_api.pupils.tables import Pupil
from iap_api.schools.tables import Staff
from iap_api.spaces.tables import Booking, BookingTaking, Space


def _in_order(table: Any) -> Prepared:
    return Prepared(
        select(table.id).where(among(table.id, "wanted")).order_by(table.id).with_for_update(key_share=True)
    )


_SPACES, _PUPILS, _ADULTS = (_in_order(table) for table in (Space, Pupil, Staff))


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


async def hold_spaces(caller: Caller, wanted: Collection[UUID]) -> None:
    """Lock spaces by id; whoever books one of them waits."""
    await caller.rows(_SPACES, {"wanted": list(wanted)})


async def hold_people(caller: Caller, pupil_ids: Collection[UUID], staff_ids: Collection[UUID]) -> None:
    """Lock pupils and then adults, each by id; after the spaces."""
    for statement, wanted in ((_PUPILS, pupil_ids), (_ADULTS, staff_ids)):
        if wanted:
            await caller.rows(statement, {"wanted": list(wanted)})
