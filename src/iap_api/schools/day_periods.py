"""Day periods over HTTP: the named periods of the school day, entered, read, changed and ended."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
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
    DayPeriodChange,
    DayPeriodCreate,
    DayPeriodEnd,
    DayPeriodFilters,
    DayPeriodRead,
)
from iap_api.schools.calendar_tables import DayPeriod

routes = Routes("/v1/day-periods", "school calendar")
visible = within_school(col(DayPeriod.school_id))


class DayPeriodTwice(Conflict):
    status, kind, title = 409, "day-period-twice", "The school has a period of that name at that time"
    advice = "Add the weekday to the one that is there, or choose another name."


class DayPeriodEnded(Conflict):
    status, kind, title = 409, "day-period-ended", "The period has ended"
    advice = "What ended stays as it was, for the figures of that time: enter a new period."


refuse("uq_day_periods_live", DayPeriodTwice)
refuse("uq_day_periods_school_id_name_from_time_until_time", DayPeriodTwice)
day_periods = Reading(
    DayPeriodRead,
    DayPeriod,
    visible=visible,
    resource="day_period",
    school=col(DayPeriod.school_id),
    filters={"school_id": lambda value: col(DayPeriod.school_id) == value},
)


@routes.get("", response_model=Listed[DayPeriodRead], summary="List day periods")
async def list_day_periods(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[DayPeriodFilters, Query()]
) -> Response:
    """The named periods of the caller's schools, ended ones too."""
    return await day_periods.page(caller, filters)


@routes.post(
    "", response_model=DayPeriodRead, status_code=201, summary="Name a period of the day",
    openapi_extra=problems(DayPeriodTwice),
)  # fmt: skip
async def create_day_period(
    caller: Annotated[Caller, may(Permission.calendar_write)], body: DayPeriodCreate
) -> Response:
    """Name a period of the school day; periods may overlap, for not every year group has its break at once."""
    return await _create(caller, body, None)


@routes.put(
    "/{day_period_id}",
    response_model=DayPeriodRead,
    status_code=201,
    summary="Name a period of the day under an id of your own",
    openapi_extra=problems(DayPeriodTwice),
)
async def put_day_period(
    caller: Annotated[Caller, may(Permission.calendar_write)], day_period_id: Id, body: DayPeriodCreate
) -> Response:
    """As `create_day_period`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, day_period_id)


async def _create(caller: Caller, body: DayPeriodCreate, chosen: UUID | None) -> Response:
    period_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.school_id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        values = body.model_dump()
        _check(values, values)
        await caller.create(DayPeriod(id=period_id, **values), body.school_id, resource="day_period")
    location = f"/v1/day-periods/{period_id}"
    return await day_periods.one(caller, period_id, status=201 if fresh else 200, location=location)


def _check(period: dict[str, Any], sent: dict[str, Any]) -> None:
    """Check a whole period and bring its weekdays into order; raises `Invalid` naming what was sent."""
    if period["until_time"] <= period["from_time"]:
        pointer = "/until_time" if "until_time" in sent else "/from_time"
        raise Invalid(errors=[(pointer, "leaves no time: a period ends after it begins, on the same day")])
    if len(set(period["weekdays"])) != len(period["weekdays"]):
        raise Invalid(errors=[("/weekdays", "names a day twice")])
    if "weekdays" in sent:
        sent["weekdays"] = sorted(sent["weekdays"])


@routes.get("/{day_period_id}", response_model=DayPeriodRead, summary="Read a day period")
async def read_day_period(caller: Annotated[Caller, may(Permission.setting_read)], day_period_id: Id) -> Response:
    """One named period of the school day."""
    return await day_periods.one(caller, day_period_id)


@routes.patch(
    "/{day_period_id}", response_model=DayPeriodRead, summary="Change a day period",
    openapi_extra=problems(DayPeriodTwice, DayPeriodEnded),
)  # fmt: skip
async def change_day_period(
    caller: Annotated[Caller, may(Permission.calendar_write)],
    day_period_id: Id,
    body: DayPeriodChange,  # type: ignore[valid-type]
) -> Response:
    """Correct name, weekdays or times (merge patch); for a new timetable end the period and name a new one."""
    period: DayPeriod = await _still_there(caller, day_period_id)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    before = {name: getattr(period, name) for name in ("weekdays", "from_time", "until_time")}
    _check({**before, **values}, values)
    await caller.change(period, values, period.school_id, resource="day_period")
    return await day_periods.one(caller, day_period_id)


@routes.post(
    "/{day_period_id}/end", response_model=DayPeriodRead, summary="End a day period",
    openapi_extra=problems(DayPeriodEnded),
)  # fmt: skip
async def end_day_period(
    caller: Annotated[Caller, may(Permission.calendar_write)], day_period_id: Id, body: DayPeriodEnd
) -> Response:
    """Say from which day the school no longer has the period; figures of the time before keep it."""
    period = await _still_there(caller, day_period_id)
    await caller.change(period, body.model_dump(), period.school_id, resource="day_period", kind="ended")
    return await day_periods.one(caller, day_period_id)


async def _still_there(caller: Caller, day_period_id: UUID) -> DayPeriod:
    period: DayPeriod = await for_change(caller, DayPeriod, day_period_id, visible)
    if period.ended_on is not None:
        raise DayPeriodEnded()
    return period
