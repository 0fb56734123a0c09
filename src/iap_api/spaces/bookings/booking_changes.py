"""How a booking's row is changed: whose it is to change, and what the database says to it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.refusals import broken_rule
from iap_api.pupils.scope import reach_pupils
from iap_api.spaces.bookings.clashes import RULES, NotYours, explained
from iap_api.spaces.tables import Booking, Series, SeriesOccurrence

_CANNOT_GO_BACK = (
    "These people were called out of another booking and would go back to it, but their place there is taken, or there"
    " would be too few adults. Take them out of that booking (its pupil_ids), or move what is in the way; then cancel."
)


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
    whole = {**booking.model_dump(), **values}
    wanted = tuple(whole[name] for name in ("space_id", "pupil_ids", "staff_ids", "starts_at", "ends_at"))
    outside = list(booking.takes_from) if values.get("status") == "cancelled" else []
    try:
        await caller.change(
            booking, values, booking.school_id, resource="booking", kind=kind,
            pupil_ids=sorted({*booking.pupil_ids, *whole["pupil_ids"]}),
        )  # fmt: skip
    except DBAPIError as error:
        if not outside or broken_rule(error) not in RULES:
            raise await explained(caller, error, wanted, hidden) from error
        await caller.begin_again()
        problem = await explained(caller, error, await _back_there(caller, outside, wanted), hidden)
        if isinstance(problem, Conflict):
            problem.detail, problem.errors = (
                _CANNOT_GO_BACK,
                [("/takes_from", "names a booking they cannot go back to")],
            )
        raise problem from error


async def _back_there(caller: Caller, outside: Sequence[UUID], wanted: Sequence[Any]) -> Sequence[Any]:
    """What going back asks for: the space of the first booking that they were taken from, and who is of that one."""
    statement = select(col(Booking.space_id), col(Booking.pupil_ids), col(Booking.staff_ids)).where(
        col(Booking.id).in_(outside), col(Booking.status) == "booked"
    )
    found = (await caller.session.execute(statement.order_by(col(Booking.id)).limit(1))).one_or_none()
    if found is None:
        return wanted
    _space, pupil_ids, staff_ids, starts_at, ends_at = wanted
    both = [[one for one in named if one in there] for named, there in ((pupil_ids, found[1]), (staff_ids, found[2]))]
    return (found[0], *both, starts_at, ends_at)


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
