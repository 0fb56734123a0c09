"""What a closure does to the bookings it covers: holds them still, cancels them, and says who could not go back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import Unavailable
from iap_api.schools.tables import Closure
from iap_api.spaces.bookings.booking_changes import changed_to, mark_changed_alone
from iap_api.spaces.bookings.bookings import LIVE
from iap_api.spaces.bookings.locks import hold_people, hold_spaces, innermost_first
from iap_api.spaces.closures.going_back import LeftOut, cannot_go_back, without
from iap_api.spaces.tables import Booking, BookingTaking, Space

ATTEMPTS = 5


@dataclass(frozen=True)
class Held:
    """All that a closure touches, locked: `covered` is cancelled; `outside` stands, and people go back to it.

    Both innermost first; `takings` says which of `outside` a covered booking takes from.
    """

    covered: Sequence[Booking]
    outside: Sequence[Booking]
    takings: dict[UUID, set[UUID]] = field(default_factory=dict)

    def outers(self, booking: Booking) -> list[Booking]:
        """Return the bookings that stand and get somebody back from this one."""
        people = {*booking.pupil_ids, *booking.staff_ids}
        return [
            one
            for one in self.outside
            if one.id in self.takings.get(booking.id, ())
            and one.status == "booked"
            and people.intersection((*one.pupil_ids, *one.staff_ids))
        ]


@dataclass(frozen=True)
class _Done:
    """Which bookings are cancelled, and which were changed because somebody could not go back to them."""

    cancelled: list[UUID]
    changed: set[UUID]


def closed_spaces(of: Any) -> Select[Any]:
    """Return the statement for the ids of the spaces that a closure, or the body that asks for one, closes."""
    statement = select(col(Space.id)).where(col(Space.school_id) == of.school_id)
    if of.base_id:
        statement = statement.where(col(Space.base_id) == of.base_id)
    if of.space_ids:
        statement = statement.where(col(Space.id).in_(of.space_ids))
    return statement


def _booked(closure: Closure) -> Select[Any]:
    return select(Booking).where(
        col(Booking.school_id) == closure.school_id,
        col(Booking.space_id).in_(closed_spaces(closure)),
        col(Booking.status).in_(LIVE),
        col(Booking.starts_at) < closure.until_at,
        col(Booking.ends_at) > closure.from_at,
    )


class _BookedMeanwhileError(Exception):
    pass


async def held_still(caller: Caller, closure: Closure) -> Held:
    """Lock all that the cancelling will touch in the order of every booking; again if somebody booked in between.

    Raises `Unavailable` (503) where it never comes to rest.
    """
    for _ in range(ATTEMPTS):
        try:
            async with caller.session.begin_nested():
                return await _locked(caller, closure)
        except _BookedMeanwhileError:
            continue
    raise Unavailable("The spaces are being booked just now.")


async def _locked(caller: Caller, closure: Closure) -> Held:
    session, ids = caller.session, _booked(closure).with_only_columns(col(Booking.id))
    named = set((await session.execute(ids)).scalars())
    takings = await _takings(caller, named)
    # what those outside take from, their inner ones take from too: nothing more is to be locked
    takings |= await _takings(caller, set().union(*takings.values()) - named)
    locked = list((await session.execute(innermost_first(named.union(*takings.values())))).scalars())
    covered = [one for one in locked if one.id in named and one.status in LIVE]
    outside = [one for one in locked if one.id not in named]
    rooms = {one.space_id for one in locked} | set((await session.execute(closed_spaces(closure))).scalars())
    await hold_spaces(caller, rooms)
    if {one.id for one in covered} != set((await session.execute(ids)).scalars()):
        raise _BookedMeanwhileError
    # those of the bookings outside too: they change where somebody cannot go back
    await hold_people(
        caller,
        {pupil_id for one in locked for pupil_id in one.pupil_ids},
        {staff_id for one in locked for staff_id in one.staff_ids},
    )
    return Held(covered, outside, takings)


async def _takings(caller: Caller, inner_ids: set[UUID]) -> dict[UUID, set[UUID]]:
    """Which bookings each of these takes somebody from."""
    statement = select(col(BookingTaking.inner_id), col(BookingTaking.outer_id))
    found: dict[UUID, set[UUID]] = {}
    for inner_id, outer_id in await caller.session.execute(statement.where(col(BookingTaking.inner_id).in_(inner_ids))):
        found.setdefault(inner_id, set()).add(outer_id)
    return found


async def cancel(caller: Caller, closure: Closure, held: Held) -> None:
    """Cancel all that is covered, and enter in the closure what was cancelled and whom it left out of what stands.

    It always goes through. Only where people go back to a booking that stands can the database say no; each of those
    is tried by itself, and the others are not held up by it.
    """
    done = _Done([one.id for one in held.covered], set())
    # the outermost first: whoever was called out of a lesson that is cancelled too does not go back to it in between
    for booking in reversed(held.covered):
        await _cancel_one(caller, closure, held, booking, done)
    closure.cancelled_booking_ids = done.cancelled
    closure.left_out_booking_ids = sorted(done.changed.difference(done.cancelled))
    # the row is of this very transaction: nobody has seen it, so it is no new version
    await caller.session.flush()


async def _cancel_one(caller: Caller, closure: Closure, held: Held, booking: Booking, done: _Done) -> None:
    outers = held.outers(booking) if booking.status == "booked" else []
    left_out = await cannot_go_back(caller, closure, booking, outers) if outers else LeftOut()
    for outer in reversed(outers):
        if left_out is None:
            done.cancelled.append(outer.id)
            await _cancel_one(caller, closure, held, outer, done)
        elif outer.id in left_out:
            done.changed.add(outer.id)
            stay = {"pupil_ids": without(outer, left_out), "whole_base": False}
            await changed_to(caller, outer, stay)
            await mark_changed_alone(caller, outer)
    values = {
        "status": "cancelled", "closure_id": closure.id, "cancelled_at": clock.now(), "cancelled_by": caller.account_id,
    }  # fmt: skip
    await changed_to(caller, booking, values, kind="ended")
