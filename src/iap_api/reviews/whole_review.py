"""How reviews are read: as lines of a list, and one as a whole with its contributions, targets and T score."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, func, null, select
from sqlmodel import SQLModel, col
from starlette.responses import Response

from iap_api.access.caller import Caller
from iap_api.access.reading import Filter, Reading
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.shapes import Shape
from iap_api.reviews.contribution_shapes import ContributionRead
from iap_api.reviews.goal_attainment import t_score
from iap_api.reviews.review_shapes import ReviewRead, ReviewWhole
from iap_api.reviews.states import AWAITED, OF_INVITATION, visible
from iap_api.reviews.tables import Addendum, Contribution, Review, Target
from iap_api.reviews.target_shapes import TargetRead


def _still_to_be_held(day: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(col(Review.due_on) < day, col(Review.status).in_(AWAITED))


def _late(item: dict[str, Any]) -> None:
    item["late"] = item["status"] in AWAITED and item["due_on"] < clock.today()


_FILTERS: dict[str, Filter] = {
    "pupil_id": lambda value: col(Review.pupil_id) == value,
    "status": lambda value: col(Review.status) == value,
    "due_before": _still_to_be_held,
}
_ALSO: dict[str, Any] = {
    "late": col(Review.due_on),
    "attendees": col(Review.attendees),
    "addenda_count": select(func.count(col(Addendum.id))).where(col(Addendum.review_id) == Review.id).scalar_subquery(),
}


def _parts(shape: type[Shape], table: type[SQLModel], **also: Any) -> tuple[tuple[str, ...], Select[Any]]:
    names = tuple(shape.model_fields)
    columns = [also[name] if name in also else getattr(table, name) for name in names]
    of_review = getattr(table, "review_id") == bindparam("wanted", type_=Uuid())  # noqa: B009 - any table of a review
    return names, select(*columns).where(of_review).order_by(getattr(table, "id"))  # noqa: B009


_CONTRIBUTIONS = _parts(ContributionRead, Contribution, invitation_id=OF_INVITATION)
_TARGETS = _parts(TargetRead, Target)


async def _read(caller: Caller, review_id: UUID, parts: tuple[tuple[str, ...], Select[Any]]) -> list[dict[str, Any]]:
    names, statement = parts
    connection = await caller.session.connection()
    rows = await connection.execute(statement, {"wanted": review_id})
    return [dict(zip(names, row, strict=True)) for row in rows]


class WholeReading(Reading[ReviewWhole]):
    """Reads one review together with its parts; whoever may see the review may see what was said for it."""

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one review within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        plan = self.plan(caller.scope.kinds, frozenset(), frozenset(), "one")
        connection = await caller.session.connection()
        row = (await connection.execute(plan.statement, {**caller.scope.binds(), "wanted": wanted})).one_or_none()
        if row is None:
            raise NotFound()
        item = self._render(plan, row, {})
        item["contributions"] = await _read(caller, wanted, _CONTRIBUTIONS)
        item["targets"] = await _read(caller, wanted, _TARGETS)
        item["gas_t_score"] = t_score(
            (target["level"], target["weight"])
            for target in item["targets"]
            if target["level"] is not None and target["withdrawn_at"] is None
        )
        # a replayed creation and a step that changes nothing show it too, and have noted nothing else about it
        if not caller.noted(wanted):
            caller.saw(self.resource, item["school_id"], [item["pupil_id"]], wanted)
        return self._sent(caller, item, status, location)


reviews = Reading(
    ReviewRead,
    Review,
    visible=visible,
    resource="review",
    school=col(Review.school_id),
    pupil=col(Review.pupil_id),
    also=_ALSO,
    filters=_FILTERS,
    finish=_late,
)
whole_review = WholeReading(
    ReviewWhole,
    Review,
    visible=visible,
    resource="review",
    school=col(Review.school_id),
    pupil=col(Review.pupil_id),
    also={**_ALSO, "contributions": null(), "targets": null(), "gas_t_score": null()},
    finish=_late,
)
