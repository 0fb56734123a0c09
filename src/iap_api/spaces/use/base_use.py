"""Use figures of a base over HTTP: hours taught, how full its spaces are, what settles whom, and what was refused."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import Date, Uuid, bindparam, func, literal_column, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.access.scope import among
from iap_api.access.tables import LedgerEntry
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id, Shape
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import pupil_visible
from iap_api.pupils.tables import Placement, Pupil
from iap_api.schools.calendar_tables import DayPeriod
from iap_api.schools.school_calendar import calendar_of
from iap_api.spaces.calendars.feed_scope import within
from iap_api.spaces.tables import Space
from iap_api.spaces.use.curriculum_hours import SubjectHours, taught
from iap_api.spaces.use.figure_period import DaysAsked, instants, lies_in, period_of
from iap_api.spaces.use.occupancy import InUse, NamedPeriod, occupancy
from iap_api.spaces.use.settling import settled_in
from iap_api.spaces.visits.visiting import WHEREABOUTS

routes = Routes("/v1/bases/{base_id}/use", "use figures")


class PupilHours(Shape):
    """The curriculum of one pupil who was placed in the base within those days."""

    pupil_id: UUID
    subjects: list[SubjectHours]


class OccupancyRead(Shape):
    """One space in one period of the school day, over all school days asked for that have begun."""

    space_id: UUID
    day_period_id: UUID
    name: str
    pupil_minutes: int
    possible_minutes: int


class SettlingRead(Shape):
    """How often a pupil visited a space, and how often they went in in another zone and came out in green."""

    pupil_id: UUID
    space_id: UUID
    visits: int
    with_zones: int
    to_green: int


class RefusedRead(Shape):
    """How often a booking of a space was refused by one rule: the kind of problem it was answered with.

    Each day of a series that was refused counts, each time it was tried; one that the space refuses as a whole counts
    once.
    """

    space_id: UUID
    rule: str
    count: int


class BaseUseRead(Shape):
    """The figures of a base; `school_days` is how many school days have begun, 0 where the school has no calendar."""

    base_id: UUID
    from_on: date
    until_on: date
    school_days: int
    hours: list[PupilHours]
    occupancy: list[OccupancyRead]
    settling: list[SettlingRead]
    refused: list[RefusedRead]


_FROM, _UNTIL = bindparam("from", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())
_BASE, _SCHOOL = bindparam("base", type_=Uuid()), bindparam("school", type_=Uuid())
_SPACES = Prepared(
    select(col(Space.id), col(Space.places), col(Space.opening))
    .where(col(Space.base_id) == _BASE)
    .order_by(col(Space.id))
)
_PERIODS = Prepared(
    select(*(getattr(DayPeriod, name) for name in NamedPeriod._fields))
    .where(col(DayPeriod.school_id) == _SCHOOL)
    .order_by(col(DayPeriod.from_time), col(DayPeriod.id))
)
_THERE = Prepared(
    select(WHEREABOUTS.c.space_id, WHEREABOUTS.c.starts_at, WHEREABOUTS.c.ends_at).where(
        among(WHEREABOUTS.c.space_id, "spaces"),
        WHEREABOUTS.c.pupil_id.is_not(None),
        *lies_in(),
    )
)
# written out, for the index of refusals is found by these very words
_REFUSED = Prepared(
    select(col(LedgerEntry.resource_id), col(LedgerEntry.fields), func.count())
    .where(
        col(LedgerEntry.school_id) == _SCHOOL,
        col(LedgerEntry.kind) == literal_column("'booking.refused'"),
        among(LedgerEntry.resource_id, "spaces"),
        col(LedgerEntry.at) >= _FROM,
        col(LedgerEntry.at) < _UNTIL,
    )
    .group_by(col(LedgerEntry.resource_id), col(LedgerEntry.fields))
    .order_by(col(LedgerEntry.resource_id), col(LedgerEntry.fields))
)


@lru_cache(maxsize=16)
def _placed(kinds: frozenset[str]) -> Prepared:
    ends = col(Placement.until_on)
    return Prepared(
        select(col(Pupil.id))
        .where(
            pupil_visible(kinds),
            col(Pupil.id).in_(
                select(col(Placement.pupil_id)).where(
                    col(Placement.base_id) == _BASE,
                    col(Placement.from_on) <= bindparam("until_on", type_=Date()),
                    or_(ends.is_(None), ends >= bindparam("from_on", type_=Date())),
                )
            ),
        )
        .order_by(col(Pupil.id))
    )


@routes.get("", response_model=BaseUseRead, summary="Read how a base was used")
async def read_base_use(
    caller: Annotated[Caller, may(Permission.use_figures)], base_id: Id, asked: Annotated[DaysAsked, Query()]
) -> Response:
    """From who was really there: bookings less whatever took people out, and visits.

    Hours are those of pupils within reach who were placed in the base within those days. Occupancy is of school days
    alone. Only refusals that a rule of the space or its times gave are counted, not bad requests.
    """
    from_at, until_at = instants(asked)
    shown = await within(caller, caller.scope, "base_id", base_id)
    if shown is None:
        raise NotFound()
    until_at = min(until_at, clock.now())
    days = {"from_on": asked.from_on, "until_on": asked.until_on}
    placed = await caller.rows(_placed(caller.scope.kinds), {**caller.scope.binds(), "base": base_id, **days})
    pupil_ids = [row[0] for row in placed]
    spaces = [InUse(*row) for row in await caller.rows(_SPACES, {"base": base_id})]
    hours = await taught(caller, pupil_ids, from_at, until_at)
    school_days = await _school_days(caller, shown.school_id, asked)
    found = {
        "base_id": base_id, **days, "school_days": len(school_days),
        "hours": [{"pupil_id": one, "subjects": hours[one]} for one in pupil_ids],
        "occupancy": await _occupancy(caller, shown.school_id, spaces, school_days, from_at, until_at),
        "settling": await settled_in(caller, shown.school_id, pupil_ids, from_at, until_at),
        "refused": await _refused(caller, shown.school_id, spaces, from_at, until_at),
    }  # fmt: skip
    if pupil_ids:
        caller.saw("curriculum_hours", shown.school_id, pupil_ids, base_id)
    return Response(msgspec.json.encode(found), 200, dict(PRIVATE), "application/json")


async def _school_days(caller: Caller, school_id: UUID, asked: DaysAsked) -> list[date]:
    calendar = await calendar_of(caller.session, school_id)
    return calendar.school_days(asked.from_on, min(asked.until_on, clock.today()))


async def _occupancy(
    caller: Caller, school_id: UUID, spaces: Sequence[InUse], days: Sequence[date], from_at: datetime,
    until_at: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    by_id = {one.id: one for one in spaces}
    given = {"spaces": list(by_id), **period_of(from_at, until_at)}
    for space_id, starts_at, ends_at in await caller.rows(_THERE, given):
        by_id[space_id].there.append((starts_at, min(ends_at, until_at)))
    periods = [NamedPeriod(*row) for row in await caller.rows(_PERIODS, {"school": school_id})]
    return occupancy(spaces, periods, days)


async def _refused(
    caller: Caller, school_id: UUID, spaces: Sequence[InUse], from_at: datetime, until_at: datetime
) -> list[dict[str, Any]]:
    given = {"school": school_id, "spaces": [one.id for one in spaces], "from": from_at, "until": until_at}
    return [
        {"space_id": space_id, "rule": rule, "count": count}
        for space_id, rule, count in await caller.rows(_REFUSED, given)
    ]
