"""Registration requests over HTTP: a school asks to be registered for a pupil, the one that keeps the file decides."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.pages import Page
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.asking import asked_for
from iap_api.pupils.registration_shapes import RequestCreate, RequestRead
from iap_api.pupils.tables import Pupil, Registration, RegistrationRequest
from iap_api.schools.tables import School

routes = Routes("/v1", "registrations")
MEANT = {"enrolled": "C", "placed": "S", "dual_registered": "S", "referred": "G"}


class AskedAlready(Conflict):
    status, kind, title = 409, "asked-already", "Your school has asked for this already"
    advice = "Wait for the school that keeps the file to decide."


refuse("uq_registration_requests_open", AskedAlready)
refuse("uq_registration_requests_school_id_asked_for", AskedAlready)


def _kept_here(column: Any) -> Any:
    # scope_around is bound for every caller; the permission to ask is never held at less than a school
    return select(column).where(
        col(Pupil.id) == RegistrationRequest.pupil_id, among(Pupil.school_id, "scope_around")
    ).correlate(RegistrationRequest)  # fmt: skip


@told(school="{Things} of {place}, and those for files that {place} keeps.")
def request_visible(_kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter: requests of the caller's schools, and requests for files that the caller's schools keep."""
    return or_(among(RegistrationRequest.school_id, "scope_around"), _kept_here(col(Pupil.id)).exists())


def _known_to_caller() -> Any:
    agreed = select(col(Pupil.id)).where(
        col(Pupil.id) == RegistrationRequest.pupil_id,
        or_(col(RegistrationRequest.status) == "agreed", among(Pupil.school_id, "scope_around")),
    )
    return agreed.correlate(RegistrationRequest).scalar_subquery()


# a read by the keeping school belongs in the keeping school's ledger
requests = Reading(
    RequestRead, RegistrationRequest, visible=request_visible, resource="registration_request",
    school=func.coalesce(_kept_here(col(Pupil.school_id)).scalar_subquery(), col(RegistrationRequest.school_id)),
    pupil=_known_to_caller(), also={"pupil_id": _known_to_caller()},
)  # fmt: skip


@routes.get(
    "/registration-requests",
    response_model=Listed[RequestRead],
    summary="List registration requests",
)
async def list_registration_requests(
    caller: Annotated[Caller, may(Permission.registration_request)], filters: Annotated[Page, Query()]
) -> Response:
    """What the caller's schools have asked for, and what others ask of them."""
    return await requests.page(caller, filters)


@routes.post(
    "/registration-requests",
    response_model=RequestRead,
    status_code=201,
    summary="Ask to be registered for a pupil",
    openapi_extra=problems(AskedAlready),
)
async def create_registration_request(
    caller: Annotated[Caller, may(Permission.registration_request)], body: RequestCreate
) -> Response:
    """Ask the school that keeps a pupil's file to register the caller's school too.

    The answer is the same whether or not the trust knows such a pupil, and so is 409 `asked-already` for asking again
    before the first is decided. A request for a child who is not known waits until a school of the trust enters them.
    """
    return await _ask(caller, body, None)


@routes.put(
    "/registration-requests/{request_id}",
    response_model=RequestRead,
    status_code=201,
    summary="Ask to be registered under an id of your own",
    openapi_extra=problems(AskedAlready),
)
async def put_registration_request(
    caller: Annotated[Caller, may(Permission.registration_request)], request_id: Id, body: RequestCreate
) -> Response:
    """As `create_registration_request`, with an id the client chose: the same body again answers 200."""
    return await _ask(caller, body, request_id)


async def _ask(caller: Caller, body: RequestCreate, chosen: UUID | None) -> Response:
    request_id, fresh = await caller.once(body, chosen)
    if fresh:
        school = await caller.session.get(School, body.school_id)
        if school is None or school.id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        digest = await asked_for(caller, body.upn, body.born_on)
        meant = select(col(Pupil.id)).where(
            col(Pupil.trust_id) == school.trust_id,
            col(Pupil.upn) == body.upn,
            col(Pupil.born_on) == body.born_on,
        )
        async with caller.beyond_fence():
            pupil_id = (await caller.session.execute(meant)).scalar_one_or_none()
        row = RegistrationRequest(
            id=request_id, school_id=school.id, pupil_id=pupil_id, asked_for=digest, asked_by=caller.account_id,
            **body.model_dump(include={"kind", "from_on", "reason"}),
        )  # fmt: skip
        await caller.create(row, school.id, resource="registration_request")
    location = f"/v1/registration-requests/{request_id}"
    return await requests.one(caller, request_id, status=201 if fresh else 200, location=location)


@routes.get(
    "/registration-requests/{request_id}",
    response_model=RequestRead,
    summary="Read a registration request",
)
async def read_registration_request(
    caller: Annotated[Caller, may(Permission.registration_request)], request_id: Id
) -> Response:
    """One request."""
    return await requests.one(caller, request_id)


async def _decided(caller: Caller, request_id: UUID, status: str) -> tuple[RegistrationRequest, Pupil]:
    row: RegistrationRequest = await for_change(caller, RegistrationRequest, request_id, request_visible)
    kept = select(Pupil).where(col(Pupil.id) == row.pupil_id).with_for_update()
    pupil = (await caller.session.execute(kept)).scalar_one_or_none()
    if pupil is None or pupil.school_id not in caller.scope.schools:
        raise NotFound()
    if row.status != "asked":
        raise Conflict("The request was decided already.")
    values = {"status": status, "decided_at": clock.now(), "decided_by": caller.account_id}
    await caller.change(row, values, pupil.school_id, resource="registration_request", pupil_ids=[pupil.id])
    return row, pupil


@routes.post(
    "/registration-requests/{request_id}/agree",
    response_model=RequestRead,
    summary="Agree to a registration request",
)
async def agree_registration_request(
    caller: Annotated[Caller, may(Permission.registration_request)], request_id: Id
) -> Response:
    """Let the asking school be registered for a pupil whose file the caller's school keeps.

    A pupil who had left the roll is on it again.
    """
    row, pupil = await _decided(caller, request_id, "agreed")
    async with caller.beyond_fence():
        await _register(caller, row, pupil.id)
    await caller.change(pupil, {"ended_on": None}, pupil.school_id, resource="pupil", pupil_ids=[pupil.id])
    return await requests.one(caller, request_id)


async def _register(caller: Caller, row: RegistrationRequest, pupil_id: UUID) -> None:
    known = (
        await caller.session.execute(
            select(Registration)
            .where(col(Registration.school_id) == row.school_id, col(Registration.pupil_id) == pupil_id)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if known is None:
        made = Registration(
            school_id=row.school_id, pupil_id=pupil_id, kind=row.kind, enrolment_status=MEANT[row.kind],
            from_on=row.from_on,
        )  # fmt: skip
        await caller.create(made, row.school_id, resource="registration", pupil_ids=[pupil_id])
        return
    values = {
        "kind": row.kind, "enrolment_status": MEANT[row.kind], "from_on": _first_day(known, row.from_on),
        "until_on": None, "ended_why": None,
    }  # fmt: skip
    await caller.change(known, values, row.school_id, resource="registration", pupil_ids=[pupil_id])


def _first_day(known: Registration, asked: date) -> date:
    # a school that is registered now must not lose the pupil until the new day comes
    still = known.until_on is None or known.until_on >= clock.today()
    return min(known.from_on, asked) if still else asked


@routes.post(
    "/registration-requests/{request_id}/decline",
    response_model=RequestRead,
    summary="Decline a registration request",
)
async def decline_registration_request(
    caller: Annotated[Caller, may(Permission.registration_request)], request_id: Id
) -> Response:
    """Refuse; the asking school learns no more than that."""
    await _decided(caller, request_id, "declined")
    return await requests.one(caller, request_id)
