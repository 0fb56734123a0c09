"""Academic years over HTTP: a school's calendar entered whole, read whole, and changed by replacing its lists."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import and_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.calendar_shapes import (
    AcademicYearChange,
    AcademicYearCreate,
    AcademicYearFilters,
    AcademicYearRead,
)
from iap_api.schools.calendar_tables import AcademicYear
from iap_api.schools.tables import School

routes = Routes("/v1/academic-years", "school calendar")
visible = within_school(col(AcademicYear.school_id))
LONGEST = timedelta(days=400)
Wrong = list[tuple[str, str]]


class AcademicYearsOverlap(Conflict):
    status, kind, title = 409, "academic-years-overlap", "Another academic year of the school has one of these days"
    advice = "Begin after the other year has ended, or change that one first."


refuse("academic_years_overlap", AcademicYearsOverlap)
academic_years = Reading(
    AcademicYearRead,
    AcademicYear,
    visible=visible,
    resource="academic_year",
    school=col(AcademicYear.school_id),
    also={"terms": col(AcademicYear.terms), "days_off": col(AcademicYear.days_off)},
    filters={
        "school_id": lambda value: col(AcademicYear.school_id) == value,
        "on": lambda value: and_(col(AcademicYear.starts_on) <= value, col(AcademicYear.ends_on) >= value),
    },
)


@routes.get("", response_model=Listed[AcademicYearRead], summary="List academic years")
async def list_academic_years(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[AcademicYearFilters, Query()]
) -> Response:
    """The academic years of the caller's schools, each whole; `on` names a day."""
    return await academic_years.page(caller, filters)


@routes.post(
    "", response_model=AcademicYearRead, status_code=201, summary="Enter an academic year",
    openapi_extra=problems(AcademicYearsOverlap),
)  # fmt: skip
async def create_academic_year(
    caller: Annotated[Caller, may(Permission.calendar_write)], body: AcademicYearCreate
) -> Response:
    """Enter a year with its terms and days off in one call; a day belongs to one year of a school at most."""
    return await _create(caller, body, None)


@routes.put(
    "/{academic_year_id}",
    response_model=AcademicYearRead,
    status_code=201,
    summary="Enter an academic year under an id of your own",
    openapi_extra=problems(AcademicYearsOverlap),
)
async def put_academic_year(
    caller: Annotated[Caller, may(Permission.calendar_write)], academic_year_id: Id, body: AcademicYearCreate
) -> Response:
    """As `create_academic_year`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, academic_year_id)


async def _create(caller: Caller, body: AcademicYearCreate, chosen: UUID | None) -> Response:
    year_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.school_id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        values = _values(body)
        if wrong := faults(values):
            raise Invalid(errors=wrong)
        year = AcademicYear(id=year_id, **_in_order(values))
        await _one_by_one(caller, body.school_id)
        await caller.create(year, body.school_id, resource="academic_year")
    location = f"/v1/academic-years/{year_id}"
    return await academic_years.one(caller, year_id, status=201 if fresh else 200, location=location)


async def _one_by_one(caller: Caller, school_id: UUID) -> None:
    # an exclusion constraint alone can deadlock rivals: each has written before it waits for the other
    school = select(col(School.id)).where(col(School.id) == school_id)
    await caller.session.execute(school.with_for_update(key_share=True))


def _values(body: Any) -> dict[str, Any]:
    """Return what was sent as columns: items of the lists as they are kept, their days as text."""
    sent: dict[str, Any] = body.model_dump(exclude_unset=True)
    for name in ("terms", "days_off"):
        if name in sent:
            sent[name] = [one.model_dump(mode="json") for one in getattr(body, name)]
    return sent


def faults(year: Mapping[str, Any]) -> Wrong:
    """Return what is wrong with a whole year, as pointers and words; lists as they are kept, days in them as text."""
    first, last = year["starts_on"], year["ends_on"]
    if last <= first:
        return [("/ends_on", "is not after starts_on")]
    if last - first > LONGEST:
        return [("/ends_on", f"makes the year longer than {LONGEST.days} days")]
    terms, days_off = year["terms"], year.get("days_off", [])
    wrong = [*_outside("terms", terms, "starts_on", "ends_on", first, last)]
    wrong += _outside("days_off", days_off, "from_on", "until_on", first, last)
    in_order = sorted(enumerate(terms), key=lambda numbered: numbered[1]["starts_on"])
    for (_, one), (number, following) in pairwise(in_order):
        if following["starts_on"] <= one["ends_on"]:
            wrong.append((f"/terms/{number}/starts_on", "lies in the term before it"))
    return wrong


def _in_order(values: dict[str, Any]) -> dict[str, Any]:
    """Return the same with its lists in the order of their days."""
    order = {"terms": ("starts_on", "ends_on"), "days_off": ("from_on", "until_on")}
    sorted_lists = {
        name: sorted(values[name], key=lambda one: [one[day] for day in days])
        for name, days in order.items()
        if name in values
    }
    return {**values, **sorted_lists}


def _outside(
    where: str, items: Iterable[Mapping[str, str]], begins: str, ends: str, first: date, last: date
) -> Iterable[tuple[str, str]]:
    for number, one in enumerate(items):
        for name in (begins, ends):
            if not first <= date.fromisoformat(one[name]) <= last:
                yield f"/{where}/{number}/{name}", "lies outside the academic year"
        if one[ends] < one[begins]:
            yield f"/{where}/{number}/{ends}", f"lies before {begins}"


@routes.get("/{academic_year_id}", response_model=AcademicYearRead, summary="Read an academic year")
async def read_academic_year(caller: Annotated[Caller, may(Permission.setting_read)], academic_year_id: Id) -> Response:
    """One academic year with its terms and days off."""
    return await academic_years.one(caller, academic_year_id)


@routes.patch(
    "/{academic_year_id}", response_model=AcademicYearRead, summary="Change an academic year",
    openapi_extra=problems(AcademicYearsOverlap),
)  # fmt: skip
async def change_academic_year(
    caller: Annotated[Caller, may(Permission.calendar_write)],
    academic_year_id: Id,
    body: AcademicYearChange,  # type: ignore[valid-type]
) -> Response:
    """Change name, days, terms or days off (merge patch): a list that is sent replaces the one that was there."""
    year: AcademicYear = await for_change(caller, AcademicYear, academic_year_id, visible)
    values = _values(body)
    before = {name: getattr(year, name) for name in ("starts_on", "ends_on", "terms", "days_off")}
    if wrong := faults({**before, **values}):
        raise Invalid(errors=[_as_sent(one, values) for one in wrong])
    await _one_by_one(caller, year.school_id)
    await caller.change(year, _in_order(values), year.school_id, resource="academic_year")
    return await academic_years.one(caller, academic_year_id)


def _as_sent(wrong: tuple[str, str], sent: Mapping[str, Any]) -> tuple[str, str]:
    """Return the same under a member that was sent: a list that was not is wrong only for the new days of the year."""
    pointer, words = wrong
    if pointer.split("/")[1] in sent:
        return wrong
    moved = next(name for name in ("starts_on", "ends_on") if name in sent)
    return f"/{moved}", f"does not fit {pointer[1:]}, which {words}"
