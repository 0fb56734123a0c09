"""Who cannot go back to a lesson when the booking that called them out is cancelled; the database's rules say it.

Each question is asked by trying, within a savepoint that is always undone: nothing is counted here. All that a trial
touches is locked before.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.refusals import broken_rule
from iap_api.schools.tables import Closure
from iap_api.spaces.tables import Booking, Space


class LeftOut(dict[UUID, frozenset[UUID]]):
    """By booking, the pupils who are left out of it."""

    def but(self, booking_id: UUID, pupil_id: UUID) -> "LeftOut":
        """Return the same with one pupil in again."""
        fewer = LeftOut(self)
        fewer[booking_id] = self[booking_id] - {pupil_id}
        if not fewer[booking_id]:
            del fewer[booking_id]
        return fewer


def without(booking: Booking, left_out: LeftOut) -> list[UUID]:
    """Return the pupils of a booking who stay in it."""
    return [one for one in booking.pupil_ids if one not in left_out.get(booking.id, ())]


async def cannot_go_back(
    caller: Caller, closure: Closure, inner: Booking, outers: Sequence[Booking]
) -> LeftOut | None:  # fmt: skip
    """Return whom to leave out of which of `outers` (innermost first), as few as may be, to let `inner` be cancelled.

    Their places there are taken, or with them there would be too few adults. None where leaving pupils out does not
    help: then the outer bookings have to be cancelled too.
    """

    async def refused(left_out: LeftOut, *, adults: bool) -> bool:
        return await _refused(caller, closure, inner, outers, left_out, adults)

    if not await refused(LeftOut(), adults=True):
        return LeftOut()
    out = LeftOut(
        (outer.id, them) for outer in outers if (them := frozenset(outer.pupil_ids).intersection(inner.pupil_ids))
    )
    # adults who are missing without these pupils too are not missing because of them
    adults = not await refused(out, adults=True)
    if not adults:
        if not await refused(LeftOut(), adults=False):
            return LeftOut()
        if await refused(out, adults=False):
            return None
    for outer in outers:
        for pupil_id in sorted(out.get(outer.id, ())):
            fewer = out.but(outer.id, pupil_id)
            if not await refused(fewer, adults=adults):
                out = fewer
    return out


async def _refused(
    caller: Caller, closure: Closure, inner: Booking, outers: Sequence[Booking], left_out: LeftOut, adults: bool
) -> bool:
    """Say whether the database refuses the cancelling with these pupils left out, and leave no trace of the trial."""
    session = caller.session
    trial = await session.begin_nested()
    unseen = {"synchronize_session": False}
    try:
        for outer in reversed(outers):
            if outer.id in left_out:
                fewer = update(Booking).where(col(Booking.id) == outer.id).values(pupil_ids=without(outer, left_out))
                await session.execute(fewer, execution_options=unseen)
        if adults:
            # what the closed room itself lacks while it is being emptied is no matter
            no_matter = update(Space).where(col(Space.id) == inner.space_id).values(pupils_per_adult=None)
            await session.execute(no_matter, execution_options=unseen)
        # a cancelling by a closure is not asked for adults; here the rooms that people go back to are to be
        by = None if adults else closure.id
        gone = update(Booking).where(col(Booking.id) == inner.id).values(status="cancelled", closure_id=by)
        await session.execute(gone, execution_options=unseen)
    except DBAPIError as error:
        if broken_rule(error) is None:
            raise
        return True
    finally:
        await trial.rollback()
    return False
