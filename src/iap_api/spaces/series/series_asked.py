"""What a series asks for, day by day, held against reach, calendar and the terms of the space; no clash yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.errors import Invalid, Problem
from iap_api.pupils.tables import Placement
from iap_api.schools.school_calendar import calendar_of
from iap_api.schools.school_days import SchoolCalendar
from iap_api.spaces.bookings.asked_for import approves, check_subject, whole_base, within_reach
from iap_api.spaces.bookings.booking_scope import TERMS
from iap_api.spaces.bookings.refused_requests import refused as refused_by
from iap_api.spaces.conditions import LONGEST, SpaceClosed, Terms, TooFarAhead
from iap_api.spaces.series.occurrences import NoSuchTimeError, days_of, instant

MOST = 200


class Slot(NamedTuple):
    """One day on which to book, and whom."""

    on: date
    starts_at: datetime
    ends_at: datetime
    pupil_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Planned:
    """The days to book, those the space's terms refuse (the problem's kind), and those without school (why)."""

    school_id: UUID
    status: str
    slots: list[Slot]
    refused: dict[date, str]
    no_school: dict[date, str]


async def planned(caller: Caller, values: Mapping[str, Any], days: Sequence[date] | None = None) -> Planned:
    """Return what a series (its columns) asks for on all its days, or on some.

    Raises `Invalid` with a pointer, and `WalkInOnly` or `NotYoursToBook`, which hold for every day alike.
    """
    check_times(values["from_time"], values["until_time"])
    check_subject(values["purpose"], values["subject"])
    school_id, base_id, terms = await space_within_reach(caller, values)
    calendar = await calendar_of(caller.session, school_id)
    if days is None:
        days = _days(calendar, values)
    periods = {on: period(on, values["from_time"], values["until_time"]) for on in days}
    told = {on: calendar.day(on) for on in days}
    open_days = [on for on in days if told[on].is_school_day]
    people = await _whom(caller, values, school_id, base_id, open_days)
    slots = [Slot(on, *periods[on], people[on]) for on in open_days]
    pupils = bool(values["pupil_ids"] or values["whole_base"])
    refused = await by_terms(caller, terms, values["space_id"], slots, pupils=pupils)
    asks = terms.needs_approval and not approves(caller, school_id, base_id)
    return Planned(
        school_id,
        "requested" if asks else "booked",
        [one for one in slots if one.on not in refused],
        refused,
        {on: told[on].reason or "no_calendar" for on in days if not told[on].is_school_day},
    )


def check_times(from_time: time, until_time: time) -> None:
    """Raise `Invalid` unless local times leave a period within one day, of at most twelve hours."""
    if until_time <= from_time:
        raise Invalid(errors=[("/until_time", "must be later than from_time, on the same day")])
    if datetime.combine(date.min, until_time) - datetime.combine(date.min, from_time) > LONGEST:
        raise Invalid(errors=[("/until_time", "must be at most 12 hours after from_time")])


def period(on: date, from_time: time, until_time: time) -> tuple[datetime, datetime]:
    """Return the instants of local times on a day; raises `Invalid` where the clocks leave one out or show it twice."""
    found = []
    for pointer, at in (("/from_time", from_time), ("/until_time", until_time)):
        try:
            found.append(instant(on, at))
        except NoSuchTimeError as error:
            raise Invalid(errors=[(pointer, str(error))]) from None
    return found[0], found[1]


async def space_within_reach(caller: Caller, values: Mapping[str, Any]) -> tuple[UUID, UUID | None, Terms]:
    """Return the school, the base and the terms of the space; raises `Invalid` for what is out of reach."""
    named = {"pupil_ids": values["pupil_ids"], "staff_ids": values["staff_ids"], "takes_from": []}
    found = await within_reach(caller, values["space_id"], named)
    return found[0], found[1], Terms(*found[2 : 2 + len(TERMS)])


async def by_terms(
    caller: Caller, terms: Terms, space_id: UUID, slots: Iterable[Slot], *, pupils: bool
) -> dict[date, str]:
    """Return the days that the space's terms refuse, each with the kind of problem.

    Raises what holds for every day alike, `WalkInOnly` and `NotYoursToBook`: no day is looked at, so one refusal is
    noted.
    """
    roles = {one.role.value for one in caller.held}
    refused = {}
    for one in slots:
        try:
            terms.check(one.starts_at, one.ends_at, pupils=pupils, roles=roles)
        except (SpaceClosed, TooFarAhead) as problem:
            refused[one.on] = problem.kind
        except Problem as problem:
            raise await refused_by(caller, space_id, problem) from None
    return refused


def _days(calendar: SchoolCalendar, values: Mapping[str, Any]) -> list[date]:
    from_on, until_on, weekdays = values["from_on"], values["until_on"], values["weekdays"]
    year = calendar.year_of(from_on)
    if until_on < from_on:
        raise Invalid(errors=[("/until_on", "lies before from_on")])
    if len(set(weekdays)) != len(weekdays):
        raise Invalid(errors=[("/weekdays", "names the same one twice")])
    if year is None:
        words = "lies in no academic year of the school's calendar: enter it first (POST /v1/academic-years)"
        raise Invalid(errors=[("/from_on", words)])
    if until_on > year.ends_on:
        raise Invalid(errors=[("/until_on", f"lies after the last day of the academic year, {year.ends_on}")])
    days = list(days_of(from_on, until_on, weekdays, values["every_weeks"]))
    count = sum(calendar.day(on).is_school_day is True for on in days)
    if not count:
        raise Invalid(errors=[("/weekdays", "fall on no school day between from_on and until_on")])
    if count > MOST:
        raise Invalid(errors=[("/until_on", f"makes {count} occurrences: at most {MOST} at once")])
    return days


async def _whom(
    caller: Caller, values: Mapping[str, Any], school_id: UUID, base_id: UUID | None, days: Sequence[date]
) -> dict[date, list[UUID]]:
    if not values["whole_base"]:
        return dict.fromkeys(days, values["pupil_ids"])
    base = whole_base(caller, school_id, base_id, values["pupil_ids"])
    if not days:
        return {}
    placed = select(col(Placement.pupil_id), col(Placement.from_on), col(Placement.until_on)).where(
        col(Placement.base_id) == base,
        col(Placement.from_on) <= max(days),
        or_(col(Placement.until_on).is_(None), col(Placement.until_on) >= min(days)),
    )
    rows = (await caller.session.execute(placed)).all()
    return {
        on: sorted({who for who, from_on, until_on in rows if from_on <= on and (until_on is None or until_on >= on)})
        for on in days
    }
