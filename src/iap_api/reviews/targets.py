"""Targets over HTTP: agreed for a review, worded until it is closed, and rated when there is something to see."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil
from iap_api.reviews.adding import add
from iap_api.reviews.states import ReviewState, check_possible, part_changed, review_locked
from iap_api.reviews.tables import Review, Target
from iap_api.reviews.target_shapes import TargetChange, TargetCreate, TargetFilters, TargetRating, TargetRead

routes = Routes("/v1/targets", "reviews")
visible = about(col(Target.pupil_id))
targets = Reading(
    TargetRead,
    Target,
    visible=visible,
    resource="target",
    school=col(Target.school_id),
    pupil=col(Target.pupil_id),
    filters={
        "review_id": lambda value: col(Target.review_id) == value,
        "pupil_id": lambda value: col(Target.pupil_id) == value,
    },
)


@routes.get("", response_model=Listed[TargetRead], summary="List targets")
async def list_targets(
    caller: Annotated[Caller, may(Permission.review_read)], filters: Annotated[TargetFilters, Query()]
) -> Response:
    """The targets of pupils within reach, withdrawn ones too, in the order they were agreed."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await targets.page(caller, filters)


@routes.post(
    "", response_model=TargetRead, status_code=201, summary="Agree a target", openapi_extra=problems(ReviewState)
)
async def create_target(caller: Annotated[Caller, may(Permission.review_write)], body: TargetCreate) -> Response:
    """Put a target into a review that is not closed yet."""
    return await _create(caller, body, None)


@routes.put(
    "/{target_id}",
    response_model=TargetRead,
    status_code=201,
    summary="Agree a target under an id of your own",
    openapi_extra=problems(ReviewState),
)
async def put_target(
    caller: Annotated[Caller, may(Permission.review_write)], target_id: Id, body: TargetCreate
) -> Response:
    """As `create_target`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, target_id)


async def _create(caller: Caller, body: TargetCreate, chosen: UUID | None) -> Response:
    target_id, fresh = await caller.once(body, chosen)
    if fresh:
        review = await review_locked(caller, body.review_id)
        check_possible(review, "agree_target")
        target = Target(id=target_id, school_id=review.school_id, pupil_id=review.pupil_id, **body.model_dump())
        await add(caller, target, "target")
        await part_changed(caller, review)
    location = f"/v1/targets/{target_id}"
    return await targets.one(caller, target_id, status=201 if fresh else 200, location=location)


@routes.get("/{target_id}", response_model=TargetRead, summary="Read a target")
async def read_target(caller: Annotated[Caller, may(Permission.review_read)], target_id: Id) -> Response:
    """One target."""
    return await targets.one(caller, target_id)


@routes.patch("/{target_id}", response_model=TargetRead, summary="Reword a target", openapi_extra=problems(ReviewState))
async def change_target(
    caller: Annotated[Caller, may(Permission.review_write)],
    target_id: Id,
    body: TargetChange,  # type: ignore[valid-type]
) -> Response:
    """Change its words, day or weight (merge patch), until the review is closed."""
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    return await _changed(caller, target_id, values, "agree_target")


@routes.post(
    "/{target_id}/rate", response_model=TargetRead, summary="Rate a target", openapi_extra=problems(ReviewState)
)
async def rate_target(
    caller: Annotated[Caller, may(Permission.review_write)], target_id: Id, body: TargetRating
) -> Response:
    """Say how far it was reached, from -2 to 2, at the review or after; saying it again keeps the former level."""
    values = {"level": body.level, "level_note": body.note, "level_set_on": clock.today()}
    return await _changed(caller, target_id, values, "rate_target", kind="target.rated")


@routes.post(
    "/{target_id}/withdraw", response_model=TargetRead, summary="Withdraw a target", openapi_extra=problems(ReviewState)
)
async def withdraw_target(caller: Annotated[Caller, may(Permission.review_write)], target_id: Id) -> Response:
    """Take back a target before the review is closed: it stays readable and counts in no score."""
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    return await _changed(caller, target_id, values, "agree_target", kind="ended")


async def _changed(
    caller: Caller, target_id: UUID, values: dict[str, Any], what: str, kind: str = "updated"
) -> Response:
    review, target = await _locked(caller, target_id)
    check_possible(review, what)
    if target.withdrawn_at is not None:
        raise Conflict("The target was withdrawn.")
    changed = await caller.change(
        target, values, review.school_id, resource="target", kind=kind, pupil_ids=[review.pupil_id]
    )
    if changed and review.status != "closed":
        await part_changed(caller, review)
    return await targets.one(caller, target_id)


async def _locked(caller: Caller, target_id: UUID) -> tuple[Review, Target]:
    named = select(col(Target.review_id)).where(col(Target.id) == target_id, visible(caller.scope.kinds))
    review_id = (await caller.session.execute(named, caller.scope.binds())).scalar_one_or_none()
    if review_id is None:
        raise NotFound()
    # the review first, then its part: the order in which closing it takes them
    review = await review_locked(caller, review_id)
    target: Target = await for_change(caller, Target, target_id, visible)
    return review, target
