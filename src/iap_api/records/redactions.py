"""Redactions over HTTP: what may have to be withheld from a package, proposed or marked, and decided one by one."""

from typing import Annotated, Any

import msgspec
from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.records.package_shapes import RedactionCreate, RedactionDecide, RedactionFilters, RedactionRead
from iap_api.records.package_store import PackageMissing, digest_of, package_of, value_at
from iap_api.records.request_states import RequestState, check_possible, request_within
from iap_api.records.request_tables import Redaction, SubjectRequest
from iap_api.records.withholding import names_a_place

routes = Routes("/v1", "subject requests")
Writer = Annotated[Caller, may(Permission.subject_request_write)]
redaction_visible = within_school(col(Redaction.school_id))


class MarkedAlready(Conflict):
    status, kind, title = 409, "marked-already", "That place is marked already"
    advice = "Decide about the mark that is there."


refuse("uq_redactions_request_id_pointer", MarkedAlready)

redactions = Reading(
    RedactionRead, Redaction, visible=redaction_visible, resource="redaction", school=col(Redaction.school_id),
    pupil=col(Redaction.pupil_id),
    filters={
        "request_id": lambda value: col(Redaction.request_id) == value,
        "status": lambda value: col(Redaction.status) == value,
    },
)  # fmt: skip


@routes.get(
    "/subject-requests/{subject_request_id}/redactions",
    response_model=Listed[RedactionRead],
    summary="List the marked places",
)
async def list_redactions(
    caller: Writer, subject_request_id: Id, filters: Annotated[RedactionFilters, Query()]
) -> Response:
    """The places of a request's package that were proposed or marked; the words themselves are in the working copy."""
    await request_within(caller, subject_request_id)
    return await redactions.page(caller, filters, also={"request_id": subject_request_id})


@routes.post(
    "/subject-requests/{subject_request_id}/redactions",
    response_model=RedactionRead,
    status_code=201,
    summary="Mark a place to be withheld",
    openapi_extra=problems(RequestState, PackageMissing, MarkedAlready),
)
async def create_redaction(caller: Writer, subject_request_id: Id, body: RedactionCreate) -> Response:
    """Mark a row of the working copy, something in one, or a sentence of who has seen it: not to be handed over."""
    mark_id, fresh = await caller.once(body)
    if fresh:
        request = await request_within(caller, subject_request_id, lock=True)
        check_possible(request, "mark")
        if request.package_built_at is None:
            raise PackageMissing()
        document = msgspec.json.decode((await package_of(caller, request.id)).working or b"{}")
        if not names_a_place(document, body.pointer):
            raise Invalid(errors=[("/pointer", "names no row of the package, nothing in one and no sentence")])
        mark = Redaction(
            id=mark_id, school_id=request.school_id, request_id=request.id, pupil_id=request.pupil_id,
            status="withheld", found="marked by hand", value_digest=digest_of(value_at(document, body.pointer)),
            decided_by=caller.account_id, decided_at=clock.now(), **body.model_dump(),
        )  # fmt: skip
        await caller.create(mark, request.school_id, resource="redaction", pupil_ids=[request.pupil_id])
        await _request_changed(caller, request)
    location = f"/v1/redactions/{mark_id}"
    return await redactions.one(caller, mark_id, status=201 if fresh else 200, location=location)


@routes.get("/redactions/{redaction_id}", response_model=RedactionRead, summary="Read a marked place")
async def read_redaction(caller: Writer, redaction_id: Id) -> Response:
    """One place, why it may have to be withheld, and what was decided."""
    return await redactions.one(caller, redaction_id)


@routes.post(
    "/redactions/{redaction_id}/decide",
    response_model=RedactionRead,
    summary="Decide about a marked place",
    openapi_extra=problems(RequestState),
)
async def decide_redaction(caller: Writer, redaction_id: Id, body: RedactionDecide) -> Response:
    """Withhold the place or show it; again, to decide otherwise, while the request is worked on."""
    # the request is locked first, as by every other step: releasing it and deciding come one after the other
    of_request = select(col(Redaction.request_id)).where(col(Redaction.id) == redaction_id)
    request_id = (await caller.session.execute(of_request)).scalar_one_or_none()
    if request_id is None:
        raise NotFound()
    request = await request_within(caller, request_id, lock=True)
    mark: Redaction = await for_change(caller, Redaction, redaction_id, redaction_visible)
    check_possible(request, "decide")
    values: dict[str, Any] = {
        "status": body.decision, "decided_by": caller.account_id, "decided_at": clock.now(),
        **body.model_dump(exclude={"decision"}, exclude_none=True),
    }  # fmt: skip
    await caller.change(
        mark, values, mark.school_id, resource="redaction", kind="redaction.decided", pupil_ids=[mark.pupil_id]
    )
    await _request_changed(caller, request)
    return await redactions.one(caller, redaction_id)


async def _request_changed(caller: Caller, request: SubjectRequest) -> None:
    """Raise the version of the request, so that nobody makes it ready on a list of marks that has changed since."""
    request.version += 1
    request.updated_at = clock.now()
    await caller.session.flush()
