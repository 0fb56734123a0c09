"""What a refused booking is told: which people are elsewhere and whether the space is full, within what it may see."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, case, null, or_, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.errors import Conflict, Invalid, NotYourRole
from iap_api.core.refusals import broken_rule, refuse
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.spaces.bookings.asked_for import LONGEST
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.bookings.missing_adults import missing_adults
from iap_api.spaces.bookings.refused_requests import note_refused
from iap_api.spaces.conditions import SpaceClosed
from iap_api.spaces.tables import Booking, Presence


class Clash(Conflict):
    status, kind, title = 409, "clash", "That time is taken"
    advice = "Choose another time or space, or take the pupils out of the other booking with takes_from."


class NotYours(NotYourRole):
    status, kind, title = 403, "not-your-booking", "Somebody else booked this, with pupils beyond your reach"
    advice = "Ask the person who booked it, or somebody who looks after the whole school."


class SpaceFull(Clash):
    status, kind, title = 409, "space-full", "The space is full"
    advice = "All its places are taken for a part of that time: choose another time or space."


class SpaceTakenWhole(Clash):
    status, kind, title = 409, "space-taken-whole", "The whole space is taken"
    advice = "A meeting, or work on the room, has it to itself: choose another time or space."


class SpaceEnded(Conflict):
    status, kind, title = 409, "space-ended", "The space is no more"
    advice = "Choose a space that is still open on that day."


class OuterNotBooked(Conflict):
    status, kind, title = 409, "outer-not-booked", "There is no such booking to take from"
    advice = "takes_from must name bookings of this school that are not cancelled."


class AdultsMissing(Conflict):
    status, kind, title = 409, "adults-missing", "There would be too few adults with the pupils"
    advice = "Add staff for the whole time, or take fewer pupils: the space says how many pupils one adult may have."


RULES = {
    "space-closed": SpaceClosed,
    "adults-missing": AdultsMissing,
    "space-full": SpaceFull,
    "space-taken-whole": SpaceTakenWhole,
    "space-ended": SpaceEnded,
    "outer-not-booked": OuterNotBooked,
    "pupil-elsewhere": Clash,
    "adult-elsewhere": Clash,
    "presences_pupil_one_place": Clash,
    "presences_staff_one_place": Clash,
}
# which member of a booking each rule is about, and what is wrong with it
_MEMBERS = {
    "space-closed": [("/space_id", "is closed at that time")],
    "space-full": [("/space_id", "has no place left for a part of that time")],
    "space-taken-whole": [("/space_id", "is taken whole, or is not empty, for a part of that time")],
    "space-ended": [("/space_id", "has ended by then")],
    "outer-not-booked": [("/takes_from", "names a booking that is not booked")],
    "adults-missing": [("/staff_ids", "names too few adults for the pupils there")],
    "pupil-elsewhere": [("/pupil_ids", "names one who is elsewhere for a part of that time")],
    "adult-elsewhere": [("/staff_ids", "names one who is elsewhere for a part of that time")],
}
_MEMBERS["presences_pupil_one_place"] = _MEMBERS["pupil-elsewhere"]
_MEMBERS["presences_staff_one_place"] = _MEMBERS["adult-elsewhere"]
for _rule, _problem in RULES.items():
    refuse(_rule, _problem)


def _no_such_period() -> Invalid:
    return Invalid(errors=[("/ends_at", "must be later than starts_at, and at most 12 hours after it")])


for _rule in (
    "booking-ends-first",
    "booking-too-long",
    "bookings_end_after_start",
    "bookings_not_too_long",
    "presences_end_after_start",
    "presences_not_too_long",
):
    refuse(_rule, _no_such_period)
for _rule in ("booking-fixed", "presence-of-one-person", "presences_of_one_person"):
    refuse(_rule, Conflict)


@lru_cache(maxsize=32)
def _taken(kinds: frozenset[str], by_space: bool) -> Prepared:
    seen = booking_visible(kinds)
    there: ColumnElement[bool] = or_(among(Presence.pupil_id, "pupils"), among(Presence.staff_id, "adults"))
    if by_space:
        there = col(Presence.space_id) == bindparam("space", type_=Uuid())
    return Prepared(
        select(
            col(Presence.pupil_id), col(Presence.staff_id), col(Presence.starts_at), col(Presence.ends_at),
            case((seen, Presence.booking_id)), case((seen, Presence.space_id)),
        )
        .join(Booking, col(Booking.id) == Presence.booking_id)
        .where(
            there,
            col(Presence.starts_at) < bindparam("until", type_=UtcDateTime()),
            # no presence is longer: without it every one of years before would be looked at
            col(Presence.starts_at) > bindparam("earliest", type_=UtcDateTime()),
            col(Presence.ends_at) > bindparam("from", type_=UtcDateTime()),
        )
        .order_by(col(Presence.starts_at), col(Presence.id))
        .limit(20)
    )  # fmt: skip


@lru_cache(maxsize=32)
def _booked(kinds: frozenset[str]) -> Prepared:
    """Everything booked in the space between, whether or not a child or an adult is named in it."""
    return Prepared(
        select(
            null(), null(), col(Booking.starts_at), col(Booking.ends_at),
            case((booking_visible(kinds), Booking.id)), col(Booking.space_id),
        )
        .where(
            col(Booking.space_id) == bindparam("space", type_=Uuid()), col(Booking.status) == "booked",
            col(Booking.starts_at) < bindparam("until", type_=UtcDateTime()),
            col(Booking.starts_at) > bindparam("earliest", type_=UtcDateTime()),
            col(Booking.ends_at) > bindparam("from", type_=UtcDateTime()),
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
        .limit(20)
    )  # fmt: skip


def _named(row: Sequence[Any], sent: set[UUID]) -> dict[str, Any]:
    pupil_id, staff_id, starts_at, ends_at, booking_id, space_id = row
    members = {
        "pupil_id": pupil_id if pupil_id in sent else None,
        "staff_id": staff_id if staff_id in sent else None,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "booking_id": booking_id,
        "space_id": space_id,
    }
    return {name: value for name, value in members.items() if value is not None}


async def explained(
    caller: Caller, error: DBAPIError, booking: Sequence[Any], hidden: Collection[UUID] = ()
) -> Exception:
    """Return the problem for a refused booking (space, pupils, adults, start, end), naming what is taken.

    Other people's names never appear: only ids the caller sent, periods, and bookings the caller may see, and no pupil
    of the booking who is `hidden` from the caller. That the space was refused is noted, for the figures of its use.
    Errors of other kinds come back as they are.
    """
    rule = broken_rule(error)
    if rule not in RULES:
        return error
    await caller.begin_again()
    more = await in_the_way(caller, rule, booking, hidden)
    # the problem's own word, for the two databases name some rules differently
    await note_refused(caller, booking[0], [RULES[rule].kind], shown_in(more))
    return RULES[rule](errors=_MEMBERS.get(rule, ()), **more)


async def in_the_way(
    caller: Caller, rule: str, booking: Sequence[Any], hidden: Collection[UUID] = ()
) -> dict[str, Any]:
    """Return the members that say what stands in the way of a booking, as far as the caller may see it."""
    problem = RULES[rule]
    if problem in (SpaceTakenWhole, SpaceFull, Clash):
        return {"clashes": await _clashes(caller, problem, booking, hidden)}
    return {"missing": await missing_adults(caller, *booking)} if problem is AdultsMissing else {}


def shown_in(more: dict[str, Any]) -> list[UUID]:
    """Return the pupils whom such members name."""
    return [one["pupil_id"] for one in more.get("clashes", ()) if "pupil_id" in one]


async def _clashes(
    caller: Caller, problem: type[Conflict], booking: Sequence[Any], hidden: Collection[UUID]
) -> list[dict[str, Any]]:
    space_id, pupil_ids, staff_ids, starts_at, ends_at = booking
    given = {"from": starts_at, "until": ends_at, "earliest": starts_at - LONGEST}
    by_space = problem in (SpaceFull, SpaceTakenWhole)
    given |= {"space": space_id} if by_space else {"pupils": pupil_ids, "adults": staff_ids}
    kinds = caller.scope.kinds
    statement = _booked(kinds) if problem is SpaceTakenWhole else _taken(kinds, by_space)
    rows = await caller.rows(statement, {**caller.scope.binds(), **given})
    return [_named(row, {*pupil_ids, *staff_ids}.difference(hidden)) for row in rows]
