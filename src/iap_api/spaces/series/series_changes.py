"""A series changed or ended from a day on: every booking still ahead, or none of them."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.bookings.asked_for import ApprovalNeeded, approves, check_subject, grown
from iap_api.spaces.bookings.booking_changes import check_whose
from iap_api.spaces.bookings.booking_scope import series_visible
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.bookings.bookings import LIVE
from iap_api.spaces.bookings.clashes import NotYours
from iap_api.spaces.bookings.locks import hold_people, hold_spaces, innermost_first
from iap_api.spaces.bookings.refused_requests import refused
from iap_api.spaces.bookings.shown_pupils import (
    PupilsNotShown,
    check_shown,
    held_for_change,
    shown_pupils,
)
from iap_api.spaces.series.series import ASKED, with_days
from iap_api.spaces.series.series_asked import Slot, by_terms, check_times, period, space_within_reach
from iap_api.spaces.series.series_booking import SeriesClash, clash, rule_of
from iap_api.spaces.series.series_shapes import SeriesChange, SeriesEnd, SeriesWhole
from iap_api.spaces.tables import Booking, BookingTaking, Series, SeriesOccurrence

routes = Routes("/v1/series", "series")
_WORDS = {"note", "purpose", "subject"}
_TIMES = ("from_time", "until_time")


@routes.patch(
    "/{series_id}",
    response_model=SeriesWhole,
    summary="Change a series",
    openapi_extra=problems(NotYours, PupilsNotShown, ApprovalNeeded, *ASKED),
)
async def change_series(
    caller: Annotated[Caller, may(Permission.booking_write)],
    series_id: Id,
    body: SeriesChange,  # type: ignore[valid-type]
) -> Response:
    """Change all that is still ahead of a series, or what follows from a day on (merge patch); all of it or nothing.

    An occurrence that was changed by itself keeps its own change, and one that has begun, was cancelled or skipped
    stays as it is; skipped ones are tried again as the series is now. One alone is changed as the booking it is. The
    weekdays stay: end the series and make another. The 409 `series-clash` names each day that stands against it.
    """
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    row, hidden = await held_for_change(caller, Series, series_id, series_visible)
    scope, from_on = values.pop("scope", None), values.pop("from_on", None)
    if scope is None:
        raise Invalid(errors=[("/scope", "must say what is changed: all, or following")])
    if (scope == "following") != (from_on is not None):
        raise Invalid(errors=[("/from_on", "goes with the scope following, which needs it")])
    values |= {name: time.fromisoformat(values[name]) for name in _TIMES if name in values}
    if "pupil_ids" in values:
        values["whole_base"] = False
    after = {**row.model_dump(), **values}
    check_times(after["from_time"], after["until_time"])
    check_subject(after["purpose"], after["subject"])
    held = await _held(caller, row, from_on or date.min, values, alone=False)
    check_shown(hidden or await _hidden_in(caller, row, held), values)
    new = {one.id: _changed(one, values, after) for one in held}
    by_the_space = {}
    # a meeting takes the space whole: it asks for more than words
    if values.keys() - _WORDS or values.get("purpose") in WHOLE:
        by_the_space = await _may_be(caller, row, held, new, after)
    await _write(caller, after["space_id"], held, new, by_the_space, kind="updated")
    await caller.change(row, values, row.school_id, resource="series", pupil_ids=_named(row, held, new))
    return await with_days.one(caller, series_id)


@routes.post(
    "/{series_id}/end",
    response_model=SeriesWhole,
    summary="End a series",
    openapi_extra=problems(NotYours, SeriesClash),
)
async def end_series(
    caller: Annotated[Caller, may(Permission.booking_write)], series_id: Id, body: SeriesEnd
) -> Response:
    """Cancel what is still ahead from a day on, changed by itself or not; what was before stays."""
    row, _ = await held_for_change(caller, Series, series_id, series_visible)
    if body.ended_on > row.until_on:
        raise Invalid(errors=[("/ended_on", f"lies after the last day of the series, {row.until_on}")])
    now = clock.now()
    held = await _held(caller, row, body.ended_on, {}, alone=True)
    cancelled = {"status": "cancelled", "cancelled_at": now, "cancelled_by": caller.account_id}
    new = {one.id: cancelled for one in held}
    await _write(caller, row.space_id, held, new, {}, kind="ended")
    values = {"ended_at": now, "until_on": max(row.from_on, body.ended_on - timedelta(days=1))}
    named = _named(row, held, new)
    await caller.change(row, values, row.school_id, resource="series", kind="ended", pupil_ids=named)
    return await with_days.one(caller, series_id)


async def _held(
    caller: Caller, row: Series, from_on: date, values: Mapping[str, Any], *, alone: bool
) -> Sequence[Booking]:
    """Lock what is ahead in the order of every booking, and check whose it is; `alone`: what was changed so, too."""
    wanted = _ahead(row.id, from_on, alone=alone)
    ids = set((await caller.session.execute(wanted)).scalars())
    outside = select(col(BookingTaking.outer_id)).where(col(BookingTaking.inner_id).in_(ids))
    outers = set((await caller.session.execute(outside)).scalars())
    every = list((await caller.session.execute(innermost_first(ids | outers))).scalars())
    # asked again now that they are locked: one may have been changed by itself meanwhile
    ids &= set((await caller.session.execute(wanted)).scalars())
    held = [one for one in every if one.id in ids and one.status in LIVE]
    await hold_spaces(caller, {*(one.space_id for one in every), values.get("space_id", row.space_id)})
    pupil_ids = {pupil_id for one in held for pupil_id in one.pupil_ids} | set(values.get("pupil_ids", ()))
    staff_ids = {staff_id for one in held for staff_id in one.staff_ids} | set(values.get("staff_ids", ()))
    await hold_people(caller, pupil_ids, staff_ids)
    await check_whose(caller, row)
    for one in {(one.booked_by, *one.pupil_ids): one for one in held}.values():
        await check_whose(caller, one)
    return sorted(held, key=lambda one: one.starts_at)


async def _hidden_in(caller: Caller, row: Series, held: Sequence[Booking]) -> set[UUID]:
    """Return the pupils of bookings who are not shown, where some name others than the series does by now."""
    kinds = caller.scope.kinds
    others = {pupil_id for one in held for pupil_id in one.pupil_ids} - set(row.pupil_ids)
    if not others or row.whole_base or not kinds & {"bases", "own"}:
        return set()
    wanted = select(shown_pupils(Booking, kinds)).where(col(Booking.id).in_([one.id for one in held]))
    shown = (await caller.session.execute(wanted, caller.scope.binds())).scalars()
    return others - {pupil_id for some in shown for pupil_id in some}


def _ahead(series_id: UUID, from_on: date, *, alone: bool) -> Any:
    wanted = (
        select(col(Booking.id))
        .join(
            SeriesOccurrence,
            (col(SeriesOccurrence.series_id) == col(Booking.series_id))
            & (col(SeriesOccurrence.on_day) == col(Booking.series_on)),
        )
        .where(
            col(Booking.series_id) == series_id,
            col(Booking.series_on) >= from_on,
            col(Booking.starts_at) > clock.now(),
            col(Booking.status).in_(LIVE),
        )
    )
    return wanted if alone else wanted.where(col(SeriesOccurrence.changed_alone).is_(False))


def _changed(booking: Booking, values: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    new = {name: value for name, value in values.items() if name not in _TIMES}
    if any(name in values for name in _TIMES) and booking.series_on:
        new["starts_at"], new["ends_at"] = period(booking.series_on, after["from_time"], after["until_time"])
    return new


async def _may_be(
    caller: Caller,
    row: Series,
    held: Sequence[Booking],
    new: Mapping[UUID, Mapping[str, Any]],
    after: Mapping[str, Any],
) -> dict[date, str]:
    """Return the days that the space's terms refuse; raises `Invalid` and `ApprovalNeeded` as for one booking."""
    wholes = {one.id: {**one.model_dump(), **new[one.id]} for one in held}
    pupil_ids = sorted({pupil_id for whole in wholes.values() for pupil_id in whole["pupil_ids"]})
    pupil_ids = pupil_ids or after["pupil_ids"]
    school_id, base_id, terms = await space_within_reach(caller, {**after, "pupil_ids": pupil_ids})
    if school_id != row.school_id:
        raise Invalid(errors=[("/space_id", "belongs to another school: end the series here and make one there")])
    more = [one for one in held if grown(one, wholes[one.id])]
    if (
        terms.needs_approval
        and any(one.status == "booked" for one in more)
        and not approves(caller, school_id, base_id)
    ):
        raise await refused(caller, after["space_id"], ApprovalNeeded())
    slots = [
        Slot(one.series_on, whole["starts_at"], whole["ends_at"], whole["pupil_ids"])
        for one in more
        if one.series_on and (whole := wholes[one.id])
    ]
    return await by_terms(caller, terms, after["space_id"], slots, pupils=bool(pupil_ids))


async def _write(
    caller: Caller, space_id: UUID, held: Sequence[Booking], new: Mapping[UUID, dict[str, Any]],
    by_the_space: Mapping[date, str], *, kind: str,
) -> None:  # fmt: skip
    """Write every change; raises `SeriesClash` with all the days on which the database or the space refuses it."""
    wholes = {one.series_on: {**one.model_dump(), **new[one.id]} for one in held if one.series_on}
    rules: dict[date, str] = {}
    for on, one in [(one.series_on, one) for one in held if one.series_on]:
        about = sorted({*one.pupil_ids, *wholes[on]["pupil_ids"]})
        try:
            async with caller.session.begin_nested():
                await caller.change(one, new[one.id], one.school_id, resource="booking", kind=kind, pupil_ids=about)
        except DBAPIError as error:
            rules[on] = rule_of(error)
    by_the_space = {on: why for on, why in by_the_space.items() if on not in rules}
    if rules or by_the_space:
        raise await clash(caller, space_id, rules, wholes, by_the_space)


def _named(row: Series, held: Sequence[Booking], new: Mapping[UUID, Mapping[str, Any]]) -> list[UUID]:
    named = {*row.pupil_ids, *(pupil_id for one in held for pupil_id in one.pupil_ids)}
    return sorted(named | {pupil_id for values in new.values() for pupil_id in values.get("pupil_ids", ())})
