"""Places given back because nobody came: a booking without a check-in is released after its space's grace period."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access import ledger
from iap_api.core import clock, jobs
from iap_api.spaces.bookings.asked_for import LONGEST
from iap_api.spaces.tables import Booking, Space

RELEASE = "release_no_shows"
EVERY = timedelta(minutes=1)


async def release_no_shows(session: AsyncSession, _payload: dict[str, Any]) -> None:
    """Release one booking whose grace period is over without a check-in, and come back for the next.

    One a transaction: two would take the locks of a second space after those of the first one's pupils.
    """
    now = clock.now()
    booking = await _not_come(session, now)
    if booking is not None:
        booking.status, booking.version, booking.updated_at = "released", booking.version + 1, now
        entry = ledger.entry(
            booking.school_id, "booking.released", "booking", account_id=None, resource_id=booking.id,
            pupil_ids=booking.pupil_ids,
        )  # fmt: skip
        await session.flush()
        await ledger.write(session, [entry])
    await jobs.put(session, RELEASE, run_at=now if booking else now + EVERY, unique_key=RELEASE)


async def _not_come(session: AsyncSession, now: datetime) -> Booking | None:
    spaces = select(col(Space.id), col(Space.grace_minutes)).where(col(Space.grace_minutes).is_not(None))
    for space_id, grace_minutes in await session.execute(spaces):
        statement = (
            select(Booking)
            .where(
                col(Booking.space_id) == space_id,
                col(Booking.starts_at) <= now - timedelta(minutes=grace_minutes or 0),
                col(Booking.starts_at) > now - LONGEST,
                col(Booking.ends_at) > now,
                col(Booking.status) == "booked",
                col(Booking.checked_in_at).is_(None),
            )
            .order_by(col(Booking.starts_at), col(Booking.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        found = (await session.execute(statement)).scalar_one_or_none()
        if found is not None:
            return found
    return None
