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
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import shares
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import reach_pupil, reach_pupils
from iap_api.pupils.tables import Placement
from iap_api.spaces.booking_scope import asked, booking_visible
from iap_api.spaces.booking_shapes import BookingChange, BookingCreate, BookingFilters, BookingRead
from iap_api.spaces.clashes import Clash, NotYours, OuterNotBooked, SpaceEnded, SpaceFull, explained
from iap_api.spaces.tables import Booking

routes = Routes("/v1/bookings", "bookings")
LONGEST = timedelta(hours=12)

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
        "pupil_id": lambda value: shares(Booking.pupil_ids, select(type_coerce(value, Uuid))),
        "ends_after": lambda value: col(Booking.ends_at) > value,
        "starts_before": lambda value: col(Booking.starts_at) < value,
        "starts_after": lambda value: col(Booking.starts_at) > value,
    },
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
    openapi_extra=problems(Clash, SpaceFull, SpaceEnded, OuterNotBooked),
)
async def create_booking(caller: Annotated[Caller, may(Permission.booking_write)], body: BookingCreate) -> Response:
    """Book a space for pupils and adults, or for the whole base.

    `takes_from` takes the people out of other bookings for this period. What is taken answers 409 `clash` or
    `space-full`, naming what stands in the way as far as the caller may see it.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{booking_id}",
    response_model=BookingRead,
    status_code=201,
    summary="Book a space under an id of your own",
    openapi_extra=problems(Clash, SpaceFull, SpaceEnded, OuterNotBooked),
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
    _check_period(body.starts_at, body.ends_at)
    school_id, base_id = await _within_reach(
        caller, body.space_id, body.pupil_ids, body.staff_ids, body.takes_from, body.starts_at, body.ends_at
    )
    values = body.model_dump()
    if body.whole_base:
        values["pupil_ids"] = await _placed(caller, school_id, base_id, body)
    values |= {"id": booking_id, "school_id": school_id, "booked_by": caller.account_id}
    try:
        booking = await caller.insert(Booking, values, school_id, resource="booking", pupil_ids=values["pupil_ids"])
    except DBAPIError as error:
        wanted = (body.space_id, values["pupil_ids"], body.staff_ids, body.starts_at, body.ends_at)
        raise await explained(caller, error, wanted) from error
    return bookings.made(caller, booking, location=location)


def _check_period(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid(errors=[("/ends_at", "must be later than starts_at")])
    if ends_at - starts_at > LONGEST:
        raise Invalid(errors=[("/ends_at", "must be at most 12 hours after starts_at")])


async def _within_reach(
    caller: Caller, space_id: UUID, pupil_ids: list[UUID], staff_ids: list[UUID], takes_from: list[UUID],
    starts_at: datetime, ends_at: datetime,
) -> tuple[UUID, UUID | None]:  # fmt: skip
    rows = await caller.rows(
        asked(caller.scope.kinds, bool(takes_from)),
        {
            **caller.scope.binds(), "space": space_id, "pupils": pupil_ids, "adults": staff_ids,
            "outers": takes_from, "from": starts_at, "until": ends_at,
        },
    )  # fmt: skip
    found = rows[0] if rows else None
    if found is None:
        raise Invalid(errors=[("/space_id", "is not a space within your reach")])
    wrong = []
    for pointer, named, count in zip(
        ("/pupil_ids", "/staff_ids", "/takes_from"),
        (pupil_ids, staff_ids, takes_from),
        found[2:],
        strict=False,
    ):
        if len(set(named)) != len(named):
            wrong.append((pointer, "names the same one twice"))
        elif count != len(named):
            wrong.append((pointer, "names one who is not within your reach, or a booking of another time"))
    if wrong:
        raise Invalid(errors=wrong)
    return found[0], found[1]


async def _placed(caller: Caller, school_id: UUID, base_id: UUID | None, body: BookingCreate) -> list[UUID]:
    if base_id is None:
        raise Invalid(errors=[("/whole_base", "needs a space that belongs to a base")])
    if base_id not in caller.scope.bases and school_id not in caller.scope.schools:
        raise Invalid(errors=[("/whole_base", "needs a base that is within your reach as a whole")])
    if body.pupil_ids:
        raise Invalid(errors=[("/pupil_ids", "must be empty when the whole base is booked")])
    day = body.starts_at.astimezone(clock.LONDON).date()
    placed = select(col(Placement.pupil_id)).where(
        col(Placement.base_id) == base_id,
        col(Placement.from_on) <= day,
        (col(Placement.until_on).is_(None)) | (col(Placement.until_on) >= day),
    )
    return sorted((await caller.session.execute(placed)).scalars())


@routes.get("/{booking_id}", response_model=BookingRead, summary="Read a booking")
async def read_booking(caller: Annotated[Caller, may(Permission.booking_read)], booking_id: Id) -> Response:
    """One booking."""
    return await bookings.one(caller, booking_id)


@routes.patch(
    "/{booking_id}",
    response_model=BookingRead,
    summary="Change a booking",
    openapi_extra=problems(NotYours, Clash, SpaceFull, SpaceEnded, OuterNotBooked),
)
async def change_booking(
    caller: Annotated[Caller, may(Permission.booking_write)],
    booking_id: Id,
    body: BookingChange,  # type: ignore[valid-type]
) -> Response:
    """Move, shorten or extend a booking, or change its people (merge patch); the same rules hold as when it was made.

    Shortening gives the time back to the bookings it took people from.
    """
    booking: Booking = await for_change(caller, Booking, booking_id, booking_visible)
    if booking.status != "booked":
        raise Conflict("The booking was cancelled: make a new one.")
    await _check_whose(caller, booking)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if "pupil_ids" in values:
        values["whole_base"] = False
    whole = {**booking.model_dump(), **values}
    _check_period(whole["starts_at"], whole["ends_at"])
    if values.keys() - {"note", "purpose"}:
        school_id, _ = await _within_reach(
            caller,
            whole["space_id"],
            whole["pupil_ids"],
            whole["staff_ids"],
            [],
            whole["starts_at"],
            whole["ends_at"],
        )
        if school_id != booking.school_id:
            raise Invalid(errors=[("/space_id", "belongs to another school: cancel here and book there")])
    return await _changed(caller, booking, values)


async def _check_whose(caller: Caller, booking: Booking) -> None:
    if booking.school_id in caller.scope.schools or booking.booked_by == caller.account_id:
        return
    try:
        await reach_pupils(caller, booking.pupil_ids)
    except Invalid:
        raise NotYours() from None


async def _changed(caller: Caller, booking: Booking, values: dict[str, Any], kind: str = "updated") -> Response:
    whole = {**booking.model_dump(), **values}
    wanted = tuple(whole[name] for name in ("space_id", "pupil_ids", "staff_ids", "starts_at", "ends_at"))
    try:
        await caller.change(
            booking, values, booking.school_id, resource="booking", kind=kind,
            pupil_ids=sorted({*booking.pupil_ids, *whole["pupil_ids"]}),
        )  # fmt: skip
    except DBAPIError as error:
        raise await explained(caller, error, wanted) from error
    return bookings.made(caller, booking, status=200)


@routes.post(
    "/{booking_id}/cancel",
    response_model=BookingRead,
    summary="Cancel a booking",
    openapi_extra=problems(NotYours, Clash, SpaceFull, SpaceEnded, OuterNotBooked),
)
async def cancel_booking(caller: Annotated[Caller, may(Permission.booking_write)], booking_id: Id) -> Response:
    """Cancel a booking: it stays readable, and the people it took from other bookings are present there again."""
    booking: Booking = await for_change(caller, Booking, booking_id, booking_visible)
    if booking.status != "booked":
        raise Conflict("The booking is cancelled already.")
    await _check_whose(caller, booking)
    values = {"status": "cancelled", "cancelled_at": clock.now(), "cancelled_by": caller.account_id}
    return await _changed(caller, booking, values, kind="ended")
