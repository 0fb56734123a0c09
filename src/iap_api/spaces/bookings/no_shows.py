"""Places given back because nobody came: a booking without a check-in is released after its space's grace period."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access import ledger
from iap_api.core import clock, jobs
from iap_api.core.refusals import broken_rule
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Booking, Space

RELEASE = "release_no_shows"
EVERY = timedelta(minutes=1)


async def release_no_shows(session: AsyncSession, _payload: dict[str, Any]) -> None:
    """Release one booking whose grace period is over without a check-in, and come back for the next.

    One a transaction: two would take the locks of a second space after those of the first one's pupils. What the
    database does not let go (the pupils' places elsewhere are taken, or their adults would be missing) stays booked.
    """
    now = clock.now()
    released = None
    for booking_id in await _not_come(session, now):
        released = await _released(session, booking_id, now)
        if released is not None:
            entry = ledger.entry(
                released.school_id, "booking.released", "booking", account_id=None, resource_id=released.id,
                pupil_ids=released.pupil_ids,
            )  # fmt: skip
            await ledger.write(session, [entry])
            break
    await jobs.put(session, RELEASE, run_at=now if released else now + EVERY, unique_key=RELEASE)


async def _released(session: AsyncSession, booking_id: UUID, now: datetime) -> Booking | None:
    """Release one booking, or leave no trace: it is being changed just now, has been, or may not go."""
    statement = (
        select(Booking)
        .where(col(Booking.id) == booking_id, col(Booking.status) == "booked", col(Booking.checked_in_at).is_(None))
        .with_for_update(skip_locked=True)
    )
    try:
        async with session.begin_nested():
            booking = (await session.execute(statement)).scalar_one_or_none()
            if booking is not None:
                booking.status, booking.version, booking.updated_at = "released", booking.version + 1, now
                await session.flush()
            return booking
    except DBAPIError as error:
        if broken_rule(error) is None:
            raise
        return None


async def _not_come(session: AsyncSession, now: datetime) -> list[UUID]:
    """The bookings for pupils whose grace period is over, the longest first."""
    statement = (
        select(col(Booking.id), col(Booking.starts_at), col(Space.grace_minutes), col(Booking.pupil_ids))
        .join(Space, col(Space.id) == Booking.space_id)
        .where(
            col(Space.grace_minutes).is_not(None),
            col(Booking.starts_at) <= now,
            col(Booking.starts_at) > now - LONGEST,
            col(Booking.ends_at) > now,
            col(Booking.status) == "booked",
            col(Booking.checked_in_at).is_(None),
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
    )
    return [
        row.id
        for row in await session.execute(statement)
        if row.pupil_ids and row.starts_at + timedelta(minutes=row.grace_minutes) <= now
    ]
