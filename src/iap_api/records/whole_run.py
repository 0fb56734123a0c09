"""How retention runs are read: as lines of a list, and one as a whole with what would go and who approved."""

from typing import Any
from uuid import UUID

from sqlalchemy import distinct, func, null, select
from sqlmodel import col
from starlette.responses import Response

from iap_api.access.caller import Caller
from iap_api.access.reading import Reading, within_school
from iap_api.core.errors import NotFound
from iap_api.records.run_shapes import ApprovalRead, RunLineRead, RunRead, RunWhole
from iap_api.records.schedule import RECORD
from iap_api.records.tables import ErasedPupil, RetentionApproval, RetentionRun, RetentionRunLine

_OF_RUN = col(RetentionRunLine.run_id) == RetentionRun.id
_COUNTED: dict[str, Any] = {
    "pupils": select(func.count(distinct(col(RetentionRunLine.pupil_id)))).where(_OF_RUN).scalar_subquery(),
    "rows": select(func.coalesce(func.sum(col(RetentionRunLine.rows)), 0)).where(_OF_RUN).scalar_subquery(),
    "approvals_count": select(func.count(col(RetentionApproval.account_id)))
    .where(col(RetentionApproval.run_id) == RetentionRun.id)
    .scalar_subquery(),
    "erased_count": select(func.count(col(ErasedPupil.pupil_id)))
    .where(col(ErasedPupil.run_id) == RetentionRun.id)
    .scalar_subquery(),
}


run_visible = within_school(col(RetentionRun.school_id))


class WholeRunReading(Reading[RunWhole]):
    """Reads one run with its lines and approvals."""

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one run within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        plan = self.plan(caller.scope.kinds, frozenset(), frozenset(), "one")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "wanted": wanted})
        if not rows:
            raise NotFound()
        item = self._render(plan, rows[0], {})
        item["lines"] = await _parts(caller, wanted, RunLineRead, RetentionRunLine, ("pupil_id", "record_class"))
        item["whole"] = [line["pupil_id"] for line in item["lines"] if line["record_class"] == RECORD]
        item["approvals"] = await _parts(caller, wanted, ApprovalRead, RetentionApproval, ("at",))
        named = list(dict.fromkeys(line["pupil_id"] for line in item["lines"]))
        if named and not caller.noted(wanted):
            caller.saw(self.resource, item["school_id"], named, wanted)
        return self._sent(caller, item, status, location)


async def _parts(
    caller: Caller, run_id: UUID, shape: type[Any], table: type[Any], order: tuple[str, ...]
) -> list[dict[str, Any]]:
    names = tuple(shape.model_fields)
    statement = select(*(getattr(table, name) for name in names)).where(table.run_id == run_id)
    rows = await caller.session.execute(statement.order_by(*(getattr(table, name) for name in order)))
    return [dict(zip(names, row, strict=True)) for row in rows]


runs = Reading(
    RunRead, RetentionRun, visible=run_visible, resource="retention_run", school=col(RetentionRun.school_id),
    also=_COUNTED,
    filters={
        "school_id": lambda value: col(RetentionRun.school_id) == value,
        "status": lambda value: col(RetentionRun.status) == value,
    },
)  # fmt: skip
whole_run = WholeRunReading(
    RunWhole, RetentionRun, visible=run_visible, resource="retention_run", school=col(RetentionRun.school_id),
    also={**_COUNTED, "lines": null(), "whole": null(), "approvals": null()},
)  # fmt: skip
