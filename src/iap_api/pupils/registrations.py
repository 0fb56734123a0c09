"""Registrations over HTTP: which schools have to do with a pupil, and how a school asks to become one of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound
from iap_api.core.pages import Page
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Code, Day, Id, Note, Shape
from iap_api.pupils.pupil_shapes import Upn
from iap_api.pupils.scope import about
from iap_api.pupils.tables import Pupil, Registration, RegistrationRequest
from iap_api.schools.code_sets import check_codes
from iap_api.schools.tables import School

routes = Routes("/v1", "registrations")
visible = about(col(Registration.pupil_id))
Kind = Literal["enrolled", "placed", "dual_registered", "referred"]
MEANT = {"enrolled": "C", "placed": "S", "dual_registered": "S", "referred": "G"}


class AskedAlready(Conflict):
    status, kind, title = 409, "asked-already", "Your school has asked for this already"
    advice = "Wait for the school that keeps the file to decide."


refuse("uq_registration_requests_open", AskedAlready)
refuse("uq_registration_requests_school_id_pupil_id", AskedAlready)


class RegistrationRead(Shape):
    """That a pupil has to do with a school, from and until."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    kind: str
    enrolment_status: str
    class_id: UUID | None
    from_on: date
    until_on: date | None


class RegistrationChange(Body):
    """The class and the enrolment status (merge patch)."""

    class_id: Id | None = None
    enrolment_status: Code = Field(default_factory=lambda: "")


class RegistrationEnd(Body):
    """The last day."""

    until_on: Day


class RegistrationFilters(Page):
    """Which registrations."""

    school_id: Id | None = None
    pupil_id: Id | None = None


class RequestRead(Shape):
    """A request to be registered for a pupil; `pupil_id` only for the school that keeps the file, and once agreed."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID | None
    kind: str
    from_on: date
    reason: str
    status: str
    created_at: datetime
    decided_at: datetime | None


class RequestCreate(Body):
    """The pupil as the asking school knows them: UPN and date of birth must both fit."""

    school_id: Id
    upn: Upn
    born_on: Day
    kind: Kind
    from_on: Day
    reason: Note


registrations = Reading(
    RegistrationRead, Registration, visible=visible, resource="registration", school=col(Registration.school_id),
    pupil=col(Registration.pupil_id),
    filters={
        "school_id": lambda value: col(Registration.school_id) == value,
        "pupil_id": lambda value: col(Registration.pupil_id) == value,
    },
)  # fmt: skip


def _kept_here() -> ColumnElement[bool]:
    return col(RegistrationRequest.pupil_id).in_(select(col(Pupil.id)).where(among(Pupil.school_id, "scope_schools")))


def request_visible(_kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter: requests of the caller's schools, and requests for files that the caller's schools keep."""
    return or_(among(RegistrationRequest.school_id, "scope_schools"), _kept_here())


requests = Reading(
    RequestRead, RegistrationRequest, visible=request_visible, resource="registration_request",
    school=col(RegistrationRequest.school_id),
    also={
        "pupil_id": select(col(Pupil.id))
        .where(
            col(Pupil.id) == RegistrationRequest.pupil_id,
            or_(col(RegistrationRequest.status) == "agreed", among(Pupil.school_id, "scope_schools")),
        )
        .correlate(RegistrationRequest)
        .scalar_subquery()
    },
)  # fmt: skip


@routes.get(
    "/registrations",
    operation_id="list_registrations",
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
    operation_id="read_registration",
    response_model=RegistrationRead,
    summary="Read a registration",
)
async def read_registration(caller: Annotated[Caller, may(Permission.pupil_read)], registration_id: Id) -> Response:
    """One registration."""
    return await registrations.one(caller, registration_id)


@routes.patch(
    "/registrations/{registration_id}",
    operation_id="change_registration",
    response_model=RegistrationRead,
    summary="Change a registration",
)
async def change_registration(
    caller: Annotated[Caller, may(Permission.pupil_write)], registration_id: Id, body: RegistrationChange
) -> Response:
    """Move the pupil to another class of that school, or change the enrolment status."""
    row: Registration = await for_change(caller, Registration, registration_id, visible)
    values = body.model_dump(exclude_unset=True)
    if "enrolment_status" in values:
        named = [("/enrolment_status", "enrolment_status", values["enrolment_status"])]
        await check_codes(caller.session, named, clock.today())
    await caller.change(row, values, row.school_id, resource="registration", pupil_ids=[row.pupil_id])
    return await registrations.one(caller, registration_id)


@routes.post(
    "/registrations/{registration_id}/end",
    operation_id="end_registration",
    response_model=RegistrationRead,
    summary="End a registration",
)
async def end_registration(
    caller: Annotated[Caller, may(Permission.pupil_write)], registration_id: Id, body: RegistrationEnd
) -> Response:
    """Say on which day the school ceases to have to do with the pupil: its staff no longer see the pupil afterwards."""
    row: Registration = await for_change(caller, Registration, registration_id, visible)
    if row.until_on is not None:
        raise Conflict("The registration has ended already.")
    if body.until_on < row.from_on:
        raise Invalid(errors=[("/until_on", "lies before the registration began")])
    await caller.change(
        row, body.model_dump(), row.school_id, resource="registration", pupil_ids=[row.pupil_id], kind="ended"
    )
    return registrations.made(caller, row, status=200)


@routes.get(
    "/registration-requests",
    operation_id="list_registration_requests",
    response_model=Listed[RequestRead],
    summary="List registration requests",
)
async def list_registration_requests(
    caller: Annotated[Caller, may(Permission.pupil_write)], filters: Annotated[Page, Query()]
) -> Response:
    """What the caller's schools have asked for, and what others ask of them."""
    return await requests.page(caller, filters)


@routes.post(
    "/registration-requests",
    operation_id="create_registration_request",
    response_model=RequestRead,
    status_code=201,
    summary="Ask to be registered for a pupil",
)
async def create_registration_request(
    caller: Annotated[Caller, may(Permission.pupil_write)], body: RequestCreate
) -> Response:
    """Ask the school that keeps a pupil's file to register the caller's school too.

    The answer is the same whether or not the trust knows such a pupil.
    """
    return await _ask(caller, body, None)


@routes.put(
    "/registration-requests/{request_id}",
    operation_id="put_registration_request",
    response_model=RequestRead,
    status_code=201,
    summary="Ask to be registered under an id of your own",
)
async def put_registration_request(
    caller: Annotated[Caller, may(Permission.pupil_write)], request_id: Id, body: RequestCreate
) -> Response:
    """As `create_registration_request`, with an id the client chose: the same body again answers 200."""
    return await _ask(caller, body, request_id)


async def _ask(caller: Caller, body: RequestCreate, chosen: UUID | None) -> Response:
    request_id, fresh = await caller.once(body, chosen)
    if fresh:
        school = await caller.session.get(School, body.school_id)
        if school is None or school.id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        meant = select(col(Pupil.id)).where(
            col(Pupil.trust_id) == school.trust_id,
            col(Pupil.upn) == body.upn,
            col(Pupil.born_on) == body.born_on,
        )
        pupil_id = (await caller.session.execute(meant)).scalar_one_or_none()
        row = RegistrationRequest(
            id=request_id, school_id=school.id, pupil_id=pupil_id, asked_by=caller.account_id,
            **body.model_dump(include={"kind", "from_on", "reason"}),
        )  # fmt: skip
        await caller.create(row, school.id, resource="registration_request")
    location = f"/v1/registration-requests/{request_id}"
    return await requests.one(caller, request_id, status=201 if fresh else 200, location=location)


@routes.get(
    "/registration-requests/{request_id}",
    operation_id="read_registration_request",
    response_model=RequestRead,
    summary="Read a registration request",
)
async def read_registration_request(caller: Annotated[Caller, may(Permission.pupil_write)], request_id: Id) -> Response:
    """One request."""
    return await requests.one(caller, request_id)


async def _decided(caller: Caller, request_id: UUID, status: str) -> RegistrationRequest:
    row: RegistrationRequest = await for_change(caller, RegistrationRequest, request_id, request_visible)
    pupil = await caller.session.get(Pupil, row.pupil_id) if row.pupil_id else None
    if pupil is None or pupil.school_id not in caller.scope.schools:
        raise NotFound()
    if row.status != "asked":
        raise Conflict("The request was decided already.")
    values = {"status": status, "decided_at": clock.now(), "decided_by": caller.account_id}
    await caller.change(row, values, pupil.school_id, resource="registration_request", pupil_ids=[pupil.id])
    return row


@routes.post(
    "/registration-requests/{request_id}/agree",
    operation_id="agree_registration_request",
    response_model=RequestRead,
    summary="Agree to a registration request",
)
async def agree_registration_request(
    caller: Annotated[Caller, may(Permission.pupil_write)], request_id: Id
) -> Response:
    """Let the other school be registered for a pupil whose file the caller's school keeps."""
    row = await _decided(caller, request_id, "agreed")
    known = (
        await caller.session.execute(
            select(Registration).where(
                col(Registration.school_id) == row.school_id, col(Registration.pupil_id) == row.pupil_id
            )
        )
    ).scalar_one_or_none()
    if known is None and row.pupil_id is not None:
        caller.session.add(
            Registration(
                school_id=row.school_id, pupil_id=row.pupil_id, kind=row.kind, enrolment_status=MEANT[row.kind],
                from_on=row.from_on,
            )
        )  # fmt: skip
        await caller.session.flush()
    elif known is not None:
        values = {"kind": row.kind, "from_on": row.from_on, "until_on": None}
        await caller.change(known, values, row.school_id, resource="registration", pupil_ids=[known.pupil_id])
    return await requests.one(caller, request_id)


@routes.post(
    "/registration-requests/{request_id}/decline",
    operation_id="decline_registration_request",
    response_model=RequestRead,
    summary="Decline a registration request",
)
async def decline_registration_request(
    caller: Annotated[Caller, may(Permission.pupil_write)], request_id: Id
) -> Response:
    """Refuse; the asking school learns no more than that."""
    await _decided(caller, request_id, "declined")
    return await requests.one(caller, request_id)
