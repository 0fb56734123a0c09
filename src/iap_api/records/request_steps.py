"""The steps of a subject request over HTTP: begun, paused and resumed, extended, acknowledged, refused, withdrawn."""

from datetime import date
from typing import Annotated, Any

from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.records.package_store import forget_working_copy
from iap_api.records.request_clock import PAUSES_FROM
from iap_api.records.request_states import (
    ClockRunsOn,
    ExtensionTooLate,
    RequestState,
    due,
    pauses_of,
    request_at,
)
from iap_api.records.request_tables import RequestPause, SubjectRequest
from iap_api.records.subject_request_shapes import (
    IdentityCheck,
    RequestAcknowledgement,
    RequestExtension,
    RequestPausing,
    RequestRefusal,
    RequestResuming,
    RequestWithdrawal,
    SubjectRequestWhole,
)
from iap_api.records.whole_request import whole_request

routes = Routes("/v1/subject-requests", "subject requests")
Writer = Annotated[Caller, may(Permission.subject_request_write)]
STATE = problems(RequestState)
CLOCK = problems(RequestState, ClockRunsOn)


@routes.post(
    "/{subject_request_id}/start", response_model=SubjectRequestWhole, summary="Begin to work", openapi_extra=STATE
)
async def start_subject_request(caller: Writer, subject_request_id: Id) -> Response:
    """Begin to work on a request, or go back to work on one that was ready."""
    request = await request_at(caller, subject_request_id, "start")
    return await step(caller, request, {"status": "in_progress"}, "subject_request.started")


@routes.post(
    "/{subject_request_id}/check-identity",
    response_model=SubjectRequestWhole,
    summary="Record the check of identity",
    openapi_extra=STATE,
)
async def check_requester_identity(caller: Writer, subject_request_id: Id, body: IdentityCheck) -> Response:
    """Record when and how the requester's identity and right to ask were checked; a wait for it ends that day."""
    request = await request_at(caller, subject_request_id, "check_identity")
    _day_between(body.checked_on, request.received_on, "/checked_on")
    values = {"identity_checked_on": body.checked_on, "identity_how": body.how}
    pauses = await pauses_of(caller, request)
    waiting = [one for one in pauses if one.until_on is None and one.why == "identity"]
    if waiting:
        values |= await _resumed(caller, request, pauses, body.checked_on, "/checked_on")
    return await step(caller, request, values, "subject_request.identity_checked")


@routes.post(
    "/{subject_request_id}/pause", response_model=SubjectRequestWhole, summary="Stop the clock", openapi_extra=CLOCK
)
async def pause_subject_request(caller: Writer, subject_request_id: Id, body: RequestPausing) -> Response:
    """Stop the clock while the school waits for proof of identity, or for what the requester means.

    Possible since 5 February 2026. The month of a request whose requester is not known begins when identity is proved;
    days of waiting for a clarification do not count.
    """
    request = await request_at(caller, subject_request_id, "pause")
    pauses = await pauses_of(caller, request)
    # an earlier pause ended where a later one may begin
    earliest = max([request.received_on, PAUSES_FROM, *(one.until_on for one in pauses if one.until_on)])
    _day_between(body.from_on, earliest, "/from_on")
    if request.due_on is not None and body.from_on > request.due_on:
        raise Invalid(errors=[("/from_on", "lies after the day on which the answer was due")])
    pause = RequestPause(
        school_id=request.school_id, request_id=request.id, pupil_id=request.pupil_id, **body.model_dump()
    )  # fmt: skip
    caller.session.add(pause)
    await caller.session.flush()
    return await step(caller, request, {"status": "paused", "due_on": None}, "subject_request.paused")


@routes.post(
    "/{subject_request_id}/resume", response_model=SubjectRequestWhole, summary="Start the clock", openapi_extra=STATE
)
async def resume_subject_request(caller: Writer, subject_request_id: Id, body: RequestResuming) -> Response:
    """Start the clock again on the day on which the requester's answer came."""
    request = await request_at(caller, subject_request_id, "resume")
    values = await _resumed(caller, request, await pauses_of(caller, request), body.until_on, "/until_on")
    return await step(caller, request, values, "subject_request.resumed")


async def _resumed(
    caller: Caller, request: SubjectRequest, pauses: list[RequestPause], until_on: date, pointer: str
) -> dict[str, Any]:
    waiting = pauses[-1]
    _day_between(until_on, waiting.from_on, pointer)
    waiting.until_on = until_on
    await caller.session.flush()
    extended = request.extended_on is not None
    return {"status": "in_progress", "due_on": due(request.kind, request.received_on, pauses, extended=extended)}


@routes.post(
    "/{subject_request_id}/extend",
    response_model=SubjectRequestWhole,
    summary="Take more time",
    openapi_extra=problems(RequestState, ClockRunsOn, ExtensionTooLate),
)
async def extend_subject_request(caller: Writer, subject_request_id: Id, body: RequestExtension) -> Response:
    """Take up to two further months for a complex request or one of many, told to the requester in the first month."""
    request = await request_at(caller, subject_request_id, "extend")
    if request.extended_on is not None or request.due_on is None or body.told_on > request.due_on:
        raise ExtensionTooLate()
    _day_between(body.told_on, request.received_on, "/told_on")
    longer = due(request.kind, request.received_on, await pauses_of(caller, request), extended=True)
    values = {"extended_on": body.told_on, "extension_reason": body.reason, "due_on": longer}
    return await step(caller, request, values, "subject_request.extended")


@routes.post(
    "/{subject_request_id}/acknowledge",
    response_model=SubjectRequestWhole,
    summary="Record that it was acknowledged",
    openapi_extra=STATE,
)
async def acknowledge_subject_request(caller: Writer, subject_request_id: Id, body: RequestAcknowledgement) -> Response:
    """Record that the requester was told their request came in; a complaint must be within 30 days."""
    request = await request_at(caller, subject_request_id, "acknowledge")
    _day_between(body.acknowledged_on, request.received_on, "/acknowledged_on")
    return await step(caller, request, body.model_dump(), "subject_request.acknowledged")


@routes.post("/{subject_request_id}/refuse", response_model=SubjectRequestWhole, summary="Refuse", openapi_extra=STATE)
async def refuse_subject_request(caller: Writer, subject_request_id: Id, body: RequestRefusal) -> Response:
    """Refuse a request, with the reason that the requester is told; its unreleased package goes."""
    request = await request_at(caller, subject_request_id, "refuse")
    return await _ended(caller, request, "refused", body.reason)


@routes.post(
    "/{subject_request_id}/withdraw", response_model=SubjectRequestWhole, summary="Withdraw", openapi_extra=STATE
)
async def withdraw_subject_request(caller: Writer, subject_request_id: Id, body: RequestWithdrawal) -> Response:
    """Record that the requester no longer asks; the unreleased package goes."""
    request = await request_at(caller, subject_request_id, "withdraw")
    return await _ended(caller, request, "withdrawn", body.reason)


async def _ended(caller: Caller, request: SubjectRequest, status: str, why: str | None) -> Response:
    values = {"status": status, "ended_at": clock.now(), "ended_by": caller.account_id, "ended_why": why}
    await forget_working_copy(caller, request)
    return await step(caller, request, values, f"subject_request.{status}")


def _day_between(day: date, earliest: date, pointer: str) -> None:
    if not earliest <= day <= clock.today():
        raise Invalid(errors=[(pointer, f"must lie between {earliest.isoformat()} and today")])


async def step(caller: Caller, request: SubjectRequest, values: dict[str, Any], kind: str) -> Response:
    """Take a step: change the request, note it, and answer it as a whole."""
    pupils = [request.pupil_id]
    await caller.change(request, values, request.school_id, resource="subject_request", kind=kind, pupil_ids=pupils)
    return await whole_request.one(caller, request.id)
