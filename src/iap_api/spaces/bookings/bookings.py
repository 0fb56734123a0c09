"""Bookings over HTTP: made, read, changed and cancelled; whether they fit is the database's to say."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import Uuid, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading
from iap_api.access.scope import shares
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import reach_pupil
from iap_api.spaces.bookings.asked_for import ApprovalNeeded, approves, asked_for, check_subject, grown
from iap_api.spaces.bookings.booking_changes import changed_to, check_whose, mark_changed_alone
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.bookings.booking_shapes import WHOLE, BookingChange, BookingCreate, BookingFilters, BookingRead
from iap_api.spaces.bookings.clashes import (
    AdultsMissing,
    Clash,
    NotYours,
    OuterNotBooked,
    SpaceEnded,
    SpaceFull,
    SpaceTakenWhole,
)
from iap_api.spaces.bookings.in_the_way import explained, wanted
from iap_api.spaces.bookings.named_groups import with_group
from iap_api.spaces.bookings.refused_requests import refused
from iap_api.spaces.bookings.shown_pupils import (
    PupilsNotShown,
    as_shown,
    check_shown,
    count_others,
    held_for_change,
    read_of,
)
from iap_api.spaces.conditions import LONGEST, NotYoursToBook, SpaceClosed, TooFarAhead, WalkInOnly
from iap_api.spaces.tables import Booking

routes = Routes("/v1/bookings", "bookings")
LIVE = ("requested", "booked")
# what the database and the space itself may say to a booking
JUDGED = (Clash, SpaceFull, SpaceTakenWhole, SpaceEnded, OuterNotBooked, SpaceClosed, AdultsMissing)
ASKED = (*JUDGED, WalkInOnly, NotYoursToBook, TooFarAhead)

bookings = Reading(
    BookingRead,
    Booking,
    visible=booking_visible,
    resource="booking",
    school=col(Booking.school_id),
    pupil=col(Booking.pupil_ids),
    filters={
        "space_id": lambda value: col(Booking.space_id) == value,
        "status": lambda value: col(Booking.status) == value,
        "series_id": lambda value: col(Booking.series_id) == value,
        "closure_id": lambda value: col(Booking.closure_id) == value,
        "pupil_id": lambda value: shares(Booking.pupil_ids, select(type_coerce(value, Uuid))),
        "ends_after": lambda value: col(Booking.ends_at) > value,
        "starts_before": lambda value: col(Booking.starts_at) < value,
        "starts_after": lambda value: col(Booking.starts_at) > value,
    },
    finish=count_others,
    **read_of(Booking),
)


@routes.get("", response_model=Listed[BookingRead], summary="List bookings")
async def list_bookings(
    caller: Annotated[Caller, may(Permission.booking_read)], filters: Annotated[BookingFilters, Query()]
) -> Response:
    """The bookings within reach, in the order they were made; `on` names a school day."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    also: dict[str, Any] = {}
    if filters.on:
        begins = datetime.combine(filters.on, time(), clock.LONDON).astimezone(UTC)
        ends = datetime.combine(filters.on + timedelta(days=1), time(), clock.LONDON).astimezone(UTC)
        # no booking is longer than twelve hours, so the search by start is bounded
        also = {"ends_after": begins, "starts_before": ends, "starts_after": begins - LONGEST}
    return await bookings.page(caller, filters.model_copy(update={"on": None}), also=also)


@routes.post(
    "",
    response_model=BookingRead,
    status_code=201,
    summary="Book a space",
    openapi_extra=problems(*ASKED),
)
async def create_booking(caller: Annotated[Caller, may(Permission.booking_write)], body: BookingCreate) -> Response:
    """Book a space for pupils and adults, or for the whole base.

    `takes_from` takes the people out of other bookings for this period. What is taken answers 409 `clash` or
    `space-full`, naming what stands in the way as far as the caller may see it. Where the space needs approval, the
    answer's status is `requested`: it holds no place until somebody approves it.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{booking_id}",
    response_model=BookingRead,
    status_code=201,
    summary="Book a space under an id of your own",
    openapi_extra=problems(*ASKED),
)
async def put_booking(
    caller: Annotated[Caller, may(Permission.booking_write)], booking_id: Id, body: BookingCreate
) -> Response:
    """As `create_booking`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, booking_id)


async def _create(caller: Caller, body: BookingCreate, chosen: UUID | None) -> Response:
    booking_id, fresh = await caller.once(body, chosen)
    location = f"/v1/bookings/{booking_id}"
    if not fresh:
        return await bookings.one(caller, booking_id, status=200, location=location)
    found = await asked_for(caller, await with_group(caller, body.model_dump()))
    values = {**found.values, "id": booking_id, "booked_by": caller.account_id}
    if found.terms.needs_approval and not approves(caller, found.school_id, found.base_id):
        values["status"] = "requested"
    school_id = found.school_id
    try:
        booking = await caller.insert(Booking, values, school_id, resource="booking", pupil_ids=values["pupil_ids"])
    except DBAPIError as error:
        raise await explained(caller, error, wanted(values)) from error
    return bookings.made(caller, as_shown(booking), location=location)


@routes.get("/{booking_id}", response_model=BookingRead, summary="Read a booking")
async def read_booking(caller: Annotated[Caller, may(Permission.booking_read)], booking_id: Id) -> Response:
    """One booking; read because of a child, it shows of the other children only how many they are."""
    return await bookings.one(caller, booking_id)


@routes.patch(
    "/{booking_id}",
    response_model=BookingRead,
    summary="Change a booking",
    openapi_extra=problems(NotYours, PupilsNotShown, ApprovalNeeded, *ASKED),
)
async def change_booking(
    caller: Annotated[Caller, may(Permission.booking_write)],
    booking_id: Id,
    body: BookingChange,  # type: ignore[valid-type]
) -> Response:
    """Move, shorten or extend a booking, or change its people (merge patch); the same rules hold as when it was made.

    Shortening gives the time back to the bookings it took people from. What was approved may be made shorter by
    anybody, and moved or made longer only by somebody who may approve it. One of a series keeps the change: later
    changes of the series leave it alone. Whoever is not shown every pupil changes purpose and subject alone.
    """
    booking, hidden = await held_for_change(caller, Booking, booking_id, booking_visible)
    if booking.status not in LIVE:
        raise Conflict("The booking is over: make a new one.")
    await check_whose(caller, booking)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    check_shown(hidden, values)
    if "pupil_ids" in values:
        values["whole_base"] = False
    whole = {**booking.model_dump(), **values}
    check_subject(whole["purpose"], whole["subject"])
    if values.keys() - {"note", "purpose", "subject"} or values.get("purpose") in WHOLE:
        found = await asked_for(caller, {**whole, "takes_from": []}, before=booking)
        if found.school_id != booking.school_id:
            raise Invalid(errors=[("/space_id", "belongs to another school: cancel here and book there")])
        needs = found.terms.needs_approval and booking.status == "booked" and grown(booking, whole)
        if needs and not approves(caller, found.school_id, found.base_id):
            raise await refused(caller, booking.space_id, ApprovalNeeded())
    await changed_to(caller, booking, values, hidden=hidden)
    await mark_changed_alone(caller, booking)
    return bookings.made(caller, as_shown(dict(booking), hidden), status=200)


@routes.post(
    "/{booking_id}/cancel",
    response_model=BookingRead,
    summary="Cancel a booking",
    openapi_extra=problems(NotYours, *JUDGED),
)
async def cancel_booking(caller: Annotated[Caller, may(Permission.booking_write)], booking_id: Id) -> Response:
    """Cancel a booking: it stays readable, and the people it took from other bookings are present there again."""
    booking, hidden = await held_for_change(caller, Booking, booking_id, booking_visible)
    if booking.status not in LIVE:
        raise Conflict("The booking is over already.")
    await check_whose(caller, booking)
    values = {"status": "cancelled", "cancelled_at": clock.now(), "cancelled_by": caller.account_id}
    await changed_to(caller, booking, values, kind="ended", hidden=hidden)
    return bookings.made(caller, as_shown(dict(booking), hidden), status=200)
