"""Toolboxes over HTTP: made for a pupil in a base, found by locker, changed, and ended when empty."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import case, func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import TODAY, about, reach_pupil, reach_pupils
from iap_api.pupils.tables import Placement
from iap_api.toolbox.lockers import LockerTaken, ToolboxEnded, ToolboxExists, ToolboxNotEmpty, locker_key
from iap_api.toolbox.scope import of_base
from iap_api.toolbox.tables import Toolbox, ToolboxItem
from iap_api.toolbox.toolbox_shapes import (
    ToolboxChange,
    ToolboxCreate,
    ToolboxEnd,
    ToolboxFilters,
    ToolboxRead,
)

routes = Routes("/v1/toolboxes", "toolbox")
visible = about(col(Toolbox.pupil_id))
base_within_reach = of_base(col(Placement.school_id), col(Placement.base_id))
toolboxes = Reading(
    ToolboxRead,
    Toolbox,
    visible=visible,
    resource="toolbox",
    school=col(Toolbox.school_id),
    pupil=col(Toolbox.pupil_id),
    filters={
        "pupil_id": lambda value: col(Toolbox.pupil_id) == value,
        "base_id": lambda value: col(Toolbox.base_id) == value,
        "status": lambda value: case((col(Toolbox.ended_on).is_(None), "open"), else_="ended") == value,
    },
)


@routes.get("", operation_id="list_toolboxes", response_model=Listed[ToolboxRead], summary="List toolboxes")
async def list_toolboxes(
    caller: Annotated[Caller, may(Permission.toolbox_read)], filters: Annotated[ToolboxFilters, Query()]
) -> Response:
    """The toolboxes of pupils within reach, in the order they were made."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await toolboxes.page(caller, filters)


@routes.post(
    "",
    response_model=ToolboxRead,
    status_code=201,
    summary="Make a toolbox",
    openapi_extra=problems(ToolboxExists, LockerTaken),
)
async def create_toolbox(caller: Annotated[Caller, may(Permission.toolbox_write)], body: ToolboxCreate) -> Response:
    """Make a toolbox for a pupil placed in a base.

    A pupil with an open toolbox answers 409 `toolbox-exists`, a label in use in that base 409 `locker-taken`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{toolbox_id}",
    response_model=ToolboxRead,
    status_code=201,
    summary="Make a toolbox under an id of your own",
    openapi_extra=problems(ToolboxExists, LockerTaken),
)
async def put_toolbox(
    caller: Annotated[Caller, may(Permission.toolbox_write)], toolbox_id: Id, body: ToolboxCreate
) -> Response:
    """As `create_toolbox`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, toolbox_id)


async def _create(caller: Caller, body: ToolboxCreate, chosen: UUID | None) -> Response:
    toolbox_id, fresh = await caller.once(body, chosen)
    if fresh:
        await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        school_id = await _placed(caller, body.pupil_id, body.base_id)
        row = Toolbox(id=toolbox_id, school_id=school_id, locker_key=locker_key(body.locker), **body.model_dump())
        await caller.create(row, school_id, resource="toolbox", pupil_ids=[body.pupil_id])
    location = f"/v1/toolboxes/{toolbox_id}"
    return await toolboxes.one(caller, toolbox_id, status=201 if fresh else 200, location=location)


async def _placed(caller: Caller, pupil_id: UUID, base_id: UUID) -> UUID:
    # a place that begins next week counts: the toolbox is ready when the child comes
    place = select(col(Placement.school_id)).where(
        col(Placement.pupil_id) == pupil_id,
        col(Placement.base_id) == base_id,
        or_(col(Placement.until_on).is_(None), col(Placement.until_on) >= TODAY),
        base_within_reach(caller.scope.kinds),
    )
    school_id = (await caller.session.execute(place.limit(1), caller.scope.binds())).scalar_one_or_none()
    if school_id is None:
        raise Invalid(errors=[("/base_id", "is not a base within your reach in which the pupil has a place")])
    return school_id


@routes.get("/{toolbox_id}", operation_id="read_toolbox", response_model=ToolboxRead, summary="Read a toolbox")
async def read_toolbox(caller: Annotated[Caller, may(Permission.toolbox_read)], toolbox_id: Id) -> Response:
    """One toolbox; its items are read at `/items`."""
    return await toolboxes.one(caller, toolbox_id)


@routes.patch(
    "/{toolbox_id}",
    response_model=ToolboxRead,
    summary="Change a toolbox",
    openapi_extra=problems(LockerTaken, ToolboxEnded),
)
async def change_toolbox(
    caller: Annotated[Caller, may(Permission.toolbox_write)],
    toolbox_id: Id,
    body: ToolboxChange,  # type: ignore[valid-type]
) -> Response:
    """Move it to another locker of the base, or change its note (merge patch)."""
    row = await _open(caller, toolbox_id)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if "locker" in values:
        values["locker_key"] = locker_key(values["locker"])
    await caller.change(row, values, row.school_id, resource="toolbox", pupil_ids=[row.pupil_id])
    return await toolboxes.one(caller, toolbox_id)


@routes.post(
    "/{toolbox_id}/end",
    response_model=ToolboxRead,
    summary="End a toolbox",
    openapi_extra=problems(ToolboxEnded, ToolboxNotEmpty),
)
async def end_toolbox(
    caller: Annotated[Caller, may(Permission.toolbox_write)], toolbox_id: Id, body: ToolboxEnd
) -> Response:
    """Say that the toolbox was cleared out; while items are in it, 409 `toolbox-not-empty` with how many."""
    row = await _open(caller, toolbox_id)
    if body.ended_on > clock.today():
        raise Invalid(errors=[("/ended_on", "lies in the future")])
    still_out = select(func.count(col(ToolboxItem.id))).where(
        col(ToolboxItem.toolbox_id) == toolbox_id,
        col(ToolboxItem.returned_at).is_(None),
        col(ToolboxItem.lost_at).is_(None),
    )
    count = (await caller.session.execute(still_out)).scalar_one()
    if count:
        raise ToolboxNotEmpty(f"Return the {count} item(s) in it first, then end the toolbox.", items=count)
    await caller.change(
        row, body.model_dump(), row.school_id, resource="toolbox", pupil_ids=[row.pupil_id], kind="ended"
    )
    return await toolboxes.one(caller, toolbox_id)


async def _open(caller: Caller, toolbox_id: UUID) -> Toolbox:
    row: Toolbox = await for_change(caller, Toolbox, toolbox_id, visible)
    if row.ended_on is not None:
        raise ToolboxEnded()
    return row
