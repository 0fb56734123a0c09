"""Toolbox items over HTTP: issued to a toolbox against stock, listed, reviewed and returned."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import Row, Select, and_, case, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil
from iap_api.toolbox.allergies import Allergic, NotAllergic, check_allergic
from iap_api.toolbox.item_shapes import (
    ItemsOfToolboxFilters,
    ToolboxItemChange,
    ToolboxItemDespite,
    ToolboxItemFilters,
    ToolboxItemIssue,
    ToolboxItemRead,
)
from iap_api.toolbox.lockers import ToolboxEnded
from iap_api.toolbox.scope import of_base
from iap_api.toolbox.stock import OutOfStock, ResourceEnded
from iap_api.toolbox.tables import Resource, Toolbox, ToolboxItem

routes = Routes("/v1", "toolbox")
visible = about(col(ToolboxItem.pupil_id))
toolbox_visible = about(col(Toolbox.pupil_id))
base_within_reach = of_base(col(Toolbox.school_id), col(Toolbox.base_id))


def _with_resource(statement: Select[Any]) -> Select[Any]:
    return statement.join_from(ToolboxItem, Resource, col(Resource.id) == ToolboxItem.resource_id)


items = Reading(
    ToolboxItemRead,
    ToolboxItem,
    visible=visible,
    resource="toolbox_item",
    school=col(ToolboxItem.school_id),
    pupil=col(ToolboxItem.pupil_id),
    also={
        "resource_name": col(Resource.name),
        "category": col(Resource.category),
        "who_may_use": col(Resource.who_may_use),
        "risk_note": col(Resource.risk_note),
        "allergens": col(Resource.allergens),
        "allergy_note": col(Resource.allergy_note),
        "cleaning_note": col(Resource.cleaning_note),
    },
    joined=_with_resource,
    filters={
        "toolbox_id": lambda value: col(ToolboxItem.toolbox_id) == value,
        "pupil_id": lambda value: col(ToolboxItem.pupil_id) == value,
        "resource_id": lambda value: col(ToolboxItem.resource_id) == value,
        "review_until": lambda value: col(ToolboxItem.review_on) <= value,
        "status": lambda value: (
            case(
                (col(ToolboxItem.lost_at).is_not(None), "lost"),
                (col(ToolboxItem.returned_at).is_not(None), "returned"),
                else_="issued",
            )
            == value
        ),
    },
)


@routes.get(
    "/toolboxes/{toolbox_id}/items",
    response_model=Listed[ToolboxItemRead],
    summary="List what is in a toolbox",
)
async def list_items_of_toolbox(
    caller: Annotated[Caller, may(Permission.toolbox_read)],
    toolbox_id: Id,
    filters: Annotated[ItemsOfToolboxFilters, Query()],
) -> Response:
    """The items of one toolbox, returned and lost ones too; `status=issued` for what is in it now."""
    await _toolbox(caller, toolbox_id)
    return await items.page(caller, filters, also={"toolbox_id": toolbox_id})


@routes.get(
    "/toolbox-items",
    response_model=Listed[ToolboxItemRead],
    summary="List toolbox items",
)
async def list_toolbox_items(
    caller: Annotated[Caller, may(Permission.toolbox_read)], filters: Annotated[ToolboxItemFilters, Query()]
) -> Response:
    """The items of all toolboxes within reach: who has a resource, and what is due for review."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await items.page(caller, filters)


@routes.post(
    "/toolboxes/{toolbox_id}/items",
    response_model=ToolboxItemRead,
    status_code=201,
    summary="Put a resource into a toolbox",
    openapi_extra=problems(OutOfStock, ToolboxEnded, ResourceEnded, Allergic),
)
async def issue_toolbox_item(
    caller: Annotated[Caller, may(Permission.toolbox_write)], toolbox_id: Id, body: ToolboxItemIssue
) -> Response:
    """Issue one piece of a resource of the toolbox's base, or of its whole school.

    When none is left the answer is 409 `out-of-stock`, however many ask at once; when the pupil is allergic to
    something in it, 409 `allergic`.
    """
    return await _issue(caller, toolbox_id, body, None)


@routes.put(
    "/toolboxes/{toolbox_id}/items/{item_id}",
    response_model=ToolboxItemRead,
    status_code=201,
    summary="Put a resource into a toolbox under an id of your own",
    openapi_extra=problems(OutOfStock, ToolboxEnded, ResourceEnded, Allergic),
)
async def put_toolbox_item(
    caller: Annotated[Caller, may(Permission.toolbox_write)],
    toolbox_id: Id,
    item_id: Id,
    body: ToolboxItemIssue,
) -> Response:
    """As `issue_toolbox_item`, with an id the client chose: the same body again answers 200."""
    return await _issue(caller, toolbox_id, body, item_id)


@routes.post(
    "/toolboxes/{toolbox_id}/items/despite-allergy",
    response_model=ToolboxItemRead,
    status_code=201,
    summary="Put a resource into a toolbox despite an allergy",
    openapi_extra=problems(OutOfStock, ToolboxEnded, ResourceEnded, NotAllergic),
)
async def issue_despite_allergy(
    caller: Annotated[Caller, may(Permission.allergy_override)], toolbox_id: Id, body: ToolboxItemDespite
) -> Response:
    """Issue what the pupil is allergic to something in, with the reason, for which the caller answers by name.

    Where there is no such allergy the answer is 409 `not-allergic`.
    """
    return await _issue(caller, toolbox_id, body, None)


async def _issue(caller: Caller, toolbox_id: UUID, body: ToolboxItemIssue, chosen: UUID | None) -> Response:
    toolbox = await _toolbox(caller, toolbox_id)
    item_id, fresh = await caller.once(body, chosen)
    if fresh:
        _check_review(body.review_on)
        if not await _in_the_cupboard(caller, body.resource_id, toolbox_id):
            raise Invalid(errors=[("/resource_id", "is not a resource of this base or its school")])
        despite = isinstance(body, ToolboxItemDespite)
        if despite:
            await check_allergic(caller, toolbox.pupil_id, body.resource_id)
        row = ToolboxItem(
            id=item_id,
            school_id=toolbox.school_id,
            pupil_id=toolbox.pupil_id,
            issued_at=clock.now(),
            issued_by=caller.account_id,
            toolbox_id=toolbox_id,
            allergy_override_by=caller.account_id if despite else None,
            **body.model_dump(),
        )
        await caller.create(row, row.school_id, resource="toolbox_item", pupil_ids=[row.pupil_id])
    location = f"/v1/toolbox-items/{item_id}"
    return await items.one(caller, item_id, status=201 if fresh else 200, location=location)


async def _toolbox(caller: Caller, toolbox_id: UUID) -> Row[UUID, UUID]:
    found = (
        await caller.session.execute(
            select(col(Toolbox.school_id), col(Toolbox.pupil_id)).where(
                col(Toolbox.id) == toolbox_id, toolbox_visible(caller.scope.kinds)
            ),
            caller.scope.binds(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


async def _in_the_cupboard(caller: Caller, resource_id: UUID, toolbox_id: UUID) -> bool:
    # the school a child comes from sees the toolbox, but does not reach into the host's stock
    fits = (
        select(col(Resource.id))
        .join(
            Toolbox,
            and_(
                col(Toolbox.school_id) == Resource.school_id,
                or_(col(Resource.base_id).is_(None), col(Resource.base_id) == Toolbox.base_id),
            ),
        )
        .where(
            col(Resource.id) == resource_id,
            col(Toolbox.id) == toolbox_id,
            base_within_reach(caller.scope.kinds),
        )
    )
    return (await caller.session.execute(fits, caller.scope.binds())).one_or_none() is not None


def _check_review(review_on: date | None) -> None:
    if review_on is not None and review_on < clock.today():
        raise Invalid(errors=[("/review_on", "lies in the past")])


@routes.get(
    "/toolbox-items/{item_id}",
    response_model=ToolboxItemRead,
    summary="Read a toolbox item",
)
async def read_toolbox_item(caller: Annotated[Caller, may(Permission.toolbox_read)], item_id: Id) -> Response:
    """One item, with the risks of its resource."""
    return await items.one(caller, item_id)


@routes.patch(
    "/toolbox-items/{item_id}",
    response_model=ToolboxItemRead,
    summary="Change a toolbox item",
)
async def change_toolbox_item(
    caller: Annotated[Caller, may(Permission.toolbox_write)],
    item_id: Id,
    body: ToolboxItemChange,  # type: ignore[valid-type]
) -> Response:
    """Change why it was chosen, how the child uses it, or the day of its review (merge patch)."""
    row = await _still_out(caller, item_id)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    _check_review(values.get("review_on"))
    await caller.change(row, values, row.school_id, resource="toolbox_item", pupil_ids=[row.pupil_id])
    return await items.one(caller, item_id)


@routes.post(
    "/toolbox-items/{item_id}/return",
    response_model=ToolboxItemRead,
    summary="Return a toolbox item",
)
async def return_toolbox_item(caller: Annotated[Caller, may(Permission.toolbox_write)], item_id: Id) -> Response:
    """Take the piece out of the toolbox and back into stock, for the next child."""
    row = await _still_out(caller, item_id)
    values = {"returned_at": clock.now(), "returned_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="toolbox_item", pupil_ids=[row.pupil_id], kind="ended")
    return await items.one(caller, item_id)


@routes.post(
    "/toolbox-items/{item_id}/lose",
    response_model=ToolboxItemRead,
    summary="Say that a toolbox item is lost",
)
async def lose_toolbox_item(caller: Annotated[Caller, may(Permission.toolbox_write)], item_id: Id) -> Response:
    """Say that the piece is lost or broken beyond use: it is out of the toolbox, and the stock is one fewer.

    Found again, it is entered by changing the resource's stock.
    """
    row = await _still_out(caller, item_id)
    values = {"lost_at": clock.now(), "lost_by": caller.account_id}
    pupil_ids = [row.pupil_id]
    await caller.change(
        row, values, row.school_id, resource="toolbox_item", pupil_ids=pupil_ids, kind="toolbox_item.lost"
    )
    return await items.one(caller, item_id)


async def _still_out(caller: Caller, item_id: UUID) -> ToolboxItem:
    row: ToolboxItem = await for_change(caller, ToolboxItem, item_id, visible)
    if row.returned_at is not None:
        raise Conflict("The item was returned already.")
    if row.lost_at is not None:
        raise Conflict("The item was said to be lost.")
    return row
