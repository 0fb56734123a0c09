"""A whole series approved or declined at once, by whoever approves one booking of it."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import for_change
from iap_api.core import clock
from iap_api.core.errors import NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.bookings.asked_for import approves
from iap_api.spaces.bookings.booking_decisions import NotRequested
from iap_api.spaces.bookings.booking_scope import booking_visible, series_visible
from iap_api.spaces.bookings.clashes import RULES
from iap_api.spaces.bookings.locks import hold_people, hold_spaces
from iap_api.spaces.bookings.refused_requests import note_each
from iap_api.spaces.series.series import with_days
from iap_api.spaces.series.series_booking import SeriesClash, clash, rule_of
from iap_api.spaces.series.series_shapes import SeriesWhole
from iap_api.spaces.tables import Booking, Series, Space

routes = Routes("/v1/series", "series")


@routes.post(
    "/{series_id}/approve",
    response_model=SeriesWhole,
    summary="Approve the days of a series that are asked for",
    openapi_extra=problems(NotRequested, SeriesClash),
)
async def approve_series(caller: Annotated[Caller, may(Permission.booking_approve)], series_id: Id) -> Response:
    """Give the place, on every day that is asked for and still to come, to whoever asked.

    A day whose place has been taken meanwhile stays `requested`: approve it alone to be told what is in the way, or
    decline it. If all of them are taken, the answer is `series-clash`, which names each.
    """
    row, asked = await _asked_for(caller, series_id)
    space_id = row.space_id
    values = {"status": "booked", "decided_by": caller.account_id}
    wanted = {on: one.model_dump() for on, one in asked.items()}
    rules: dict[date, str] = {}
    for on, one in asked.items():
        try:
            async with caller.session.begin_nested():
                await _decide(caller, one, values)
        except DBAPIError as error:
            rules[on] = rule_of(error)
    if len(rules) == len(asked):
        raise await clash(caller, space_id, rules, wanted, {})
    note_each(caller, row.school_id, space_id, [RULES[rule].kind for rule in rules.values()])
    return await _answered(
        caller, row, [pupil_id for on in wanted.keys() - rules for pupil_id in wanted[on]["pupil_ids"]]
    )


@routes.post(
    "/{series_id}/decline",
    response_model=SeriesWhole,
    summary="Decline the days of a series that are asked for",
    openapi_extra=problems(NotRequested),
)
async def decline_series(caller: Annotated[Caller, may(Permission.booking_approve)], series_id: Id) -> Response:
    """Say no to every day that is asked for and still to come: they stay readable."""
    row, asked = await _asked_for(caller, series_id)
    for one in asked.values():
        await _decide(caller, one, {"status": "declined", "decided_by": caller.account_id}, kind="ended")
    return await _answered(caller, row, [pupil_id for one in asked.values() for pupil_id in one.pupil_ids])


async def _asked_for(caller: Caller, series_id: UUID) -> tuple[Series, dict[date, Booking]]:
    """Return the series, held for change, and its bookings ahead that wait for somebody's word; at least one.

    Raises `NotFound` for whoever does not approve bookings of the space, `NotRequested` where nothing is asked for.
    """
    row: Series = await for_change(caller, Series, series_id, series_visible)
    space = await caller.session.get_one(Space, row.space_id)
    if not approves(caller, row.school_id, space.base_id):
        raise NotFound()
    waiting = (
        select(Booking)
        .where(
            col(Booking.series_id) == series_id,
            # a day that was moved elsewhere is decided by whoever gives that space
            col(Booking.space_id) == row.space_id,
            booking_visible(caller.scope.kinds),
            col(Booking.status) == "requested",
            col(Booking.starts_at) > clock.now(),
        )
        .order_by(col(Booking.id))
        .with_for_update(of=Booking)
    )
    found = sorted(
        (await caller.session.execute(waiting, caller.scope.binds())).scalars(), key=lambda one: one.starts_at
    )
    if not found:
        raise NotRequested()
    # all locks first: each day alone would go back to the space after the people
    await hold_spaces(caller, {one.space_id for one in found})
    pupil_ids, staff_ids = ({who for one in found for who in getattr(one, name)} for name in ("pupil_ids", "staff_ids"))
    await hold_people(caller, pupil_ids, staff_ids)
    return row, {one.series_on: one for one in found if one.series_on}


async def _decide(caller: Caller, booking: Booking, values: dict[str, Any], kind: str = "updated") -> None:
    await caller.change(booking, values, booking.school_id, resource="booking", kind=kind, pupil_ids=booking.pupil_ids)


async def _answered(caller: Caller, row: Series, named: Iterable[UUID]) -> Response:
    about = sorted(set(named))
    row.version, row.updated_at = row.version + 1, clock.now()
    caller.event("updated", "series", row.school_id, resource_id=row.id, pupil_ids=about, fields=["occurrences"])
    await caller.session.flush()
    return await with_days.one(caller, row.id)
