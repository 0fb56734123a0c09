"""How subject requests are read: as lines of a list, and one as a whole with its pauses and what can be done now."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, null
from sqlmodel import col
from starlette.responses import Response

from iap_api.access.caller import Caller
from iap_api.access.reading import Reading
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.records.request_clock import acknowledge_by
from iap_api.records.request_states import ENDED, pauses_of, possible, visible
from iap_api.records.request_tables import SubjectRequest
from iap_api.records.subject_request_shapes import PauseRead, SubjectRequestRead, SubjectRequestWhole

_ALSO: dict[str, Any] = {"late": null(), "acknowledge_by": null()}


def _finished(item: dict[str, Any]) -> None:
    due_on = item["due_on"]
    if item["kind"] == "educational_record" and item["counted_by"] is None:
        item["counted_by"] = "weekdays"  # recorded before there were calendars
    item["late"] = item["status"] not in ENDED and due_on is not None and due_on < clock.today()
    item["acknowledge_by"] = acknowledge_by(item["received_on"]) if item["kind"] == "complaint" else None


class WholeReading(Reading[SubjectRequestWhole]):
    """Reads one request together with its pauses."""

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one request within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        plan = self.plan(caller.scope.kinds, frozenset(), frozenset(), "one")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "wanted": wanted})
        if not rows:
            raise NotFound()
        request = await caller.session.get_one(SubjectRequest, wanted)
        item = self._render(plan, rows[0], {})
        pauses = await pauses_of(caller, request)
        item["pauses"] = [{name: getattr(one, name) for name in PauseRead.model_fields} for one in pauses]
        item["possible"] = possible(request)
        if not caller.noted(wanted):
            caller.saw(self.resource, item["school_id"], [item["pupil_id"]], wanted)
        return self._sent(caller, item, status, location)


requests = Reading(
    SubjectRequestRead,
    SubjectRequest,
    visible=visible,
    resource="subject_request",
    school=col(SubjectRequest.school_id),
    pupil=col(SubjectRequest.pupil_id),
    also=_ALSO,
    filters={
        "pupil_id": lambda value: col(SubjectRequest.pupil_id) == value,
        "status": lambda value: col(SubjectRequest.status) == value,
        "kind": lambda value: col(SubjectRequest.kind) == value,
        "due_before": lambda day: and_(
            col(SubjectRequest.due_on) < day, col(SubjectRequest.status).not_in(ENDED)
        ),
    },
    finish=_finished,
)  # fmt: skip
whole_request = WholeReading(
    SubjectRequestWhole,
    SubjectRequest,
    visible=visible,
    resource="subject_request",
    school=col(SubjectRequest.school_id),
    pupil=col(SubjectRequest.pupil_id),
    also={**_ALSO, "pauses": null(), "possible": null()},
    finish=_finished,
)
