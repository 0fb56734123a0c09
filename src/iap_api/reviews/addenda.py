"""Addenda over HTTP: what is said after a review was closed, added beside it and never changed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading
from iap_api.core.errors import IdTaken, KeyReused, NotFound, problems
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Id, Note, Shape
from iap_api.pupils.scope import about
from iap_api.reviews.adding import add
from iap_api.reviews.states import ReviewState, check_possible
from iap_api.reviews.states import visible as review_visible
from iap_api.reviews.tables import Addendum, Review

routes = Routes("/v1/reviews/{review_id}/addenda", "reviews")


class AddendumRead(Shape):
    """One addendum."""

    id: UUID
    version: int
    review_id: UUID
    pupil_id: UUID
    words: str
    written_by: UUID
    created_at: datetime


class AddendumCreate(Body):
    """What is to be added."""

    words: Note


addenda = Reading(
    AddendumRead,
    Addendum,
    visible=about(col(Addendum.pupil_id)),
    resource="addendum",
    school=col(Addendum.school_id),
    pupil=col(Addendum.pupil_id),
    filters={"review_id": lambda value: col(Addendum.review_id) == value},
)


async def _reviewed(caller: Caller, review_id: UUID) -> Review:
    named = select(Review).where(col(Review.id) == review_id, review_visible(caller.scope.kinds))
    review = (await caller.session.execute(named, caller.scope.binds())).scalar_one_or_none()
    if review is None:
        raise NotFound()
    return review


@routes.get("", response_model=Listed[AddendumRead], summary="List the addenda of a review")
async def list_addenda(
    caller: Annotated[Caller, may(Permission.review_read)], review_id: Id, page: Annotated[Page, Query()]
) -> Response:
    """What was added after the review was closed, in the order it was added."""
    await _reviewed(caller, review_id)
    return await addenda.page(caller, page, also={"review_id": review_id})


@routes.post(
    "",
    response_model=AddendumRead,
    status_code=201,
    summary="Add to a closed review",
    openapi_extra=problems(ReviewState),
)
async def create_addendum(
    caller: Annotated[Caller, may(Permission.review_contribute)], review_id: Id, body: AddendumCreate
) -> Response:
    """Add an addendum to a closed review; before that, contribute instead (409 `review-state`)."""
    return await _create(caller, review_id, body, None)


@routes.put(
    "/{addendum_id}",
    response_model=AddendumRead,
    status_code=201,
    summary="Add to a closed review under an id of your own",
    openapi_extra=problems(ReviewState),
)
async def put_addendum(
    caller: Annotated[Caller, may(Permission.review_contribute)], review_id: Id, addendum_id: Id, body: AddendumCreate
) -> Response:
    """As `create_addendum`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, review_id, body, addendum_id)


async def _create(caller: Caller, review_id: UUID, body: AddendumCreate, chosen: UUID | None) -> Response:
    # no lock: closed is the last state, so what is read here stays true
    review = await _reviewed(caller, review_id)
    addendum_id, fresh = await caller.once(body, chosen)
    if fresh:
        check_possible(review, "add_addendum")
        addendum = Addendum(
            id=addendum_id, school_id=review.school_id, review_id=review_id, pupil_id=review.pupil_id,
            words=body.words, written_by=caller.account_id,
        )  # fmt: skip
        await add(caller, addendum, "addendum")
    elif not await _belongs(caller, review_id, addendum_id):
        # the key or id was spent on another review, and the bodies happen to be the same
        raise IdTaken() if chosen else KeyReused()
    location = f"/v1/reviews/{review_id}/addenda/{addendum_id}"
    return await addenda.one(caller, addendum_id, status=201 if fresh else 200, location=location)


async def _belongs(caller: Caller, review_id: UUID, addendum_id: UUID) -> bool:
    named = select(col(Addendum.id)).where(col(Addendum.id) == addendum_id, col(Addendum.review_id) == review_id)
    return (await caller.session.execute(named)).first() is not None


@routes.get("/{addendum_id}", response_model=AddendumRead, summary="Read an addendum")
async def read_addendum(
    caller: Annotated[Caller, may(Permission.review_read)], review_id: Id, addendum_id: Id
) -> Response:
    """One addendum of the review."""
    if not await _belongs(caller, review_id, addendum_id):
        raise NotFound()
    return await addenda.one(caller, addendum_id)
