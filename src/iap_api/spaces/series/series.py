"""Series over HTTP: a booking every week or fortnight in term time, made in one call, read, and tried again."""

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import null
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading
from iap_api.core import clock
from iap_api.core.errors import NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.bookings.booking_changes import check_whose
from iap_api.spaces.bookings.booking_scope import series_visible
from iap_api.spaces.bookings.clashes import RULES, NotYours
from iap_api.spaces.bookings.named_groups import with_group
from iap_api.spaces.bookings.refused_requests import note_each
from iap_api.spaces.bookings.shown_pupils import PupilsNotShown, check_shown, count_others, held_for_change, read_of
from iap_api.spaces.conditions import NotYoursToBook, WalkInOnly
from iap_api.spaces.series.series_asked import Planned, planned
from iap_api.spaces.series.series_booking import SeriesClash, book_days, clash
from iap_api.spaces.series.series_days import days_shown, keep, keep_again, outcomes
from iap_api.spaces.series.series_shapes import SeriesCreate, SeriesFilters, SeriesRead, SeriesWhole
from iap_api.spaces.tables import Series

routes = Routes("/v1/series", "series")
ASKED = (SeriesClash, WalkInOnly, NotYoursToBook)
_READ = read_of(Series)


def _finished(item: dict[str, Any]) -> None:
    count_others(item)
    for name in ("from_time", "until_time"):
        item[name] = item[name].strftime("%H:%M")


class WithDays(Reading[SeriesWhole]):
    """Reads one series together with its days; whoever may see the series may see what became of it."""

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one series within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        plan = self.plan(caller.scope.kinds, frozenset(), frozenset(), "one")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "wanted": wanted})
        if not rows:
            raise NotFound()
        item = self._render(plan, rows[0], {})
        item["occurrences"] = await days_shown(caller, wanted)
        if not caller.noted(wanted):
            caller.saw(self.resource, item["school_id"], item["pupil_ids"], wanted)
        return self._sent(caller, item, status, location)


series = Reading(
    SeriesRead, Series, visible=series_visible, resource="series", school=col(Series.school_id),
    pupil=col(Series.pupil_ids), filters={"space_id": lambda value: col(Series.space_id) == value}, finish=_finished,
    **_READ,
)  # fmt: skip
with_days = WithDays(
    SeriesWhole, Series, visible=series_visible, resource="series", school=col(Series.school_id),
    pupil=col(Series.pupil_ids), finish=_finished, **{**_READ, "also": {**_READ["also"], "occurrences": null()}},
)  # fmt: skip


@routes.get("", response_model=Listed[SeriesRead], summary="List series")
async def list_series(
    caller: Annotated[Caller, may(Permission.booking_read)], filters: Annotated[SeriesFilters, Query()]
) -> Response:
    """The series within reach, in the order they were made; one of them is read with its days."""
    return await series.page(caller, filters)


@routes.post(
    "", response_model=SeriesWhole, status_code=201, summary="Book a space every week", openapi_extra=problems(*ASKED)
)
async def create_series(caller: Annotated[Caller, may(Permission.booking_write)], body: SeriesCreate) -> Response:
    """Book a space at a local time on weekdays of term time, for up to one academic year and 200 school days.

    09:00 stays 09:00 when the clocks change. The answer lists every day: booked, skipped with what stood in the way,
    or no school day. With `on_conflict` `fail`, one day that cannot be booked lets nothing be booked, and the 409
    `series-clash` names each such day. Where the space needs approval, the bookings are requested.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{series_id}", response_model=SeriesWhole, status_code=201, summary="Book every week under an id of your own",
    openapi_extra=problems(*ASKED),
)  # fmt: skip
async def put_series(
    caller: Annotated[Caller, may(Permission.booking_write)], series_id: Id, body: SeriesCreate
) -> Response:
    """As `create_series`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, series_id)


async def _create(caller: Caller, body: SeriesCreate, chosen: UUID | None) -> Response:
    series_id, fresh = await caller.once(body, chosen)
    location = f"/v1/series/{series_id}"
    if not fresh:
        return await with_days.one(caller, series_id, location=location)
    values = await with_group(caller, body.model_dump(exclude={"on_conflict"}))
    values |= {name: time.fromisoformat(values[name]) for name in ("from_time", "until_time")}
    plan = await planned(caller, values)
    row = {**values, "id": series_id, "school_id": plan.school_id, "booked_by": caller.account_id}
    about = sorted({pupil_id for one in plan.slots for pupil_id in one.pupil_ids} | set(values["pupil_ids"]))
    made = await caller.insert(Series, row, plan.school_id, resource="series", pupil_ids=about)
    rules, rows = await book_days(caller, series_id, values, plan)
    if body.on_conflict == "fail" and (rules or plan.refused):
        raise await clash(caller, body.space_id, rules, rows, plan.refused)
    note_skipped(caller, made, plan, rules)
    await keep(caller, plan.school_id, series_id, outcomes(plan, rules))
    return await with_days.one(caller, series_id, status=201, location=location)


def note_skipped(caller: Caller, of_series: dict[str, Any], plan: Planned, rules: dict[Any, str]) -> None:
    """Note each day on which the space was refused, by its terms or by a rule, for the figures of its use."""
    kinds = [*plan.refused.values(), *(RULES[rule].kind for rule in rules.values())]
    note_each(caller, of_series["school_id"], of_series["space_id"], kinds)


@routes.get("/{series_id}", response_model=SeriesWhole, summary="Read a series")
async def read_series(caller: Annotated[Caller, may(Permission.booking_read)], series_id: Id) -> Response:
    """One series with each of its days, and what has become of the booking of each."""
    return await with_days.one(caller, series_id)


@routes.post(
    "/{series_id}/retry",
    response_model=SeriesWhole,
    summary="Try the skipped days of a series again",
    openapi_extra=problems(NotYours, PupilsNotShown, WalkInOnly, NotYoursToBook),
)
async def retry_series(caller: Annotated[Caller, may(Permission.booking_write)], series_id: Id) -> Response:
    """Book what was skipped and is still to come, where the place is free by now; the calendar is asked anew too."""
    row, hidden = await held_for_change(caller, Series, series_id, series_visible)
    await check_whose(caller, row)
    check_shown(hidden, {"occurrences": ()})
    today = clock.today()
    days = [
        one["on"]
        for one in await days_shown(caller, series_id)
        if one["outcome"] in ("skipped", "not_a_school_day") and today <= one["on"] <= row.until_on
    ]
    values = row.model_dump()
    plan = await planned(caller, values, days)
    rules, _ = await book_days(caller, series_id, values, plan)
    note_skipped(caller, values, plan, rules)
    await keep_again(caller, series_id, outcomes(plan, rules))
    row.version, row.updated_at = row.version + 1, clock.now()
    about = sorted({pupil_id for one in plan.slots for pupil_id in one.pupil_ids} | set(row.pupil_ids))
    caller.event("updated", "series", row.school_id, resource_id=series_id, pupil_ids=about, fields=["occurrences"])
    await caller.session.flush()
    return await with_days.one(caller, series_id)
