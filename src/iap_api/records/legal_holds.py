"""Legal holds over HTTP: while one stands, nothing about the pupil is erased, by whatever way."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import Invalid, Problem, problems
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, Note, Shape
from iap_api.records.subjects import answering
from iap_api.records.tables import LegalHold

routes = Routes("/v1/legal-holds", "records")


class HoldEnded(Problem):
    status, kind, title = 409, "legal-hold-ended", "The hold has ended already"
    advice = "Place a new one if it is needed again."


class LegalHoldRead(Shape):
    """One hold; it stands until it is ended, also after the day on which it is to be looked at again."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    reason: str
    review_on: date
    placed_by: UUID
    created_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    ended_why: str | None


class LegalHoldCreate(Body):
    """Hold everything about one pupil."""

    pupil_id: Id
    reason: Note
    review_on: Annotated[Day, Field(description="When to ask whether it is still needed.")]


class LegalHoldChange(Body):
    """When to look at it again (merge patch)."""

    review_on: Day


class LegalHoldEnd(Body):
    """Why it is no longer needed."""

    ended_why: Note


class LegalHoldFilters(Page):
    """Which holds."""

    pupil_id: Id | None = None
    review_before: Annotated[
        Day | None, Field(description="Those that stand and are to be looked at before that day.")
    ] = None


hold_visible = within_school(col(LegalHold.school_id))

legal_holds = Reading(
    LegalHoldRead, LegalHold, visible=hold_visible, resource="legal_hold", school=col(LegalHold.school_id),
    pupil=col(LegalHold.pupil_id),
    filters={
        "pupil_id": lambda value: col(LegalHold.pupil_id) == value,
        "review_before": lambda value: (col(LegalHold.review_on) < value) & col(LegalHold.ended_at).is_(None),
    },
)  # fmt: skip


@routes.get("", response_model=Listed[LegalHoldRead], summary="List legal holds")
async def list_legal_holds(
    caller: Annotated[Caller, may(Permission.retention_read)], filters: Annotated[LegalHoldFilters, Query()]
) -> Response:
    """The holds on files of the caller's schools, ended ones too."""
    return await legal_holds.page(caller, filters)


@routes.post("", response_model=LegalHoldRead, status_code=201, summary="Place a legal hold")
async def create_legal_hold(
    caller: Annotated[Caller, may(Permission.retention_write)], body: LegalHoldCreate
) -> Response:
    """Keep everything about a pupil from being erased, whichever school keeps the file, until the hold is ended.

    For every pupil who is, or ever was, registered at a school within reach.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{legal_hold_id}", response_model=LegalHoldRead, status_code=201, summary="Place a hold under an id of your own"
)
async def put_legal_hold(
    caller: Annotated[Caller, may(Permission.retention_write)], legal_hold_id: Id, body: LegalHoldCreate
) -> Response:
    """As `create_legal_hold`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, legal_hold_id)


async def _create(caller: Caller, body: LegalHoldCreate, chosen: UUID | None) -> Response:
    hold_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.review_on <= clock.today():
            raise Invalid(errors=[("/review_on", "must be a day to come")])
        school_id = await answering(caller, body.pupil_id)
        row = LegalHold(id=hold_id, school_id=school_id, placed_by=caller.account_id, **body.model_dump())
        await caller.create(row, school_id, resource="legal_hold", pupil_ids=[body.pupil_id])
    location = f"/v1/legal-holds/{hold_id}"
    return await legal_holds.one(caller, hold_id, status=201 if fresh else 200, location=location)


@routes.get("/{legal_hold_id}", response_model=LegalHoldRead, summary="Read a legal hold")
async def read_legal_hold(caller: Annotated[Caller, may(Permission.retention_read)], legal_hold_id: Id) -> Response:
    """One hold."""
    return await legal_holds.one(caller, legal_hold_id)


async def _standing(caller: Caller, hold_id: UUID) -> LegalHold:
    hold: LegalHold = await for_change(caller, LegalHold, hold_id, hold_visible)
    if hold.ended_at is not None:
        raise HoldEnded()
    return hold


@routes.patch(
    "/{legal_hold_id}", response_model=LegalHoldRead, summary="Change when a hold is looked at again",
    openapi_extra=problems(HoldEnded),
)  # fmt: skip
async def change_legal_hold(
    caller: Annotated[Caller, may(Permission.retention_write)], legal_hold_id: Id, body: LegalHoldChange
) -> Response:
    """Set the day on which somebody asks again whether the hold is needed (merge patch)."""
    hold = await _standing(caller, legal_hold_id)
    if body.review_on <= clock.today():
        raise Invalid(errors=[("/review_on", "must be a day to come")])
    await caller.change(hold, body.model_dump(), hold.school_id, resource="legal_hold", pupil_ids=[hold.pupil_id])
    return await legal_holds.one(caller, legal_hold_id)


@routes.post(
    "/{legal_hold_id}/end", response_model=LegalHoldRead, summary="End a legal hold", openapi_extra=problems(HoldEnded)
)
async def end_legal_hold(
    caller: Annotated[Caller, may(Permission.retention_write)], legal_hold_id: Id, body: LegalHoldEnd
) -> Response:
    """End a hold: from now on the schedule holds again for this pupil, if no other hold stands."""
    hold = await _standing(caller, legal_hold_id)
    values = {**body.model_dump(), "ended_at": clock.now(), "ended_by": caller.account_id}
    pupils = [hold.pupil_id]
    await caller.change(hold, values, hold.school_id, resource="legal_hold", pupil_ids=pupils, kind="ended")
    return await legal_holds.one(caller, legal_hold_id)
