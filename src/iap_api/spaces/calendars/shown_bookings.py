"""The bookings of a space, a member of staff or a base over a period, with pupils by their initials alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, or_, select, type_coerce
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among, shares
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.initials import initials
from iap_api.pupils.scope import current, pupil_visible
from iap_api.pupils.tables import Placement, Pupil
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.calendars.feed_scope import Shown
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Booking, Space

_WANTED, _SCHOOL = bindparam("wanted", type_=Uuid()), bindparam("school", type_=Uuid())


class ShownBooking(NamedTuple):
    """One booking as a calendar or a timetable shows it."""

    id: UUID
    version: int
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime
    purpose: str
    subject: str | None
    status: str
    space: str
    pupil_ids: list[UUID]


def _of(kind: str) -> ColumnElement[bool]:
    """Return the filter for what is shown; a base shows its own spaces, and halls when a child of the base is there."""
    if kind == "space_id":
        return col(Booking.space_id) == _WANTED
    if kind == "staff_id":
        return shares(Booking.staff_ids, select(type_coerce(_WANTED, Uuid())))
    placed = select(col(Placement.pupil_id)).where(
        col(Placement.base_id) == _WANTED, current(col(Placement.from_on), col(Placement.until_on))
    )
    return or_(col(Space.base_id) == _WANTED, and_(col(Space.base_id).is_(None), shares(Booking.pupil_ids, placed)))


@lru_cache(maxsize=64)
def _statement(kind: str, kinds: frozenset[str]) -> Prepared:
    columns = (
        Booking.id, Booking.version, Booking.updated_at, Booking.starts_at, Booking.ends_at, Booking.purpose,
        Booking.subject, Booking.status, Space.name, Booking.pupil_ids,
    )  # fmt: skip
    return Prepared(
        select(*(col(one) for one in columns))
        .join(Space, col(Space.id) == col(Booking.space_id))
        .where(
            col(Booking.school_id) == _SCHOOL,
            col(Space.school_id) == _SCHOOL,
            _of(kind),
            booking_visible(kinds),
            col(Booking.ends_at) > bindparam("from", type_=UtcDateTime()),
            # no booking is longer than twelve hours, so the search by start is bounded
            col(Booking.starts_at) > bindparam("from_start", type_=UtcDateTime()),
            col(Booking.starts_at) < bindparam("until", type_=UtcDateTime()),
        )
        .order_by(col(Booking.starts_at), col(Booking.id))
        .limit(bindparam("most"))
    )


async def bookings_of(
    caller: Caller, shown: Shown, from_at: datetime, until_at: datetime, most: int
) -> list[ShownBooking]:
    """Return at most `most` bookings that touch the period and are within the caller's reach, the earliest first."""
    given = {
        **caller.scope.binds(), "wanted": shown.id, "school": shown.school_id, "from": from_at,
        "from_start": from_at - LONGEST, "until": until_at, "most": most,
    }  # fmt: skip
    rows = await caller.rows(_statement(shown.kind, caller.scope.kinds), given)
    return [ShownBooking(*row) for row in rows]


@lru_cache(maxsize=16)
def _names(kinds: frozenset[str]) -> Prepared:
    columns = (col(Pupil.id), col(Pupil.preferred_name), col(Pupil.given_name), col(Pupil.family_name))
    return Prepared(select(*columns).where(among(Pupil.id, "pupils"), pupil_visible(kinds)))


async def initials_of(caller: Caller, pupil_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the initials of those pupils who are within the caller's reach; the others stay a number."""
    wanted = sorted(set(pupil_ids))
    if not wanted:
        return {}
    rows: Sequence[Any] = await caller.rows(_names(caller.scope.kinds), {**caller.scope.binds(), "pupils": wanted})
    return {row[0]: initials(row[1] or row[2], row[3]) for row in rows}


def told(pupil_ids: Sequence[UUID], known: dict[UUID, str]) -> str:
    """Return the pupils of one booking in a few letters, such as "AB, CD +2"; children with the same stay apart."""
    letters = sorted(known[one] for one in pupil_ids if one in known)
    others = len(pupil_ids) - len(letters)
    return " ".join([", ".join(letters)] * bool(letters) + [f"+{others}"] * bool(others))
