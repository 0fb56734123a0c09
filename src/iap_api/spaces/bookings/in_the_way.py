"""What a refused booking is told: which people are elsewhere and whether the space is full, within what it may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, case, literal, null, or_, select, true
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.errors import Conflict
from iap_api.core.refusals import broken_rule
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.bookings.clashes import MEMBERS, RULES, AdultsMissing, Clash, SpaceFull, SpaceTakenWhole
from iap_api.spaces.bookings.missing_adults import missing_adults
from iap_api.spaces.bookings.refused_requests import note_refused
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Booking, Presence, Space
from iap_api.spaces.visits.visit_tables import Visit

_CANNOT_GO_BACK = (
    "These people were called out of another booking and would go back to it, but their place there is taken, or there"
    " would be too few adults. Take them out of that booking (its pupil_ids), or move what is in the way; then cancel."
)
_NONE = timedelta(0)
_FROM, _UNTIL, _EARLIEST = (bindparam(name, type_=UtcDateTime()) for name in ("from", "until", "earliest"))
_SPACE, _ITSELF = bindparam("space", type_=Uuid()), bindparam("itself", type_=Uuid())
_BUFFERS = Prepared(
    select(col(Space.buffer_before_minutes), col(Space.buffer_after_minutes)).where(col(Space.id) == _SPACE)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where, when, whom and for what a booking asked; what is kept under its own id is not in its way."""

    id: UUID
    space_id: UUID
    pupil_ids: Sequence[UUID]
    staff_ids: Sequence[UUID]
    starts_at: datetime
    ends_at: datetime
    purpose: str


def wanted(values: Mapping[str, Any]) -> Wanted:
    """Return what a booking with these columns asks for."""
    return Wanted(**{name: values[name] for name in Wanted.__slots__})


async def explained(
    caller: Caller, error: DBAPIError, asked: Wanted, *, hidden: Collection[UUID] = (), outside: Collection[UUID] = ()
) -> Exception:
    """Return the problem for a refused booking, naming what is taken.

    Other people's names never appear: only ids the caller sent, periods, and bookings the caller may see, and no pupil
    of the booking who is `hidden` from the caller. Where it is cancelled and its people cannot go back to the bookings
    `outside` that it took them from, it says what is in the way there and what to do. That the space was refused is
    noted, for the figures of its use. Errors of other kinds come back as they are.
    """
    rule = broken_rule(error)
    if rule not in RULES:
        return error
    await caller.begin_again()
    places = await _back_there(caller, outside, asked) if outside else [asked]
    found = [await in_the_way(caller, rule, place, hidden) for place in places]
    more: dict[str, Any] = {name: [one for each in found for one in each[name]] for name in found[0]}
    # the problem's own word, for the two databases name some rules differently
    await note_refused(caller, places[0].space_id, [RULES[rule].kind], shown_in(more))
    if outside:
        return RULES[rule](_CANNOT_GO_BACK, errors=[("/takes_from", "names a booking they cannot go back to")], **more)
    return RULES[rule](errors=MEMBERS.get(rule, ()), **more)


async def _back_there(caller: Caller, outside: Collection[UUID], asked: Wanted) -> list[Wanted]:
    """What going back asks for: the space of each booking that they were taken from, and who is of that one."""
    statement = select(Booking).where(col(Booking.id).in_(outside), col(Booking.status) == "booked")
    return [
        replace(
            asked, space_id=one.space_id, purpose=one.purpose,
            pupil_ids=[pupil_id for pupil_id in asked.pupil_ids if pupil_id in one.pupil_ids],
            staff_ids=[staff_id for staff_id in asked.staff_ids if staff_id in one.staff_ids],
        )
        for one in (await caller.session.execute(statement.order_by(col(Booking.starts_at)))).scalars()
    ] or [asked]  # fmt: skip


async def in_the_way(
    caller: Caller, rule: str, asked: Wanted, hidden: Collection[UUID] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Return the members that say what stands in the way of a booking, as far as the caller may see it.

    `clashes`: people who are elsewhere, or whatever takes the space; of a child who walked in, only until when the
    place is held. `missing`: the periods with too few adults.
    """
    problem = RULES[rule]
    if problem is AdultsMissing:
        numbers = asked.space_id, asked.pupil_ids, asked.staff_ids, asked.starts_at, asked.ends_at
        return {"missing": await missing_adults(caller, *numbers)}
    if problem is Clash:
        people = {"pupils": asked.pupil_ids, "adults": asked.staff_ids}
        rows = await _rows(caller, _elsewhere(caller.scope.kinds), asked, _NONE, _NONE, **people)
    elif problem in (SpaceFull, SpaceTakenWhole):
        rows = await _in_the_space(caller, problem, asked)
    else:
        return {}
    sent = {*asked.pupil_ids, *asked.staff_ids}.difference(hidden)
    return {"clashes": [_named(row, sent) for row in rows]}


def shown_in(more: Mapping[str, Any]) -> list[UUID]:
    """Return the pupils whom such members name."""
    return [one["pupil_id"] for one in more.get("clashes", ()) if "pupil_id" in one]


async def _in_the_space(caller: Caller, problem: type[Conflict], asked: Wanted) -> list[Sequence[Any]]:
    before, after = (timedelta(minutes=one) for one in (await caller.rows(_BUFFERS, {"space": asked.space_id}))[0])
    whole, kinds = asked.purpose in WHOLE, caller.scope.kinds
    there = _together(kinds) if problem is SpaceFull else _booked(kinds, whole)
    # the time kept free after the one and before the other both lie between two bookings
    rows = list(await _rows(caller, there, asked, before + after, before + after, space=asked.space_id))
    if problem is SpaceFull or whole:
        visiting = {"space": asked.space_id, "pupils": asked.pupil_ids}
        rows += await _rows(caller, _WALKED_IN, asked, before, after, **visiting)
    return sorted(rows, key=lambda row: row[2])[:20]


async def _rows(
    caller: Caller, statement: Prepared, asked: Wanted, before: timedelta, after: timedelta, **given: Any
) -> Sequence[Any]:
    from_at, until_at = asked.starts_at - before, asked.ends_at + after
    # nothing is longer: without it every one of years before would be looked at
    period = {"from": from_at, "until": until_at, "earliest": from_at - LONGEST}
    return await caller.rows(statement, {**caller.scope.binds(), **period, "itself": asked.id, **given})


def _within(starts_at: Any, ends_at: Any) -> tuple[ColumnElement[bool], ...]:
    return col(starts_at) < _UNTIL, col(starts_at) > _EARLIEST, col(ends_at) > _FROM


def _there(kinds: frozenset[str], whose: ColumnElement[bool]) -> Prepared:
    seen = booking_visible(kinds)
    return Prepared(
        select(
            col(Presence.pupil_id), col(Presence.staff_id), col(Presence.starts_at), col(Presence.ends_at),
            case((seen, Presence.booking_id)), case((seen, Presence.space_id)), null(),
        )
        .join(Booking, col(Booking.id) == Presence.booking_id)
        .where(whose, col(Booking.id) != _ITSELF, *_within(Presence.starts_at, Presence.ends_at))
        .order_by(col(Presence.starts_at), col(Presence.id))
        .limit(20)
    )  # fmt: skip


@lru_cache(maxsize=32)
def _elsewhere(kinds: frozenset[str]) -> Prepared:
    return _there(kinds, or_(among(Presence.pupil_id, "pupils"), among(Presence.staff_id, "adults")))


@lru_cache(maxsize=32)
def _together(kinds: frozenset[str]) -> Prepared:
    """Every pupil who is in the space by a booking."""
    return _there(kinds, (col(Presence.space_id) == _SPACE) & col(Presence.pupil_id).is_not(None))


@lru_cache(maxsize=32)
def _booked(kinds: frozenset[str], everything: bool) -> Prepared:
    """What is booked in the space, whether or not a child or an adult is named in it; or only what takes it whole."""
    return Prepared(
        select(
            null(), null(), col(Booking.starts_at), col(Booking.ends_at),
            case((booking_visible(kinds), Booking.id)), col(Booking.space_id), null(),
        )
        .where(
            col(Booking.space_id) == _SPACE, col(Booking.status) == "booked", col(Booking.id) != _ITSELF,
            true() if everything else col(Booking.purpose).in_(sorted(WHOLE)),
            *_within(Booking.starts_at, Booking.ends_at),
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
        .limit(20)
    )  # fmt: skip


_WALKED_IN = Prepared(
    select(null(), null(), col(Visit.started_at), col(Visit.holds_until), null(), col(Visit.space_id), literal(True))
    .where(
        col(Visit.space_id) == _SPACE, col(Visit.ended_at).is_(None), ~among(Visit.pupil_id, "pupils"),
        *_within(Visit.started_at, Visit.holds_until),
    )
    .limit(20)
)  # fmt: skip
_MEMBERS = ("pupil_id", "staff_id", "starts_at", "ends_at", "booking_id", "space_id", "walked_in")


def _named(row: Sequence[Any], sent: Collection[UUID]) -> dict[str, Any]:
    members = dict(zip(_MEMBERS, row, strict=True))
    for name in ("pupil_id", "staff_id"):
        members[name] = members[name] if members[name] in sent else None
    return {name: value for name, value in members.items() if value is not None}
