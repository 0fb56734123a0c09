"""What happens to a booking besides changing it: approved or declined, and checked in to when it begins."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.core import clock
from iap_api.core.errors import Conflict, NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.bookings.asked_for import approves
from iap_api.spaces.bookings.booking_changes import changed_to
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.bookings.booking_shapes import BookingRead
from iap_api.spaces.bookings.bookings import JUDGED, bookings
from iap_api.spaces.bookings.refused_requests import refused
from iap_api.spaces.bookings.shown_pupils import as_shown, held_for_change
from iap_api.spaces.tables import Booking, Space

routes = Routes("/v1/bookings", "bookings")


class NotRequested(Conflict):
    status, kind, title = 409, "not-requested", "Nobody is asking for this booking"
    advice = "Only a booking with the status requested can be approved or declined."


class TooEarly(Conflict):
    status, kind, title = 409, "too-early", "It is too early to check in"
    advice = "Check in from half an hour before the booking begins until it ends."


EARLIEST_MINUTES = 30


async def _requested(caller: Caller, booking_id: UUID) -> tuple[Booking, frozenset[UUID]]:
    booking, hidden = await held_for_change(caller, Booking, booking_id, booking_visible)
    space = await caller.session.get_one(Space, booking.space_id)
    if not approves(caller, booking.school_id, space.base_id):
        raise NotFound()
    if booking.status != "requested":
        raise NotRequested()
    return booking, hidden


@routes.post(
    "/{booking_id}/approve",
    response_model=BookingRead,
    summary="Approve a booking",
    openapi_extra=problems(NotRequested, *JUDGED),
)
async def approve_booking(caller: Annotated[Caller, may(Permission.booking_approve)], booking_id: Id) -> Response:
    """Give the place to whoever asked for it; what has been taken meanwhile answers 409 as a new booking would."""
    booking, hidden = await _requested(caller, booking_id)
    await changed_to(caller, booking, {"status": "booked", "decided_by": caller.account_id}, hidden=hidden)
    return bookings.made(caller, as_shown(dict(booking), hidden), status=200)


@routes.post(
    "/{booking_id}/decline",
    response_model=BookingRead,
    summary="Decline a booking",
    openapi_extra=problems(NotRequested),
)
async def decline_booking(caller: Annotated[Caller, may(Permission.booking_approve)], booking_id: Id) -> Response:
    """Say no to a request: it stays readable."""
    booking, hidden = await _requested(caller, booking_id)
    await changed_to(
        caller, booking, {"status": "declined", "decided_by": caller.account_id}, kind="ended", hidden=hidden
    )
    return bookings.made(caller, as_shown(dict(booking), hidden), status=200)


@routes.post(
    "/{booking_id}/check-in",
    response_model=BookingRead,
    summary="Check in to a booking",
    openapi_extra=problems(TooEarly, *JUDGED),
)
async def check_in_booking(caller: Annotated[Caller, may(Permission.booking_write)], booking_id: Id) -> Response:
    """Say that they are there; saying it twice changes nothing.

    A booking that was released because nobody came is booked again, if its place is still free.
    """
    booking, hidden = await held_for_change(caller, Booking, booking_id, booking_visible)
    now = clock.now()
    if booking.status not in ("booked", "released"):
        raise Conflict("Only a booking that stands can be checked in to.")
    if booking.checked_in_at is None:
        if now >= booking.ends_at:
            raise Conflict("The booking is over; what was missed can be recorded as a visit.")
        if (booking.starts_at - now).total_seconds() > EARLIEST_MINUTES * 60:
            raise await refused(caller, booking.space_id, TooEarly())
        values: dict[str, Any] = {"status": "booked", "checked_in_at": now}
        await changed_to(caller, booking, values, hidden=hidden)
    return bookings.made(caller, as_shown(dict(booking), hidden), status=200)
