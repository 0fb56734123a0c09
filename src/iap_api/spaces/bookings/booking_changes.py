"""How a booking's row is changed: whose it is to change, and what the database says to it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.errors import Invalid
from iap_api.pupils.scope import reach_pupils
from iap_api.spaces.bookings.clashes import NotYours
from iap_api.spaces.bookings.in_the_way import explained, wanted
from iap_api.spaces.tables import Booking, Series, SeriesOccurrence


async def check_whose(caller: Caller, booking: Booking | Series) -> None:
    """Raise `NotYours` unless the caller booked it, looks after the school, or reaches every pupil of it."""
    if booking.school_id in caller.scope.schools or booking.booked_by == caller.account_id:
        return
    try:
        await reach_pupils(caller, booking.pupil_ids)
    except Invalid:
        raise NotYours() from None


async def changed_to(
    caller: Caller, booking: Booking, values: dict[str, Any], kind: str = "updated", hidden: Collection[UUID] = ()
) -> None:
    """Write these columns of a booking read for update; raises the problem that the database's refusal stands for.

    The problem does not name the `hidden` pupils of the booking. Where it is cancelled and its people cannot go back to
    what it took them from, it says what is in the way there and what to do.
    """
    asked = wanted({**booking.model_dump(), **values})
    outside = list(booking.takes_from) if values.get("status") == "cancelled" else []
    try:
        await caller.change(
            booking, values, booking.school_id, resource="booking", kind=kind,
            pupil_ids=sorted({*booking.pupil_ids, *asked.pupil_ids}),
        )  # fmt: skip
    except DBAPIError as error:
        raise await explained(caller, error, asked, hidden=hidden, outside=outside) from error


async def mark_changed_alone(caller: Caller, booking: Booking) -> None:
    """Keep that an occurrence of a series was changed by itself, so that changes of the series leave it as it is."""
    if booking.series_id is not None:
        await caller.session.execute(
            update(SeriesOccurrence)
            .where(
                col(SeriesOccurrence.series_id) == booking.series_id, col(SeriesOccurrence.on_day) == booking.series_on
            )
            .values(changed_alone=True)
        )
