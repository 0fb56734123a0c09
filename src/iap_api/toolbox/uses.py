"""Uses over HTTP: recorded in one call, now or late, read, put right in what was seen, and at most withdrawn."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import case
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil
from iap_api.toolbox.recording import ended_at, what_was_used, zones_twice
from iap_api.toolbox.tables import Use
from iap_api.toolbox.use_shapes import UseChange, UseCreate, UseFilters, UseRead

routes = Routes("/v1/uses", "toolbox")
visible = about(col(Use.pupil_id))
uses = Reading(
    UseRead,
    Use,
    visible=visible,
    resource="use",
    school=col(Use.school_id),
    pupil=col(Use.pupil_id),
    filters={
        "pupil_id": lambda value: col(Use.pupil_id) == value,
        "resource_id": lambda value: col(Use.resource_id) == value,
        "toolbox_item_id": lambda value: col(Use.toolbox_item_id) == value,
        "from_at": lambda value: col(Use.started_at) >= value,
        "until_at": lambda value: col(Use.started_at) < value,
        "status": lambda value: case((col(Use.withdrawn_at).is_(None), "recorded"), else_="withdrawn") == value,
    },
)


@routes.get("", operation_id="list_uses", response_model=Listed[UseRead], summary="List uses")
async def list_uses(
    caller: Annotated[Caller, may(Permission.toolbox_read)], filters: Annotated[UseFilters, Query()]
) -> Response:
    """The uses of pupils within reach, in the order they were recorded, withdrawn ones too."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await uses.page(caller, filters)


@routes.post("", operation_id="create_use", response_model=UseRead, status_code=201, summary="Record a use")
async def create_use(caller: Annotated[Caller, may(Permission.use_write)], body: UseCreate) -> Response:
    """Record that a pupil used something, with the zones before and after.

    A use may be recorded late, with both times or with the minutes; one that would end in the future is 422.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{use_id}",
    response_model=UseRead,
    status_code=201,
    summary="Record a use under an id of your own",
)
async def put_use(caller: Annotated[Caller, may(Permission.use_write)], use_id: Id, body: UseCreate) -> Response:
    """As `create_use`, with an id the phone chose: sending it again after a lost answer makes no second one."""
    return await _create(caller, body, use_id)


async def _create(caller: Caller, body: UseCreate, chosen: UUID | None) -> Response:
    use_id, fresh = await caller.once(body, chosen)
    if fresh:
        end = ended_at(body)
        school_id, pupil_id, resource_id = await what_was_used(caller, body)
        row = Use(
            id=use_id,
            school_id=school_id,
            pupil_id=pupil_id,
            resource_id=resource_id,
            ended_at=end,
            recorded_by=caller.account_id,
            **body.model_dump(exclude={"pupil_id", "resource_id", "ended_at", "minutes"}),
        )
        await caller.create(row, school_id, resource="use", pupil_ids=[pupil_id])
    location = f"/v1/uses/{use_id}"
    return await uses.one(caller, use_id, status=201 if fresh else 200, location=location)


@routes.get("/{use_id}", operation_id="read_use", response_model=UseRead, summary="Read a use")
async def read_use(caller: Annotated[Caller, may(Permission.toolbox_read)], use_id: Id) -> Response:
    """One use."""
    return await uses.one(caller, use_id)


@routes.patch("/{use_id}", operation_id="change_use", response_model=UseRead, summary="Put a use right")
async def change_use(
    caller: Annotated[Caller, may(Permission.use_write)],
    use_id: Id,
    body: UseChange,  # type: ignore[valid-type]
) -> Response:
    """Put right the zones, whether it helped or the note (merge patch); what stood before is kept.

    Whose use it was, of what and when never changes: withdraw it and record another. A withdrawn one is 409.
    """
    row: Use = await for_change(caller, Use, use_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The use was withdrawn.")
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if wrong := zones_twice(values):
        raise Invalid(errors=wrong)
    await caller.change(row, values, row.school_id, resource="use", pupil_ids=[row.pupil_id])
    return await uses.one(caller, use_id)


@routes.post("/{use_id}/withdraw", operation_id="withdraw_use", response_model=UseRead, summary="Withdraw a use")
async def withdraw_use(caller: Annotated[Caller, may(Permission.use_write)], use_id: Id) -> Response:
    """Take back a use that was wrong (the wrong child): it stays readable and counts nowhere."""
    row: Use = await for_change(caller, Use, use_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The use was withdrawn already.")
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="use", pupil_ids=[row.pupil_id], kind="ended")
    return await uses.one(caller, use_id)
