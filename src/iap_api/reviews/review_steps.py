"""The steps of a review over HTTP: scheduled, held, closed with a decision, or cancelled."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import for_change
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.reviews.review_shapes import ReviewClose, ReviewHold, ReviewSchedule, ReviewWhole
from iap_api.reviews.reviews import check_staff
from iap_api.reviews.states import ReviewState, check_possible, visible
from iap_api.reviews.tables import Review
from iap_api.reviews.whole_review import whole_review

routes = Routes("/v1/reviews", "reviews")
CLOCK_SKEW = timedelta(minutes=5)


@routes.post(
    "/{review_id}/schedule",
    response_model=ReviewWhole,
    summary="Schedule a review",
    openapi_extra=problems(ReviewState),
)
async def schedule_review(
    caller: Annotated[Caller, may(Permission.review_plan)], review_id: Id, body: ReviewSchedule
) -> Response:
    """Set the hour of the meeting, or move it; once it was held, closed or cancelled: 409 `review-state`."""
    review = await _at(caller, review_id, "schedule")
    return await _step(caller, review, {"status": "scheduled", "scheduled_at": body.scheduled_at}, "review.scheduled")


@routes.post(
    "/{review_id}/hold", response_model=ReviewWhole, summary="Record the meeting", openapi_extra=problems(ReviewState)
)
async def hold_review(
    caller: Annotated[Caller, may(Permission.review_write)], review_id: Id, body: ReviewHold
) -> Response:
    """Record that a scheduled meeting was held, when, and who was there; again, to correct it, until it is closed."""
    review = await _at(caller, review_id, "hold")
    if body.held_at > clock.now() + CLOCK_SKEW:
        raise Invalid(errors=[("/held_at", "lies in the future")])
    staff = [(f"/attendees/{at}/staff_id", one.staff_id) for at, one in enumerate(body.attendees) if one.staff_id]
    if staff:
        await check_staff(caller, review.school_id, staff)
    values = {
        "status": "held",
        "held_at": body.held_at,
        "attendees": [one.model_dump(mode="json") for one in body.attendees],
        "parent_present": any(one.role == "parent_carer" for one in body.attendees),
    }
    return await _step(caller, review, values, "review.held")


@routes.post(
    "/{review_id}/close", response_model=ReviewWhole, summary="Close a review", openapi_extra=problems(ReviewState)
)
async def close_review(
    caller: Annotated[Caller, may(Permission.review_close)], review_id: Id, body: ReviewClose
) -> Response:
    """Close a review that was held, with the decision, the reasons and the next day (needed unless the pupil exits).

    With a next day the next review, of the same kind, becomes due on it: `next_review_id` names it.
    From then on it is never edited, and neither is anything said for it: add an addendum instead.
    """
    review = await _at(caller, review_id, "close")
    if body.next_due_on is None and body.decision != "exit":
        raise Invalid(errors=[("/next_due_on", "is needed unless the decision is exit")])
    held_on = review.held_at.astimezone(clock.LONDON).date() if review.held_at else None
    if body.next_due_on and held_on and body.next_due_on <= held_on:
        raise Invalid(errors=[("/next_due_on", "must be later than the day of the meeting")])
    following = await _made_due(caller, review, body.next_due_on) if body.next_due_on else None
    values = {
        **body.model_dump(),
        "status": "closed",
        "closed_at": clock.now(),
        "closed_by": caller.account_id,
        "next_review_id": following,
    }
    return await _step(caller, review, values, "review.closed")


@routes.post(
    "/{review_id}/cancel", response_model=ReviewWhole, summary="Cancel a review", openapi_extra=problems(ReviewState)
)
async def cancel_review(caller: Annotated[Caller, may(Permission.review_write)], review_id: Id) -> Response:
    """Cancel a review that was not held; it stays readable and is no longer due."""
    review = await _at(caller, review_id, "cancel")
    values = {"status": "cancelled", "cancelled_at": clock.now(), "cancelled_by": caller.account_id}
    return await _step(caller, review, values, "ended")


async def _at(caller: Caller, review_id: Id, what: str) -> Review:
    review: Review = await for_change(caller, Review, review_id, visible)
    check_possible(review, what)
    return review


async def _made_due(caller: Caller, review: Review, due_on: date) -> UUID:
    following = Review(school_id=review.school_id, pupil_id=review.pupil_id, kind=review.kind, due_on=due_on)
    await caller.create(following, review.school_id, resource="review", pupil_ids=[review.pupil_id])
    return following.id


async def _step(caller: Caller, review: Review, values: dict[str, Any], kind: str) -> Response:
    pupils = [review.pupil_id]
    await caller.change(review, values, review.school_id, resource="review", kind=kind, pupil_ids=pupils)
    return await whole_review.one(caller, review.id)
