"""Spaces over HTTP: set up, read, changed and ended."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.access.scope import among
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.bookings.clashes import AdultsMissing, SpaceEnded, SpaceFull
from iap_api.spaces.space_refusals import space_refusal
from iap_api.spaces.space_shapes import SpaceChange, SpaceCreate, SpaceEnd, SpaceFilters, SpaceRead
from iap_api.spaces.tables import Space

routes = Routes("/v1/spaces", "spaces")
visible = within_school(col(Space.school_id))


def writable(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for changing: school reach, every space of the school; base reach, those of the base."""
    ways = [among(Space.school_id, "scope_schools")] if "schools" in kinds else []
    if "bases" in kinds:
        ways.append(among(Space.base_id, "scope_bases"))
    return or_(false(), *ways)


spaces = Reading(
    SpaceRead,
    Space,
    visible=visible,
    resource="space",
    school=col(Space.school_id),
    also={"opening": Space.opening},
    filters={
        "base_id": lambda value: col(Space.base_id) == value,
        "kind": lambda value: col(Space.kind) == value,
    },
)


@routes.get("", response_model=Listed[SpaceRead], summary="List spaces")
async def list_spaces(
    caller: Annotated[Caller, may(Permission.space_read)], filters: Annotated[SpaceFilters, Query()]
) -> Response:
    """The spaces of the caller's schools."""
    return await spaces.page(caller, filters)


@routes.post("", response_model=SpaceRead, status_code=201, summary="Set up a space")
async def create_space(caller: Annotated[Caller, may(Permission.space_write)], body: SpaceCreate) -> Response:
    """Set up a room, retreat or outdoor place in a base, or for the whole school."""
    return await _create(caller, body, None)


@routes.put(
    "/{space_id}",
    response_model=SpaceRead,
    status_code=201,
    summary="Set up a space under an id of your own",
)
async def put_space(
    caller: Annotated[Caller, may(Permission.space_write)], space_id: Id, body: SpaceCreate
) -> Response:
    """As `create_space`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, space_id)


async def _create(caller: Caller, body: SpaceCreate, chosen: UUID | None) -> Response:
    space_id, fresh = await caller.once(body, chosen)
    if fresh:
        scope = caller.scope
        if body.school_id not in scope.schools and (
            body.base_id not in scope.bases or body.school_id not in scope.around
        ):
            raise Invalid(errors=[("/school_id", "is not within your reach, or the base is not")])
        values = _arranged(body.model_dump(mode="json", include={"opening"}) | body.model_dump(exclude={"opening"}))
        values["walk_in_only"] |= body.kind == "retreat"
        await caller.create(Space(id=space_id, **values), body.school_id, resource="space")
    return await spaces.one(caller, space_id, status=201 if fresh else 200, location=f"/v1/spaces/{space_id}")


def _arranged(values: dict[str, Any]) -> dict[str, Any]:
    """Check the opening times, and put them in order of the week."""
    if "opening" in values:
        values["opening"] = sorted(values["opening"], key=lambda one: (one["weekday"], one["from_time"]))
        for at, one in enumerate(values["opening"]):
            if one["until_time"] <= one["from_time"]:
                raise Invalid(errors=[(f"/opening/{at}/until_time", "must be later than from_time")])
    if "bookable_by" in values:
        values["bookable_by"] = sorted(set(values["bookable_by"]))
    return values


@routes.get("/{space_id}", response_model=SpaceRead, summary="Read a space")
async def read_space(caller: Annotated[Caller, may(Permission.space_read)], space_id: Id) -> Response:
    """One space."""
    return await spaces.one(caller, space_id)


@routes.patch(
    "/{space_id}",
    response_model=SpaceRead,
    summary="Change a space",
    openapi_extra=problems(SpaceFull, AdultsMissing),
)
async def change_space(
    caller: Annotated[Caller, may(Permission.space_write)],
    space_id: Id,
    body: SpaceChange,  # type: ignore[valid-type]
) -> Response:
    """Change what a space is or asks for.

    Fewer places than are taken at some instant ahead, or more adults than are booked there, answer 409; opening times,
    buffers and who may book bind the bookings made from now on.
    """
    space: Space = await for_change(caller, Space, space_id, writable)
    values = _arranged(body.model_dump(exclude_unset=True))  # type: ignore[attr-defined]
    if space.kind == "retreat" and values.get("walk_in_only") is False:
        raise Invalid(errors=[("/walk_in_only", "a retreat is walked into, never booked for a pupil")])
    try:
        await caller.change(space, values, space.school_id, resource="space")
    except DBAPIError as error:
        raise await space_refusal(caller, error, space_id, values) from error
    return await spaces.one(caller, space_id)


@routes.post("/{space_id}/end", response_model=SpaceRead, summary="End a space", openapi_extra=problems(SpaceEnded))
async def end_space(caller: Annotated[Caller, may(Permission.space_write)], space_id: Id, body: SpaceEnd) -> Response:
    """Say from which day the space is no more; bookings on or after it answer 409 until they are moved."""
    space: Space = await for_change(caller, Space, space_id, writable)
    try:
        await caller.change(space, body.model_dump(), space.school_id, resource="space", kind="ended")
    except DBAPIError as error:
        raise await space_refusal(caller, error, space_id, body.model_dump()) from error
    return await spaces.one(caller, space_id)
