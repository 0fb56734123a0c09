"""The days of a series as they are kept and as they are shown: what became of a booking is read from the booking."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, and_, bindparam, insert, select, update
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.transactions import Prepared
from iap_api.spaces.bookings.clashes import RULES
from iap_api.spaces.series.series_asked import Planned
from iap_api.spaces.tables import Booking, SeriesOccurrence

_DAYS = Prepared(
    select(
        col(SeriesOccurrence.on_day), col(SeriesOccurrence.outcome), col(SeriesOccurrence.reason),
        col(SeriesOccurrence.changed_alone), col(Booking.id), col(Booking.status), col(Booking.closure_id),
    )
    .outerjoin(
        Booking,
        and_(
            col(Booking.series_id) == col(SeriesOccurrence.series_id),
            col(Booking.series_on) == col(SeriesOccurrence.on_day),
        ),
    )
    .where(col(SeriesOccurrence.series_id) == bindparam("series", type_=Uuid()))
    .order_by(col(SeriesOccurrence.on_day))
)  # fmt: skip
_NEW = Prepared(insert(SeriesOccurrence))
_AGAIN = Prepared(
    update(SeriesOccurrence)
    .where(
        col(SeriesOccurrence.series_id) == bindparam("series", type_=Uuid()),
        col(SeriesOccurrence.on_day) == bindparam("on", type_=Date()),
    )
    .values(outcome=bindparam("became"), reason=bindparam("why"))
)


def outcomes(plan: Planned, rules: Mapping[date, str]) -> dict[date, tuple[str, str | None]]:
    """Return what became of each day of a plan, and why, where `rules` refused some."""
    skipped = {**plan.refused, **{on: RULES[rule].kind for on, rule in rules.items()}}
    return {
        **{one.on: ("booked", None) for one in plan.slots},
        **{on: ("skipped", why) for on, why in skipped.items()},
        **{on: ("not_a_school_day", why) for on, why in plan.no_school.items()},
    }


async def keep(caller: Caller, school_id: UUID, series_id: UUID, found: Mapping[date, tuple[str, str | None]]) -> None:
    """Write the days of a new series."""
    rows = [
        {
            "school_id": school_id, "series_id": series_id, "on_day": on, "outcome": outcome, "reason": reason,
            "changed_alone": False,
        }
        for on, (outcome, reason) in found.items()
    ]  # fmt: skip
    await caller.transaction.write_many(_NEW, rows)


async def keep_again(caller: Caller, series_id: UUID, found: Mapping[date, tuple[str, str | None]]) -> None:
    """Write what became of days that were tried again."""
    rows = [{"series": series_id, "on": on, "became": became, "why": why} for on, (became, why) in found.items()]
    if rows:
        await caller.transaction.write_many(_AGAIN, rows)


async def days_shown(caller: Caller, series_id: UUID) -> list[dict[str, Any]]:
    """Return the days of a series as its answer lists them."""
    return [_shown(row) for row in await caller.rows(_DAYS, {"series": series_id})]


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    on, outcome, reason, changed_alone, booking_id, status, closure_id = row
    if outcome == "booked":
        # a booking that is there no more was erased with whom it was for
        outcome, reason = status or "cancelled", "closure" if closure_id else None
    return {
        "on": on, "outcome": outcome, "reason": reason, "booking_id": booking_id, "changed_alone": changed_alone,
    }  # fmt: skip
