"""Free and busy times over HTTP: when a space, a pupil or a member of staff is taken, without saying by what."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, Visible, within_school
from iap_api.core.errors import Invalid, NotFound
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id, Instant, Shape
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import reach_pupil, school_between
from iap_api.schools.tables import Staff
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.free_times.availability_facts import closures_between, covers
from iap_api.spaces.free_times.busy_times import Period, laid_over, merged
from iap_api.spaces.tables import Booking, Space
from iap_api.spaces.use.presence_periods import presences_between

routes = Routes("/v1", "availability")
MOST = timedelta(days=31)


class FreeBusyAsked(BaseModel):
    """Between which two instants, at most 31 days apart."""

    model_config = ConfigDict(extra="forbid")

    from_at: Instant
    until_at: Instant


class BusyRead(Shape):
    """A time that is taken."""

    starts_at: datetime
    ends_at: datetime


class FreeBusyRead(Shape):
    """When a person is booked; two bookings without a break are one time."""

    from_at: datetime
    until_at: datetime
    busy: list[BusyRead]


class SpaceBusyRead(Shape):
    """A time in which a space is in use or closed."""

    starts_at: datetime
    ends_at: datetime
    free_places: int = Field(description="For how many pupils more there is room; 0 where it is closed or taken whole.")


class SpaceFreeBusyRead(Shape):
    """When a space is in use or closed, cut where the number of places left changes."""

    from_at: datetime
    until_at: datetime
    busy: list[SpaceBusyRead]


Asked = Annotated[FreeBusyAsked, Query()]


@routes.get("/spaces/{space_id}/free-busy", response_model=SpaceFreeBusyRead, summary="Tell when a space is taken")
async def read_space_free_busy(
    caller: Annotated[Caller, may(Permission.space_read)], space_id: Id, asked: Asked
) -> Response:
    """For all staff of the school: by whom and for what it is taken is not said.

    Bookings that wait for approval hold no place yet. The time that a space keeps free between bookings is not in it:
    what can be booked is asked of `find_availability`.
    """
    within = _within(asked)
    school_id, base_id, places = await _one(caller, Space, space_id)
    there = await presences_between(caller, *within, spaces=[space_id])
    booked = await caller.rows(_BOOKED, {"space": space_id, **_bounds(within)})
    closures = await closures_between(caller, *within)
    closed = [(one[3], one[4]) for one in closures if covers(one, school_id, base_id, space_id)]
    pupils = [(row[4], row[5]) for row in there if row[2] is not None]
    used = [(row[4], row[5]) for row in there] + [(row[0], row[1]) for row in booked]
    full = closed + [(starts_at, ends_at) for starts_at, ends_at, purpose in booked if purpose in WHOLE]
    return _answer(within, [one._asdict() for one in laid_over(used, pupils, full, places, within)])


@routes.get("/pupils/{pupil_id}/free-busy", response_model=FreeBusyRead, summary="Tell when a pupil is booked")
async def read_pupil_free_busy(
    caller: Annotated[Caller, may(Permission.booking_read)], pupil_id: Id, asked: Asked
) -> Response:
    """Of a pupil within reach; where they are then is not said, for it may be a booking beyond reach."""
    within = _within(asked)
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    found = await presences_between(caller, *within, pupils=[pupil_id])
    caller.saw("availability", await school_between(caller, pupil_id, file_school_id), [pupil_id], pupil_id)
    return _answer(within, _times(found, within))


@routes.get("/staff/{staff_id}/free-busy", response_model=FreeBusyRead, summary="Tell when an adult is booked")
async def read_staff_free_busy(
    caller: Annotated[Caller, may(Permission.space_read)], staff_id: Id, asked: Asked
) -> Response:
    """For all staff of the school: with whom and where they are then is not said."""
    within = _within(asked)
    await _one(caller, Staff, staff_id)
    return _answer(within, _times(await presences_between(caller, *within, adults=[staff_id]), within))


def _within(asked: FreeBusyAsked) -> Period:
    if asked.until_at <= asked.from_at:
        raise Invalid(errors=[("/until_at", "must be later than from_at")])
    if asked.until_at - asked.from_at > MOST:
        raise Invalid(errors=[("/until_at", f"must be at most {MOST.days} days after from_at")])
    return asked.from_at, asked.until_at


_REACHED: dict[Any, Visible] = {
    Space: within_school(col(Space.school_id)),
    Staff: within_school(col(Staff.school_id)),
}
_COLUMNS: dict[Any, tuple[Any, ...]] = {
    Space: (col(Space.school_id), col(Space.base_id), col(Space.places)),
    Staff: (col(Staff.school_id),),
}


@lru_cache(maxsize=32)
def _found(table: Any, kinds: frozenset[str]) -> Prepared:
    wanted = table.id == bindparam("wanted", type_=Uuid())
    return Prepared(select(*_COLUMNS[table]).where(wanted, _REACHED[table](kinds)))


async def _one(caller: Caller, table: Any, wanted: UUID) -> Any:
    rows = await caller.rows(_found(table, caller.scope.kinds), {**caller.scope.binds(), "wanted": wanted})
    if not rows:
        raise NotFound()
    return rows[0]


# what is booked for nobody by name, such as cleaning, takes the room all the same
_BOOKED = Prepared(
    select(col(Booking.starts_at), col(Booking.ends_at), col(Booking.purpose)).where(
        col(Booking.space_id) == bindparam("space", type_=Uuid()),
        col(Booking.status) == "booked",
        col(Booking.starts_at) < bindparam("until", type_=UtcDateTime()),
        col(Booking.starts_at) > bindparam("from_start", type_=UtcDateTime()),
        col(Booking.ends_at) > bindparam("from", type_=UtcDateTime()),
    )
)


def _bounds(within: Period) -> dict[str, datetime]:
    return {"from": within[0], "from_start": within[0] - LONGEST, "until": within[1]}


def _times(rows: Any, within: Period) -> list[dict[str, datetime]]:
    periods = merged(((row[4], row[5]) for row in rows), within)
    return [{"starts_at": starts_at, "ends_at": ends_at} for starts_at, ends_at in periods]


def _answer(within: Period, busy: list[Any]) -> Response:
    shown = {"from_at": within[0], "until_at": within[1], "busy": busy}
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")
