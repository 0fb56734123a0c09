"""Registrations over HTTP: which schools have to do with a pupil, from and until."""

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.leaving import check_last_day, end_sight
from iap_api.pupils.registration_shapes import (
    RegistrationChange,
    RegistrationEnd,
    RegistrationFilters,
    RegistrationRead,
)
from iap_api.pupils.scope import about
from iap_api.pupils.tables import Pupil, Registration
from iap_api.schools.code_sets import check_codes

routes = Routes("/v1", "registrations")
visible = about(col(Registration.pupil_id))

registrations = Reading(
    RegistrationRead, Registration, visible=visible, resource="registration", school=col(Registration.school_id),
    pupil=col(Registration.pupil_id),
    filters={
        "school_id": lambda value: col(Registration.school_id) == value,
        "pupil_id": lambda value: col(Registration.pupil_id) == value,
    },
)  # fmt: skip


def _of_own_school(kinds: frozenset[str]) -> ColumnElement[bool]:
    return and_(visible(kinds), among(Registration.school_id, "scope_around"))


def _own_or_agreed_to(kinds: frozenset[str]) -> ColumnElement[bool]:
    kept_here = select(col(Pupil.id)).where(among(Pupil.school_id, "scope_around"))
    return or_(_of_own_school(kinds), and_(visible(kinds), col(Registration.pupil_id).in_(kept_here)))


@routes.get(
    "/registrations",
    response_model=Listed[RegistrationRead],
    summary="List registrations",
)
async def list_registrations(
    caller: Annotated[Caller, may(Permission.pupil_read)], filters: Annotated[RegistrationFilters, Query()]
) -> Response:
    """The schools that have to do with the pupils within reach."""
    return await registrations.page(caller, filters)


@routes.get(
    "/registrations/{registration_id}",
    response_model=RegistrationRead,
    summary="Read a registration",
)
async def read_registration(caller: Annotated[Caller, may(Permission.pupil_read)], registration_id: Id) -> Response:
    """One registration."""
    return await registrations.one(caller, registration_id)


@routes.patch(
    "/registrations/{registration_id}",
    response_model=RegistrationRead,
    summary="Change a registration",
)
async def change_registration(
    caller: Annotated[Caller, may(Permission.pupil_write)], registration_id: Id, body: RegistrationChange
) -> Response:
    """Move the pupil to another class of the caller's school, or change the enrolment status there."""
    row: Registration = await for_change(caller, Registration, registration_id, _of_own_school)
    values = body.model_dump(exclude_unset=True)
    if "enrolment_status" in values:
        named = [("/enrolment_status", "enrolment_status", values["enrolment_status"])]
        await check_codes(caller.session, named, clock.today())
    await caller.change(row, values, row.school_id, resource="registration", pupil_ids=[row.pupil_id])
    return await registrations.one(caller, registration_id)


@routes.post(
    "/registrations/{registration_id}/end",
    response_model=RegistrationRead,
    summary="End a registration",
)
async def end_registration(
    caller: Annotated[Caller, may(Permission.pupil_write)], registration_id: Id, body: RegistrationEnd
) -> Response:
    """Say on which day the school ceases to have to do with the pupil: its staff no longer see the pupil afterwards.

    Placements and caseload entries there end with it. The school itself ends it, or the one that keeps the file.
    """
    row: Registration = await for_change(caller, Registration, registration_id, _own_or_agreed_to)
    check_last_day(body.until_on, row.from_on, row.until_on)
    await caller.change(
        row, body.model_dump(), row.school_id, resource="registration", pupil_ids=[row.pupil_id], kind="ended"
    )
    await end_sight(caller, row.pupil_id, body.until_on, row.school_id)
    return registrations.made(caller, row, status=200)
