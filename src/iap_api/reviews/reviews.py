"""Reviews over HTTP: planned, listed by what is due or late, read as a whole, and changed until they are closed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, for_change
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import reach_pupil, reach_pupils, school_between
from iap_api.reviews.adding import add
from iap_api.reviews.review_shapes import ReviewChange, ReviewCreate, ReviewFilters, ReviewRead, ReviewWhole
from iap_api.reviews.states import ReviewState, check_possible, visible
from iap_api.reviews.tables import Review
from iap_api.reviews.whole_review import reviews, whole_review
from iap_api.schools.tables import Staff

routes = Routes("/v1/reviews", "reviews")


@routes.get("", response_model=Listed[ReviewRead], summary="List reviews")
async def list_reviews(
    caller: Annotated[Caller, may(Permission.review_read)], filters: Annotated[ReviewFilters, Query()]
) -> Response:
    """The reviews of pupils within reach, in the order they were made; `due_before` names what is due or late."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await reviews.page(caller, filters)


@routes.post("", response_model=ReviewWhole, status_code=201, summary="Plan a review")
async def create_review(caller: Annotated[Caller, may(Permission.review_plan)], body: ReviewCreate) -> Response:
    """Say that a review of a pupil is due on a day, or schedule it at once."""
    return await _create(caller, body, None)


@routes.put(
    "/{review_id}",
    response_model=ReviewWhole,
    status_code=201,
    summary="Plan a review under an id of your own",
)
async def put_review(
    caller: Annotated[Caller, may(Permission.review_plan)], review_id: Id, body: ReviewCreate
) -> Response:
    """As `create_review`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, review_id)


async def _create(caller: Caller, body: ReviewCreate, chosen: UUID | None) -> Response:
    review_id, fresh = await caller.once(body, chosen)
    if fresh:
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
        if body.chair_staff_id:
            await check_staff(caller, school_id, [("/chair_staff_id", body.chair_staff_id)])
        status = "scheduled" if body.scheduled_at else "due"
        review = Review(id=review_id, school_id=school_id, status=status, **body.model_dump())
        await add(caller, review, "review")
    location = f"/v1/reviews/{review_id}"
    return await whole_review.one(caller, review_id, status=201 if fresh else 200, location=location)


async def check_staff(caller: Caller, school_id: UUID, named: list[tuple[str, UUID]]) -> None:
    """Check that the adults named (pointer, staff id) work at the school; raises `Invalid`."""
    wanted = {staff_id for _, staff_id in named}
    working = select(col(Staff.id)).where(
        col(Staff.id).in_(wanted), col(Staff.school_id) == school_id, col(Staff.ended_on).is_(None)
    )
    known = set((await caller.session.execute(working)).scalars())
    wrong = [(pointer, "is not a member of staff of this school") for pointer, one in named if one not in known]
    if wrong:
        raise Invalid(errors=wrong)


@routes.get("/{review_id}", response_model=ReviewWhole, summary="Read a review")
async def read_review(caller: Annotated[Caller, may(Permission.review_read)], review_id: Id) -> Response:
    """One review with all contributions, its targets, the number of addenda and, once targets have levels, a T score.

    Its version also rises when a contribution or target is added or changed, so nobody closes what they have not read.
    """
    return await whole_review.one(caller, review_id)


@routes.patch(
    "/{review_id}", response_model=ReviewWhole, summary="Change a review", openapi_extra=problems(ReviewState)
)
async def change_review(
    caller: Annotated[Caller, may(Permission.review_write)],
    review_id: Id,
    body: ReviewChange,  # type: ignore[valid-type]
) -> Response:
    """Change its kind, day, place or chair (merge patch), until it is closed or cancelled: then 409 `review-state`."""
    review: Review = await for_change(caller, Review, review_id, visible)
    check_possible(review, "change")
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if values.get("chair_staff_id"):
        await check_staff(caller, review.school_id, [("/chair_staff_id", values["chair_staff_id"])])
    await caller.change(review, values, review.school_id, resource="review", pupil_ids=[review.pupil_id])
    return await whole_review.one(caller, review_id)
