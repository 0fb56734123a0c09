"""Subject requests over HTTP: recorded, listed by what is due or late, read with their clock, and corrected."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.records.request_clock import educational_record_due_on
from iap_api.records.request_states import RequestState, due, request_at
from iap_api.records.request_tables import SubjectRequest
from iap_api.records.subject_request_shapes import (
    SubjectRequestChange,
    SubjectRequestCreate,
    SubjectRequestFilters,
    SubjectRequestRead,
    SubjectRequestWhole,
)
from iap_api.records.subjects import answering
from iap_api.records.whole_request import requests, whole_request
from iap_api.schools.school_calendar import calendar_of

routes = Routes("/v1/subject-requests", "subject requests")


@routes.get("", response_model=Listed[SubjectRequestRead], summary="List subject requests")
async def list_subject_requests(
    caller: Annotated[Caller, may(Permission.subject_request_read)], filters: Annotated[SubjectRequestFilters, Query()]
) -> Response:
    """The requests to schools within reach, in the order they were recorded; `due_before` names what is due or late."""
    return await requests.page(caller, filters)


@routes.post("", response_model=SubjectRequestWhole, status_code=201, summary="Record a subject request")
async def create_subject_request(
    caller: Annotated[Caller, may(Permission.subject_request_write)], body: SubjectRequestCreate
) -> Response:
    """Record a request about a pupil who is, or ever was, at a school within reach; its clock began when it came in."""
    return await _create(caller, body, None)


@routes.put(
    "/{subject_request_id}",
    response_model=SubjectRequestWhole,
    status_code=201,
    summary="Record a subject request under an id of your own",
)
async def put_subject_request(
    caller: Annotated[Caller, may(Permission.subject_request_write)], subject_request_id: Id, body: SubjectRequestCreate
) -> Response:
    """As `create_subject_request`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, subject_request_id)


async def _create(caller: Caller, body: SubjectRequestCreate, chosen: UUID | None) -> Response:
    request_id, fresh = await caller.once(body, chosen)
    if fresh:
        _check(body)
        school_id = await answering(caller, body.pupil_id)
        request = SubjectRequest(
            id=request_id, school_id=school_id, recorded_by=caller.account_id,
            **await _clock(caller, body, school_id), **body.model_dump(exclude={"maintained_school"}),
        )  # fmt: skip
        await caller.create(request, school_id, resource="subject_request", pupil_ids=[body.pupil_id])
    location = f"/v1/subject-requests/{request_id}"
    return await whole_request.one(caller, request_id, status=201 if fresh else 200, location=location)


async def _clock(caller: Caller, body: SubjectRequestCreate, school_id: UUID) -> dict[str, Any]:
    """Return the last day for the answer and what it was counted by, as the calendar stands now."""
    if body.kind != "educational_record":
        return {"due_on": due(body.kind, body.received_on, [], extended=False)}
    ahead = educational_record_due_on(body.received_on, await calendar_of(caller.session, school_id))
    return {"due_on": ahead.on, "counted_by": "school_calendar" if ahead.by_calendar else "weekdays"}


def _check(body: SubjectRequestCreate) -> None:
    wrong = []
    if body.received_on > clock.today():
        wrong.append(("/received_on", "lies in the future"))
    if body.kind == "educational_record":
        if body.maintained_school is not True:
            wrong.append(("/maintained_school", "must be true: academies owe no educational record, use access"))
        if body.requester == "pupil":
            wrong.append(("/requester", "the educational record is a parent's right: use access for the pupil"))
    elif body.maintained_school is not None:
        wrong.append(("/maintained_school", "is asked for with educational_record alone"))
    if wrong:
        raise Invalid(errors=wrong)


@routes.get("/{subject_request_id}", response_model=SubjectRequestWhole, summary="Read a subject request")
async def read_subject_request(
    caller: Annotated[Caller, may(Permission.subject_request_read)], subject_request_id: Id
) -> Response:
    """One request with its clock, the pauses in it, and what can be done now."""
    return await whole_request.one(caller, subject_request_id)


@routes.patch(
    "/{subject_request_id}",
    response_model=SubjectRequestWhole,
    summary="Change a subject request",
    openapi_extra=problems(RequestState),
)
async def change_subject_request(
    caller: Annotated[Caller, may(Permission.subject_request_write)],
    subject_request_id: Id,
    body: SubjectRequestChange,  # type: ignore[valid-type]
) -> Response:
    """Correct who asks and what they ask for (merge patch), until the answer is ready."""
    request = await request_at(caller, subject_request_id, "change")
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if request.kind == "educational_record" and values.get("requester") == "pupil":
        raise Invalid(errors=[("/requester", "the educational record is a parent's right: use access for the pupil")])
    pupils = [request.pupil_id]
    await caller.change(request, values, request.school_id, resource="subject_request", pupil_ids=pupils)
    return await whole_request.one(caller, request.id)
