"""The calendar of a school: loaded by one statement, and answered day by day."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.access.scope import among
from iap_api.core.errors import Invalid
from iap_api.core.routes import Routes
from iap_api.core.transactions import Prepared
from iap_api.schools.calendar_shapes import SchoolDaysAsked, SchoolDaysRead
from iap_api.schools.calendar_tables import AcademicYear
from iap_api.schools.school_days import DayOff, SchoolCalendar, Term, Year

routes = Routes("/v1/school-days", "school calendar")
MOST_DAYS = 400
_YEARS = select(
    col(AcademicYear.starts_on), col(AcademicYear.ends_on), col(AcademicYear.terms), col(AcademicYear.days_off)
).where(col(AcademicYear.school_id) == bindparam("school_id", type_=Uuid()))


async def calendar_of(session: AsyncSession, school_id: UUID) -> SchoolCalendar:
    """Return the calendar of a school, empty if none was set up."""
    return SchoolCalendar(year_in(row) for row in (await session.execute(_YEARS, {"school_id": school_id})).all())


_OF_SCHOOLS = Prepared(
    select(
        col(AcademicYear.starts_on), col(AcademicYear.ends_on), col(AcademicYear.terms), col(AcademicYear.days_off),
        col(AcademicYear.school_id),
    ).where(among(AcademicYear.school_id, "calendar_schools"))
)  # fmt: skip


async def calendars_of(caller: Caller, school_ids: Collection[UUID]) -> dict[UUID, SchoolCalendar]:
    """Return the calendars of several schools, of those that have entered any academic year."""
    years: dict[UUID, list[Year]] = {}
    for row in await caller.rows(_OF_SCHOOLS, {"calendar_schools": list(school_ids)}):
        years.setdefault(row[4], []).append(year_in(row[:4]))
    return {school_id: SchoolCalendar(some) for school_id, some in years.items()}


def year_in(row: Sequence[Any]) -> Year:
    """Return a kept year (starts_on, ends_on, terms, days_off) as plain values."""
    starts_on, ends_on, terms, days_off = row
    day = date.fromisoformat
    return Year(
        starts_on, ends_on,
        [Term(one["name"], day(one["starts_on"]), day(one["ends_on"])) for one in terms],
        [DayOff(one["kind"], one["name"], day(one["from_on"]), day(one["until_on"])) for one in days_off],
    )  # fmt: skip


@routes.get("", response_model=SchoolDaysRead, summary="Tell which days are school days")
async def list_school_days(
    caller: Annotated[Caller, may(Permission.setting_read)], asked: Annotated[SchoolDaysAsked, Query()]
) -> Response:
    """Each day with why it is not a school day, if so; without a calendar a weekday is neither (`no_calendar`)."""
    wrong = []
    if asked.school_id not in caller.scope.around:
        wrong.append(("/school_id", "is not a school within your reach"))
    if asked.until_on < asked.from_on:
        wrong.append(("/until_on", "lies before from_on"))
    elif (asked.until_on - asked.from_on).days >= MOST_DAYS:
        wrong.append(("/until_on", f"lies more than {MOST_DAYS} days on"))
    if wrong:
        raise Invalid(errors=wrong)
    calendar = await calendar_of(caller.session, asked.school_id)
    items = [one._asdict() for one in calendar.days(asked.from_on, asked.until_on)]
    shown = {
        "school_id": asked.school_id,
        "school_days": sum(one["is_school_day"] is True for one in items),
        "items": items,
    }
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")
