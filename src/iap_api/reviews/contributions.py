"""Contributions over HTTP: everyone is heard in their own words, and only they who wrote them down correct them."""

from datetime import date
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
from iap_api.core.errors import Invalid, NotFound, Problem, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil
from iap_api.reviews.adding import add
from iap_api.reviews.contribution_shapes import (
    ContributionChange,
    ContributionCreate,
    ContributionFilters,
    ContributionRead,
)
from iap_api.reviews.states import OF_INVITATION, ReviewState, check_possible, part_changed, review_locked
from iap_api.reviews.tables import Contribution

routes = Routes("/v1/contributions", "reviews")
visible = about(col(Contribution.pupil_id))
contributions = Reading(
    ContributionRead,
    Contribution,
    visible=visible,
    resource="contribution",
    school=col(Contribution.school_id),
    pupil=col(Contribution.pupil_id),
    filters={
        "review_id": lambda value: col(Contribution.review_id) == value,
        "pupil_id": lambda value: col(Contribution.pupil_id) == value,
        "by": lambda value: col(Contribution.by) == value,
    },
    also={"invitation_id": OF_INVITATION},
)


class NotTheAuthor(Problem):
    status, kind, title = 403, "not-the-author", "Somebody else wrote this down"
    advice = "Only its author may correct a contribution: make one of your own instead."


@routes.get(
    "",
    response_model=Listed[ContributionRead],
    summary="List contributions",
)
async def list_contributions(
    caller: Annotated[Caller, may(Permission.review_read)], filters: Annotated[ContributionFilters, Query()]
) -> Response:
    """What was said for the reviews of pupils within reach, in the order it was written down."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await contributions.page(caller, filters)


@routes.post(
    "",
    response_model=ContributionRead,
    status_code=201,
    summary="Contribute to a review",
    openapi_extra=problems(ReviewState, NotTheAuthor),
)
async def create_contribution(
    caller: Annotated[Caller, may(Permission.review_contribute)], body: ContributionCreate
) -> Response:
    """Write down what somebody has to say for a review, or that they declined.

    Once the review is closed or cancelled this answers 409 `review-state`; to a closed one an addendum can be added.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{contribution_id}",
    response_model=ContributionRead,
    status_code=201,
    summary="Contribute under an id of your own",
    openapi_extra=problems(ReviewState, NotTheAuthor),
)
async def put_contribution(
    caller: Annotated[Caller, may(Permission.review_contribute)], contribution_id: Id, body: ContributionCreate
) -> Response:
    """As `create_contribution`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, contribution_id)


async def _create(caller: Caller, body: ContributionCreate, chosen: UUID | None) -> Response:
    contribution_id, fresh = await caller.once(body, chosen)
    if fresh:
        values = body.model_dump()
        check_said(values)
        review = await review_locked(caller, body.review_id)
        check_possible(review, "contribute")
        contribution = Contribution(
            id=contribution_id,
            school_id=review.school_id,
            pupil_id=review.pupil_id,
            written_by=caller.account_id,
            **values,
        )
        await add(caller, contribution, "contribution")
        await part_changed(caller, review)
    location = f"/v1/contributions/{contribution_id}"
    return await contributions.one(caller, contribution_id, status=201 if fresh else 200, location=location)


def check_said(values: dict[str, Any]) -> None:
    """Check that medium, words and day go together; raises `Invalid`."""
    medium, words, given_on = values["medium"], values["words"], values["given_on"]
    wrong = []
    if medium == "declined" and words is not None:
        wrong.append(("/words", "must be left out where somebody declined"))
    if medium in ("spoken", "written") and words is None:
        wrong.append(("/words", "must hold what was said"))
    if isinstance(given_on, date) and given_on > clock.today():
        wrong.append(("/given_on", "lies in the future"))
    if wrong:
        raise Invalid(errors=wrong)


@routes.get(
    "/{contribution_id}",
    response_model=ContributionRead,
    summary="Read a contribution",
)
async def read_contribution(caller: Annotated[Caller, may(Permission.review_read)], contribution_id: Id) -> Response:
    """One contribution."""
    return await contributions.one(caller, contribution_id)


@routes.patch(
    "/{contribution_id}",
    response_model=ContributionRead,
    summary="Correct a contribution",
    openapi_extra=problems(ReviewState, NotTheAuthor),
)
async def change_contribution(
    caller: Annotated[Caller, may(Permission.review_contribute)],
    contribution_id: Id,
    body: ContributionChange,  # type: ignore[valid-type]
) -> Response:
    """Correct what you wrote down yourself (merge patch), until the review is closed.

    Anybody else is answered 403 `not-the-author`. What stood before is kept.
    """
    named = select(col(Contribution.review_id), col(Contribution.written_by)).where(
        col(Contribution.id) == contribution_id, visible(caller.scope.kinds)
    )
    found = (await caller.session.execute(named, caller.scope.binds())).one_or_none()
    if found is None:
        raise NotFound()
    if found[1] != caller.account_id:
        raise NotTheAuthor()
    # the review first, then its part: the order in which closing it takes them
    review = await review_locked(caller, found[0])
    contribution: Contribution = await for_change(caller, Contribution, contribution_id, visible)
    check_possible(review, "contribute")
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    check_said({**contribution.model_dump(), **values})
    changed = await caller.change(
        contribution, values, review.school_id, resource="contribution", pupil_ids=[review.pupil_id]
    )
    if changed:
        await part_changed(caller, review)
    return await contributions.one(caller, contribution_id)
