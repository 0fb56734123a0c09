"""The states of a subject request, what is possible in each, and the refusals that say so."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import for_change, within_school
from iap_api.core.errors import NotFound, Problem
from iap_api.core.shapes import Id
from iap_api.records.request_clock import Pause, due_on
from iap_api.records.request_tables import RequestPause, SubjectRequest

_OPEN = ("change", "check_identity", "acknowledge", "refuse", "withdraw")
_WORKING = ("pause", "extend", "build_package", "mark", "decide", "ready")
POSSIBLE: dict[str, tuple[str, ...]] = {
    "received": (*_OPEN, "start", "pause", "extend"),
    "in_progress": (*_OPEN, *_WORKING),
    "paused": (*_OPEN, "resume"),
    "ready": ("start", "release", "refuse", "withdraw"),
    "released": (),
    "refused": (),
    "withdrawn": (),
}
ENDED = ("released", "refused", "withdrawn")
# these have a month that can be paused and extended; the others have days of their own
BY_THE_MONTH = ("access", "erasure", "rectification", "objection", "portability")
WITH_A_PACKAGE = ("access", "portability", "educational_record")
visible = within_school(col(SubjectRequest.school_id))


class RequestState(Problem):
    status, kind, title = 409, "request-state", "The request is not at that point"
    advice = "See `request_status` for where it stands and `possible` for what can be done now."


class ClockRunsOn(Problem):
    status, kind, title = 409, "clock-runs-on", "This clock cannot be stopped or extended"
    advice = (
        "Only the one-month clock of data-protection requests can; the educational record and complaints have days."
    )


class ExtensionTooLate(Problem):
    status, kind, title = 409, "extension-too-late", "It is too late to take more time, or more was taken already"
    advice = "An extension is told within the first month, once (UK GDPR, article 12(3))."


class IdentityNotChecked(Problem):
    status, kind, title = 409, "identity-not-checked", "Nobody has checked who asks"
    advice = "Record how it was made sure that the requester may have this child's data, then release."


def possible(request: SubjectRequest) -> list[str]:
    """Return what can be done now; a kind without a package has no steps for one."""
    without = set() if request.kind in WITH_A_PACKAGE else {"build_package", "mark", "decide"}
    if request.kind not in BY_THE_MONTH:
        without |= {"pause", "extend"}
    return [one for one in POSSIBLE[request.status] if one not in without]


async def request_at(caller: Caller, request_id: Id, what: str) -> SubjectRequest:
    """Return the request within reach, locked and checked against If-Match, if `what` is possible now.

    Raises `NotFound`, `IfMatchNeeded`, `Stale`, `ClockRunsOn` and `RequestState`.
    """
    request: SubjectRequest = await for_change(caller, SubjectRequest, request_id, visible)
    check_possible(request, what)
    return request


def check_possible(request: SubjectRequest, what: str) -> None:
    """Raise `ClockRunsOn` or `RequestState` unless `what` is possible."""
    if what in ("pause", "extend") and request.kind not in BY_THE_MONTH:
        raise ClockRunsOn()
    if what not in possible(request):
        raise RequestState(request_status=request.status, possible=possible(request))


async def request_within(caller: Caller, request_id: UUID, *, lock: bool = False) -> SubjectRequest:
    """Return a request named in the path, locked if asked; raises `NotFound` when absent or out of reach."""
    wanted = select(SubjectRequest).where(col(SubjectRequest.id) == request_id, visible(caller.scope.kinds))
    if lock:
        wanted = wanted.with_for_update(of=SubjectRequest)
    found = (await caller.session.execute(wanted, caller.scope.binds())).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


async def pauses_of(caller: Caller, request: SubjectRequest) -> list[RequestPause]:
    """Return the pauses of a request in the order of their days."""
    mine = select(RequestPause).where(col(RequestPause.request_id) == request.id)
    found = await caller.session.execute(mine.order_by(col(RequestPause.from_on), col(RequestPause.id)))
    return list(found.scalars())


def due(kind: str, received_on: Any, pauses: list[RequestPause], *, extended: bool) -> Any:
    """Return the last day of a clock that runs by the month, or None while it stands still and for other kinds."""
    if kind not in BY_THE_MONTH:
        return None
    return due_on(
        received_on,
        [Pause(one.why, one.from_on, one.until_on) for one in pauses],  # type: ignore[arg-type]
        extended=extended,
    )
