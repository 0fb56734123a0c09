"""Zone check-ins over HTTP: the zones of regulation a pupil is in, said in one tap, never scored."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Id, Instant, Note, Shape
from iap_api.pupils.scope import about, reach_pupils, school_between
from iap_api.pupils.tables import ZoneCheckIn

routes = Routes("/v1/zone-check-ins", "zone check-ins")
visible = about(col(ZoneCheckIn.pupil_id))
Zone = Literal["blue", "green", "yellow", "red"]
Zones = Annotated[list[Zone], Field(min_length=1, max_length=4)]
CLOCK_SKEW = timedelta(minutes=5)


class ZoneCheckInRead(Shape):
    """One check-in; no zone is bad, and more than one at once is possible."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    at: datetime
    zones: list[str]
    said_by: str
    note: str | None
    recorded_by: UUID
    created_at: datetime
    withdrawn_at: datetime | None


class ZoneCheckInCreate(Body):
    """The zones a pupil is in; without `at`, now."""

    pupil_id: Id
    zones: Zones
    said_by: Literal["pupil", "adult"] = "pupil"
    at: Instant | None = Field(default=None, description="When it was, if it is told later (a phone without network).")
    note: Note | None = None


class ZoneCheckInChange(Body):
    """What a slip of the finger may need (merge patch)."""

    zones: Zones = Field(default_factory=lambda: [])
    note: Note | None = None


class ZoneCheckInFilters(Page):
    """Which check-ins."""

    pupil_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None


check_ins = Reading(
    ZoneCheckInRead, ZoneCheckIn, visible=visible, resource="zone_check_in", school=col(ZoneCheckIn.school_id),
    pupil=col(ZoneCheckIn.pupil_id),
    filters={
        "pupil_id": lambda value: col(ZoneCheckIn.pupil_id) == value,
        "from_at": lambda value: col(ZoneCheckIn.at) >= value,
        "until_at": lambda value: col(ZoneCheckIn.at) < value,
    },
)  # fmt: skip


@routes.get(
    "",
    response_model=Listed[ZoneCheckInRead],
    summary="List zone check-ins",
)
async def list_zone_check_ins(
    caller: Annotated[Caller, may(Permission.zone_read)], filters: Annotated[ZoneCheckInFilters, Query()]
) -> Response:
    """The check-ins of pupils within reach, withdrawn ones too."""
    return await check_ins.page(caller, filters)


@routes.post(
    "",
    response_model=ZoneCheckInRead,
    status_code=201,
    summary="Check a pupil in",
)
async def create_zone_check_in(
    caller: Annotated[Caller, may(Permission.zone_write)], body: ZoneCheckInCreate
) -> Response:
    """Write down the zones a pupil is in, as said by the pupil or seen by an adult."""
    return await _create(caller, body, None)


@routes.put(
    "/{check_in_id}",
    response_model=ZoneCheckInRead,
    status_code=201,
    summary="Check a pupil in under an id of your own",
)
async def put_zone_check_in(
    caller: Annotated[Caller, may(Permission.zone_write)], check_in_id: Id, body: ZoneCheckInCreate
) -> Response:
    """As `create_zone_check_in`, with an id the phone chose: sending it again makes no second one."""
    return await _create(caller, body, check_in_id)


async def _create(caller: Caller, body: ZoneCheckInCreate, chosen: UUID | None) -> Response:
    check_in_id, fresh = await caller.once(body, chosen)
    if fresh:
        at = body.at or clock.now()
        _check(body.zones, at)
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
        values: dict[str, Any] = {**body.model_dump(), "at": at}
        row = ZoneCheckIn(id=check_in_id, school_id=school_id, recorded_by=caller.account_id, **values)
        await caller.create(row, school_id, resource="zone_check_in", pupil_ids=[body.pupil_id])
    location = f"/v1/zone-check-ins/{check_in_id}"
    return await check_ins.one(caller, check_in_id, status=201 if fresh else 200, location=location)


def _check(zones: list[Zone], at: datetime) -> None:
    if len(set(zones)) != len(zones):
        raise Invalid(errors=[("/zones", "names a zone twice")])
    if at > clock.now() + CLOCK_SKEW:
        raise Invalid(errors=[("/at", "lies in the future")])


@routes.get(
    "/{check_in_id}",
    response_model=ZoneCheckInRead,
    summary="Read a zone check-in",
)
async def read_zone_check_in(caller: Annotated[Caller, may(Permission.zone_read)], check_in_id: Id) -> Response:
    """One check-in."""
    return await check_ins.one(caller, check_in_id)


@routes.patch(
    "/{check_in_id}",
    response_model=ZoneCheckInRead,
    summary="Correct a zone check-in",
)
async def change_zone_check_in(
    caller: Annotated[Caller, may(Permission.zone_write)], check_in_id: Id, body: ZoneCheckInChange
) -> Response:
    """Correct a slip of the finger (merge patch); what stood before is kept with who changed it."""
    row: ZoneCheckIn = await for_change(caller, ZoneCheckIn, check_in_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The check-in was withdrawn.")
    _check(body.zones, row.at)
    values = body.model_dump(exclude_unset=True)
    await caller.change(row, values, row.school_id, resource="zone_check_in", pupil_ids=[row.pupil_id])
    return await check_ins.one(caller, check_in_id)


@routes.post(
    "/{check_in_id}/withdraw",
    response_model=ZoneCheckInRead,
    summary="Withdraw a zone check-in",
)
async def withdraw_zone_check_in(caller: Annotated[Caller, may(Permission.zone_write)], check_in_id: Id) -> Response:
    """Take back a check-in that was wrong (the wrong child): it stays readable and counts nowhere."""
    row: ZoneCheckIn = await for_change(caller, ZoneCheckIn, check_in_id, visible)
    if row.withdrawn_at is not None:
        raise Conflict("The check-in was withdrawn already.")
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="zone_check_in", pupil_ids=[row.pupil_id], kind="ended")
    return await check_ins.one(caller, check_in_id)
