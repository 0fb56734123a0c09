"""What the availability of spaces is worked out from: five statements, whatever the number of spaces and days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, false, func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.errors import Invalid
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import pupil_visible
from iap_api.pupils.tables import Pupil, Registration
from iap_api.schools.school_calendar import calendars_of
from iap_api.schools.school_days import SchoolCalendar
from iap_api.schools.tables import Base, Closure, Staff
from iap_api.spaces.bookings.booking_scope import TERMS, space_within
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.conditions import LONGEST, Terms
from iap_api.spaces.free_times.availability_shapes import AvailabilityAsked
from iap_api.spaces.free_times.free_starts import MINUTE, Span, Stay, number
from iap_api.spaces.tables import Booking, Space
from iap_api.spaces.use.presence_periods import IN_SPACE, PUPIL, VISIT, presences_between

_OWN = ("id", "school_id", "base_id", "kind", "places", "features", "pupils_per_adult", "buffer_before_minutes",
        "buffer_after_minutes", "ended_on")  # fmt: skip
# the longest buffers of two bookings that may lie between them
MARGIN = timedelta(hours=2)


@dataclass
class Room:
    """One space with its terms, what is closed there, and who is in it when."""

    id: UUID
    school_id: UUID
    base_id: UUID | None
    kind: str
    places: int
    features: Sequence[str]
    pupils_per_adult: int | None
    before: int
    after: int
    ended_on: Any
    terms: Terms
    of_their_school: bool
    closed: list[Span] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    # open visits: whose, and how long the place is held for them
    visits: list[tuple[UUID, Span]] = field(default_factory=list)
    # bookings that meet one another: from, until, and whether it takes the space whole
    booked: list[tuple[int, int, bool]] = field(default_factory=list)


@dataclass
class Facts:
    """The spaces that may be asked about, when each of the people is taken elsewhere, and the calendars of schools."""

    rooms: list[Room]
    busy: dict[UUID, list[Span]]
    calendars: dict[UUID, SchoolCalendar]


@lru_cache(maxsize=32)
def _spaces(kinds: frozenset[str]) -> Prepared:
    reached = select(func.count(col(Pupil.id))).where(among(Pupil.id, "pupils"), pupil_visible(kinds))
    registered = select(func.count(func.distinct(col(Registration.pupil_id)))).where(
        among(Registration.pupil_id, "pupils"), col(Registration.school_id) == Space.school_id
    )
    adults = select(func.count(col(Staff.id))).where(
        among(Staff.id, "adults"), col(Staff.school_id) == Space.school_id, col(Staff.ended_on).is_(None)
    )
    columns = [
        *(getattr(Space, name) for name in (*_OWN, *TERMS)),
        reached.scalar_subquery(),
        registered.correlate(Space).scalar_subquery(),
        adults.correlate(Space).scalar_subquery(),
    ]
    return Prepared(select(*columns).where(space_within(kinds)))


_CLOSED = Prepared(
    select(
        col(Closure.school_id), col(Closure.base_id), col(Closure.space_ids), col(Closure.from_at),
        col(Closure.until_at),
    ).where(
        among(Closure.school_id, "scope_around"),
        col(Closure.withdrawn_at).is_(None),
        col(Closure.from_at) < bindparam("until", type_=UtcDateTime()),
        col(Closure.until_at) > bindparam("from", type_=UtcDateTime()),
    )
)  # fmt: skip


_PURPOSE = col(Booking.purpose).in_(sorted(WHOLE))
_BOOKED = (
    col(Booking.status) == "booked",
    col(Booking.starts_at) < bindparam("until", type_=UtcDateTime()),
    col(Booking.starts_at) > bindparam("from_start", type_=UtcDateTime()),
    col(Booking.ends_at) > bindparam("from", type_=UtcDateTime()),
)
_ALONE = select(col(Booking.space_id), col(Booking.starts_at), col(Booking.ends_at), _PURPOSE).where(
    among(Booking.space_id, "spaces"), *_BOOKED
)
# what takes a space whole is rare and has an index of its own
_TAKEN_WHOLE, _ALL_BOOKED = Prepared(_ALONE.where(_PURPOSE)), Prepared(_ALONE)


async def closures_between(caller: Caller, from_at: datetime, until_at: datetime) -> Sequence[Any]:
    """Return the closures of the caller's schools that touch a period: school, base, spaces, from, until."""
    return await caller.rows(_CLOSED, {**caller.scope.binds(), "from": from_at, "until": until_at})


def covers(closure: Sequence[Any], school_id: UUID, base_id: UUID | None, space_id: UUID) -> bool:
    """Say whether one of `closures_between` closes a space: with its school, its base, or by name."""
    of_school, of_base, space_ids = closure[:3]
    return of_school == school_id and of_base in (None, base_id) and (not space_ids or space_id in space_ids)


async def facts(caller: Caller, asked: AvailabilityAsked, from_at: datetime, until_at: datetime) -> Facts:
    """Return the spaces in which the caller may book, as they stand in a period, and when the people are taken.

    Raises `Invalid` for pupils, adults and a base beyond reach, the same as for what does not exist.
    """
    given = {**caller.scope.binds(), "pupils": asked.pupil_ids, "adults": asked.staff_ids}
    found = await caller.rows(_spaces(caller.scope.kinds), given)
    # where no space is within reach there is nobody to ask about either
    if found and found[0][-3] != len(asked.pupil_ids):
        raise Invalid(errors=[("/pupil_ids", "names one who is not within your reach")])
    if asked.staff_ids and not any(row[-1] == len(asked.staff_ids) for row in found):
        raise Invalid(errors=[("/staff_ids", "names one who is not within your reach")])
    if asked.base_id is not None and all(row[2] != asked.base_id for row in found):
        await _check_base(caller, asked.base_id)
    wanted = [row for row in found if asked.kind in (None, row[3]) and asked.base_id in (None, row[2])]
    rooms = {row[0]: _room(row, asked) for row in wanted}
    await _put_in(caller, rooms, from_at, until_at)
    between = {"spaces": list(rooms), "from": from_at - MARGIN, "until": until_at + MARGIN,
               "from_start": from_at - MARGIN - LONGEST}  # fmt: skip
    for space_id, starts_at, ends_at, whole in await caller.rows(
        _ALL_BOOKED if asked.purpose in WHOLE else _TAKEN_WHOLE, between
    ):
        rooms[space_id].booked.append((number(starts_at), number(ends_at), bool(whole)))
    whole = any(one.before or one.after for one in rooms.values())
    busy: dict[UUID, list[Span]] = {one: [] for one in (*asked.pupil_ids, *asked.staff_ids)}
    for kind, space_id, pupil_id, staff_id, starts_at, ends_at, begins, ends in await presences_between(
        caller, from_at - MARGIN, until_at + MARGIN, spaces=rooms, pupils=asked.pupil_ids, adults=asked.staff_ids,
        whole=whole,
    ):  # fmt: skip
        span = number(starts_at), number(ends_at)
        if kind == IN_SPACE:
            rooms[space_id].stays.append(Stay(*span, pupil_id is not None, bool(begins), bool(ends)))
        elif kind == VISIT:
            rooms[space_id].visits.append((pupil_id, (span[0], min(span[1], number(starts_at + LONGEST)))))
        else:
            busy[pupil_id if kind == PUPIL else staff_id].append(span)
    schools = {room.school_id for room in rooms.values()}
    return Facts(list(rooms.values()), busy, await calendars_of(caller, schools) if schools else {})


@lru_cache(maxsize=16)
def _base(kinds: frozenset[str]) -> Prepared:
    ways = [among(Base.school_id, "scope_schools")] if "schools" in kinds else []
    ways += [among(Base.id, "scope_bases")] if "bases" in kinds else []
    ways += [among(Base.school_id, "scope_own_schools")] if "own" in kinds else []
    return Prepared(select(col(Base.id)).where(col(Base.id) == bindparam("base", type_=Uuid()), or_(false(), *ways)))


async def _check_base(caller: Caller, base_id: UUID) -> None:
    """Raise `Invalid` unless a base in which nothing was found is one that the caller reaches: it has no space."""
    if not await caller.rows(_base(caller.scope.kinds), {**caller.scope.binds(), "base": base_id}):
        raise Invalid(errors=[("/base_id", "is not a base within your reach")])


def _room(row: Sequence[Any], asked: AvailabilityAsked) -> Room:
    space_id, school_id, base_id, kind, places, features, ratio, before, after, ended_on = row[: len(_OWN)]
    theirs = row[-2] == len(asked.pupil_ids) and row[-1] == len(asked.staff_ids)
    terms = Terms(*row[len(_OWN) : len(_OWN) + len(TERMS)])
    return Room(space_id, school_id, base_id, kind, places, features, ratio, before * MINUTE, after * MINUTE,
                ended_on, terms, theirs)  # fmt: skip


async def _put_in(caller: Caller, rooms: dict[UUID, Room], from_at: datetime, until_at: datetime) -> None:
    """Put into each room when it is closed."""
    for closure in await closures_between(caller, from_at, until_at):
        for room in rooms.values():
            if covers(closure, room.school_id, room.base_id, room.id):
                room.closed.append((number(closure[3]), number(closure[4])))
