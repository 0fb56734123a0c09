"""Observations over HTTP: written at the end of a lesson in one call, read, put right, and at most withdrawn."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import case, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil, reach_pupils, school_between
from iap_api.pupils.zones import CLOCK_SKEW
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.tables import Booking
from iap_api.toolbox.observations.observation_shapes import (
    SAYS,
    ObservationChange,
    ObservationCreate,
    ObservationFilters,
    ObservationRead,
)
from iap_api.toolbox.observations.observation_tables import Observation

routes = Routes("/v1/observations", "observations")
visible = about(col(Observation.pupil_id))
observations = Reading(
    ObservationRead,
    Observation,
    visible=visible,
    resource="observation",
    school=col(Observation.school_id),
    pupil=col(Observation.pupil_id),
    filters={
        "pupil_id": lambda value: col(Observation.pupil_id) == value,
        "booking_id": lambda value: col(Observation.booking_id) == value,
        "from_at": lambda value: col(Observation.at) >= value,
        "until_at": lambda value: col(Observation.at) < value,
        "status": lambda value: case((col(Observation.withdrawn_at).is_(None), "recorded"), else_="withdrawn") == value,
    },
)


@routes.get("", response_model=Listed[ObservationRead], summary="List observations")
async def list_observations(
    caller: Annotated[Caller, may(Permission.observation_read)], filters: Annotated[ObservationFilters, Query()]
) -> Response:
    """The observations of pupils within reach, in the order they were written, withdrawn ones too."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await observations.page(caller, filters)


@routes.post("", response_model=ObservationRead, status_code=201, summary="Write down an observation")
async def create_observation(
    caller: Annotated[Caller, may(Permission.observation_write)], body: ObservationCreate
) -> Response:
    """What was seen of one child in a lesson, and what the child says of it.

    A booking must name the pupil, stand, and have begun by then; an observation before it began, in the future, or one
    that says nothing is 422.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{observation_id}",
    response_model=ObservationRead,
    status_code=201,
    summary="Write down an observation under an id of your own",
)
async def put_observation(
    caller: Annotated[Caller, may(Permission.observation_write)], observation_id: Id, body: ObservationCreate
) -> Response:
    """As `create_observation`, with an id the phone chose: sending it again after a lost answer makes no second one."""
    return await _create(caller, body, observation_id)


async def _create(caller: Caller, body: ObservationCreate, chosen: UUID | None) -> Response:
    observation_id, fresh = await caller.once(body, chosen)
    if fresh:
        now = clock.now()
        sent: dict[str, Any] = {**body.model_dump(), "at": body.at or now}
        _check_says(sent)
        if sent["at"] > now + CLOCK_SKEW:
            raise Invalid(errors=[("/at", "lies in the future")])
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        school_id = await _school_of(caller, sent)
        school_id = school_id or await school_between(caller, body.pupil_id, found[body.pupil_id])
        row = Observation(id=observation_id, school_id=school_id, recorded_by=caller.account_id, **sent)
        await caller.create(row, school_id, resource="observation", pupil_ids=[body.pupil_id])
    location = f"/v1/observations/{observation_id}"
    return await observations.one(caller, observation_id, status=201 if fresh else 200, location=location)


def _check_says(values: dict[str, Any]) -> None:
    if all(values[name] is None for name in SAYS):
        raise Invalid(errors=[("", f"say at least one of {', '.join(SAYS)}")])


async def _school_of(caller: Caller, sent: dict[str, Any]) -> UUID | None:
    """Return the school of the booking that is named; raises `Invalid`, the same for absent and out of reach."""
    if sent["booking_id"] is None:
        return None
    wanted = select(col(Booking.school_id), col(Booking.pupil_ids), col(Booking.starts_at), col(Booking.status)).where(
        col(Booking.id) == sent["booking_id"], booking_visible(caller.scope.kinds)
    )
    booking = (await caller.session.execute(wanted, caller.scope.binds())).one_or_none()
    if booking is None or sent["pupil_id"] not in booking.pupil_ids:
        raise Invalid(errors=[("/booking_id", "is not a booking of this pupil within your reach")])
    if booking.status != "booked":
        raise Invalid(errors=[("/booking_id", "is a booking that does not stand")])
    if sent["at"] < booking.starts_at:
        raise Invalid(errors=[("/at", "lies before the booking began")])
    school_id: UUID = booking.school_id
    return school_id


@routes.get("/{observation_id}", response_model=ObservationRead, summary="Read an observation")
async def read_observation(caller: Annotated[Caller, may(Permission.observation_read)], observation_id: Id) -> Response:
    """One observation."""
    return await observations.one(caller, observation_id)


@routes.patch("/{observation_id}", response_model=ObservationRead, summary="Put an observation right")
async def change_observation(
    caller: Annotated[Caller, may(Permission.observation_write)],
    observation_id: Id,
    body: ObservationChange,  # type: ignore[valid-type]
) -> Response:
    """Put right what was seen (merge patch); what stood before is kept.

    Of whom, when and in which booking never changes: withdraw it and write another. A withdrawn one is 409.
    """
    row: Observation = await for_change(caller, Observation, observation_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The observation was withdrawn.")
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    _check_says({**row.model_dump(include=set(SAYS)), **values})
    await caller.change(row, values, row.school_id, resource="observation", pupil_ids=[row.pupil_id])
    return await observations.one(caller, observation_id)


@routes.post("/{observation_id}/withdraw", response_model=ObservationRead, summary="Withdraw an observation")
async def withdraw_observation(
    caller: Annotated[Caller, may(Permission.observation_write)], observation_id: Id
) -> Response:
    """Take back an observation that was wrong (the wrong child): it stays readable and counts nowhere."""
    row: Observation = await for_change(caller, Observation, observation_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The observation was withdrawn already.")
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="observation", pupil_ids=[row.pupil_id], kind="ended")
    return await observations.one(caller, observation_id)
