"""Closures over HTTP: a school, a base or spaces closed for a time; what was booked there is cancelled and said."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, false, func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Id, Instant, Line, Shape
from iap_api.schools.tables import Closure
from iap_api.spaces.closures.closing import cancel, closed_spaces, held_still

routes = Routes("/v1/closures", "closures")


class ClosureRead(Shape):
    """One closure, with the bookings it cancelled when it was made, and those it left pupils out of.

    It names no pupil, for the whole school's staff read it: the bookings do, to whoever may see them.
    """

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID | None
    space_ids: list[UUID]
    from_at: datetime
    until_at: datetime
    reason: str
    closed_by: UUID
    cancelled_booking_ids: list[UUID]
    left_out_booking_ids: list[UUID]
    withdrawn_at: datetime | None


class ClosureCreate(Body):
    """What to close and for how long; without a base and spaces, the whole school."""

    school_id: Id
    base_id: Id | None = None
    space_ids: Annotated[list[Id], Field(max_length=60)] = []
    from_at: Instant
    until_at: Instant
    reason: Line = Field(description="What everybody at the school may read: no pupil's name.")


class ClosureFilters(Page):
    """Which closures."""

    school_id: Id | None = None
    ends_after: Instant | None = None
    starts_before: Instant | None = None


def writable(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for withdrawing: school reach, every closure of the school; base reach, those of the base."""
    ways = [among(Closure.school_id, "scope_schools")] if "schools" in kinds else []
    if "bases" in kinds:
        ways.append(among(Closure.base_id, "scope_bases"))
    return or_(false(), *ways)


closures = Reading(
    ClosureRead,
    Closure,
    visible=within_school(col(Closure.school_id)),
    resource="closure",
    school=col(Closure.school_id),
    filters={
        "school_id": lambda value: col(Closure.school_id) == value,
        "ends_after": lambda value: col(Closure.until_at) > value,
        "starts_before": lambda value: col(Closure.from_at) < value,
    },
)


@routes.get("", response_model=Listed[ClosureRead], summary="List closures")
async def list_closures(
    caller: Annotated[Caller, may(Permission.space_read)], filters: Annotated[ClosureFilters, Query()]
) -> Response:
    """The closures of the caller's schools, withdrawn ones too."""
    return await closures.page(caller, filters)


@routes.post(
    "",
    response_model=ClosureRead,
    status_code=201,
    summary="Close a school, a base or spaces",
)
async def create_closure(caller: Annotated[Caller, may(Permission.closure_write)], body: ClosureCreate) -> Response:
    """Close for a time: whatever is booked there and then is cancelled, and named in `cancelled_booking_ids`.

    It always goes through. Who was called out of a lesson that is not closed goes back to it; where the place there was
    given to somebody else meanwhile, or there would be too few adults with them, they are left out of it, and the
    lesson is named in `left_out_booking_ids`: they are the pupils of the cancelled booking who are in it no more. A
    lesson to which nobody can go back at all, because its own room is no more, is cancelled too.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{closure_id}",
    response_model=ClosureRead,
    status_code=201,
    summary="Close under an id of your own",
)
async def put_closure(
    caller: Annotated[Caller, may(Permission.closure_write)], closure_id: Id, body: ClosureCreate
) -> Response:
    """As `create_closure`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, closure_id)


async def _create(caller: Caller, body: ClosureCreate, chosen: UUID | None) -> Response:
    closure_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.until_at <= body.from_at:
            raise Invalid(errors=[("/until_at", "must be later than from_at")])
        await _check_reach(caller, body)
        closure = Closure(id=closure_id, closed_by=caller.account_id, **body.model_dump())
        held = await held_still(caller, closure)
        await caller.create(closure, body.school_id, resource="closure")
        await cancel(caller, closure, held)
    return await closures.one(caller, closure_id, status=201 if fresh else 200, location=f"/v1/closures/{closure_id}")


async def _check_reach(caller: Caller, body: ClosureCreate) -> None:
    scope = caller.scope
    if body.school_id not in scope.schools and (
        body.base_id not in scope.bases or body.school_id not in scope.base_schools
    ):
        raise Invalid(errors=[("/school_id", "is not within your reach, or the base is not")])
    if len(set(body.space_ids)) != len(body.space_ids):
        raise Invalid(errors=[("/space_ids", "names the same one twice")])
    if body.space_ids:
        named = select(func.count()).select_from(closed_spaces(body).subquery())
        if await caller.session.scalar(named) != len(body.space_ids):
            raise Invalid(errors=[("/space_ids", "names a space of another school or base")])


@routes.get("/{closure_id}", response_model=ClosureRead, summary="Read a closure")
async def read_closure(caller: Annotated[Caller, may(Permission.space_read)], closure_id: Id) -> Response:
    """One closure."""
    return await closures.one(caller, closure_id)


@routes.post("/{closure_id}/withdraw", response_model=ClosureRead, summary="Withdraw a closure")
async def withdraw_closure(caller: Annotated[Caller, may(Permission.closure_write)], closure_id: Id) -> Response:
    """Open again what was closed; the bookings that were cancelled stay so, and can be made anew."""
    closure: Closure = await for_change(caller, Closure, closure_id, writable)
    if closure.withdrawn_at is not None:
        raise Conflict("The closure is withdrawn already.")
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(closure, values, closure.school_id, resource="closure", kind="ended")
    return await closures.one(caller, closure_id)
