"""Resources over HTTP: a school's catalogue of what helps, entered, read, changed and ended.

An issue or a return changes `issued` but not the version: whoever is editing the entry has not been overtaken by it.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import case
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.toolbox.catalogue.taking_over import entered
from iap_api.toolbox.resource_shapes import (
    ResourceChange,
    ResourceCreate,
    ResourceEnd,
    ResourceFilters,
    ResourceRead,
)
from iap_api.toolbox.scope import holds, of_base
from iap_api.toolbox.stock import ResourceEnded, StockBelowIssued, TakenOver
from iap_api.toolbox.tables import Resource

routes = Routes("/v1/resources", "toolbox")
writable = of_base(col(Resource.school_id), col(Resource.base_id))
resources = Reading(
    ResourceRead,
    Resource,
    visible=within_school(col(Resource.school_id)),
    resource="resource",
    school=col(Resource.school_id),
    filters={
        "school_id": lambda value: col(Resource.school_id) == value,
        "base_id": lambda value: col(Resource.base_id) == value,
        "category": lambda value: col(Resource.category) == value,
        "zone": lambda value: holds(Resource.zones, value),
        "strand": lambda value: holds(Resource.strands, value),
        "nurture_principle": lambda value: col(Resource.nurture_principle) == value,
        "catalogue_key": lambda value: col(Resource.catalogue_key) == value,
        "status": lambda value: case((col(Resource.ended_on).is_(None), "open"), else_="ended") == value,
    },
)


@routes.get("", operation_id="list_resources", response_model=Listed[ResourceRead], summary="List resources")
async def list_resources(
    caller: Annotated[Caller, may(Permission.resource_read)], filters: Annotated[ResourceFilters, Query()]
) -> Response:
    """The catalogue of the caller's schools, with how many there are and how many are in toolboxes."""
    return await resources.page(caller, filters)


@routes.post(
    "",
    operation_id="create_resource",
    response_model=ResourceRead,
    status_code=201,
    summary="Enter a resource",
    openapi_extra=problems(TakenOver),
)
async def create_resource(caller: Annotated[Caller, may(Permission.resource_write)], body: ResourceCreate) -> Response:
    """Enter something that helps into the catalogue of a base, or of the whole school.

    With `catalogue_key` it is taken over from GET /v1/catalogue; one that is kept there already answers 409
    `taken-over`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{resource_id}",
    response_model=ResourceRead,
    status_code=201,
    summary="Enter a resource under an id of your own",
    openapi_extra=problems(TakenOver),
)
async def put_resource(
    caller: Annotated[Caller, may(Permission.resource_write)], resource_id: Id, body: ResourceCreate
) -> Response:
    """As `create_resource`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, resource_id)


async def _create(caller: Caller, body: ResourceCreate, chosen: UUID | None) -> Response:
    resource_id, fresh = await caller.once(body, chosen)
    if fresh:
        scope = caller.scope
        in_base = body.base_id in scope.bases and body.school_id in scope.around
        if body.school_id not in scope.schools and not in_base:
            raise Invalid(errors=[("/school_id", "is not within your reach, or the base is not")])
        values = entered(body)
        _check(values)
        row = Resource(id=resource_id, **values)
        await caller.create(row, body.school_id, resource="resource")
    location = f"/v1/resources/{resource_id}"
    return await resources.one(caller, resource_id, status=201 if fresh else 200, location=location)


def _check(values: dict[str, Any]) -> None:
    kinds = {"zones": "a zone", "strands": "a strand"}
    sent = {name: values.get(name, []) for name in kinds}
    if twice := [(f"/{name}", f"names {kinds[name]} twice") for name, of in sent.items() if len(set(of)) != len(of)]:
        raise Invalid(errors=twice)


@routes.get("/{resource_id}", operation_id="read_resource", response_model=ResourceRead, summary="Read a resource")
async def read_resource(caller: Annotated[Caller, may(Permission.resource_read)], resource_id: Id) -> Response:
    """One resource, with how many there are and how many are in toolboxes."""
    return await resources.one(caller, resource_id)


@routes.patch(
    "/{resource_id}",
    response_model=ResourceRead,
    summary="Change a resource",
    openapi_extra=problems(StockBelowIssued, ResourceEnded),
)
async def change_resource(
    caller: Annotated[Caller, may(Permission.resource_write)],
    resource_id: Id,
    body: ResourceChange,  # type: ignore[valid-type]
) -> Response:
    """Change what is named (merge patch); a stock below what is in toolboxes answers 409 `stock-below-issued`."""
    row = await in_catalogue(caller, resource_id)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    _check(values)
    await caller.change(row, values, row.school_id, resource="resource")
    return await resources.one(caller, resource_id)


@routes.post(
    "/{resource_id}/end",
    response_model=ResourceRead,
    summary="End a resource",
    openapi_extra=problems(ResourceEnded),
)
async def end_resource(
    caller: Annotated[Caller, may(Permission.resource_write)], resource_id: Id, body: ResourceEnd
) -> Response:
    """Take a resource out of the catalogue: none is issued any more, pieces in toolboxes stay until returned."""
    row = await in_catalogue(caller, resource_id)
    if body.ended_on > clock.today():
        raise Invalid(errors=[("/ended_on", "lies in the future")])
    await caller.change(row, body.model_dump(), row.school_id, resource="resource", kind="ended")
    return await resources.one(caller, resource_id)


async def in_catalogue(caller: Caller, resource_id: UUID) -> Resource:
    """Return a resource within reach for changing it (`for_change`); raises `ResourceEnded` for one that has ended."""
    row: Resource = await for_change(caller, Resource, resource_id, writable)
    if row.ended_on is not None:
        raise ResourceEnded()
    return row
