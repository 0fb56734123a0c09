"""Caseloads over HTTP: which account may see which pupil as its own, why, and for how long."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.tables import Account
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, Shape
from iap_api.pupils.scope import about, reach_pupils, school_between
from iap_api.pupils.tables import Caseload

routes = Routes("/v1/caseloads", "caseloads")
visible = about(col(Caseload.pupil_id))
Why = Literal["key_adult", "class_teacher", "therapy", "referral", "reintegration", "granted"]


class CaseloadRead(Shape):
    """One entry of a caseload."""

    id: UUID
    version: int
    school_id: UUID
    account_id: UUID
    pupil_id: UUID
    why: str
    from_on: date
    until_on: date | None


class CaseloadCreate(Body):
    """Let an account see a pupil as its own."""

    account_id: Id
    pupil_id: Id
    why: Why
    from_on: Day
    until_on: Day | None = None


class CaseloadChange(Body):
    """How long it lasts."""

    until_on: Day | None


class CaseloadFilters(Page):
    """Which entries."""

    account_id: Id | None = None
    pupil_id: Id | None = None
    why: Why | None = None


caseloads = Reading(
    CaseloadRead, Caseload, visible=visible, resource="caseload", school=col(Caseload.school_id),
    pupil=col(Caseload.pupil_id),
    filters={
        "account_id": lambda value: col(Caseload.account_id) == value,
        "pupil_id": lambda value: col(Caseload.pupil_id) == value,
        "why": lambda value: col(Caseload.why) == value,
    },
)  # fmt: skip


@routes.get("", response_model=Listed[CaseloadRead], summary="List caseloads")
async def list_caseloads(
    caller: Annotated[Caller, may(Permission.caseload_read)], filters: Annotated[CaseloadFilters, Query()]
) -> Response:
    """Who has which of the pupils within reach on the caseload."""
    return await caseloads.page(caller, filters)


@routes.post(
    "",
    operation_id="create_caseload",
    response_model=CaseloadRead,
    status_code=201,
    summary="Put a pupil on a caseload",
)
async def create_caseload(caller: Annotated[Caller, may(Permission.caseload_write)], body: CaseloadCreate) -> Response:
    """Let an account see a pupil as its own, from a day and until a day: it ends by itself."""
    return await _create(caller, body, None)


@routes.put(
    "/{caseload_id}",
    operation_id="put_caseload",
    response_model=CaseloadRead,
    status_code=201,
    summary="Put a pupil on a caseload under an id of your own",
)
async def put_caseload(
    caller: Annotated[Caller, may(Permission.caseload_write)], caseload_id: Id, body: CaseloadCreate
) -> Response:
    """As `create_caseload`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, caseload_id)


async def _create(caller: Caller, body: CaseloadCreate, chosen: UUID | None) -> Response:
    caseload_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.until_on and body.until_on < body.from_on:
            raise Invalid(errors=[("/until_on", "lies before from_on")])
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        account = await caller.session.get(Account, body.account_id)
        if account is None or account.kind != "person":
            raise Invalid(errors=[("/account_id", "is not an account of a person")])
        school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
        row = Caseload(id=caseload_id, school_id=school_id, **body.model_dump())
        await caller.create(row, school_id, resource="caseload", pupil_ids=[body.pupil_id])
    location = f"/v1/caseloads/{caseload_id}"
    return await caseloads.one(caller, caseload_id, status=201 if fresh else 200, location=location)


@routes.get(
    "/{caseload_id}",
    operation_id="read_caseload",
    response_model=CaseloadRead,
    summary="Read a caseload entry",
)
async def read_caseload(caller: Annotated[Caller, may(Permission.caseload_read)], caseload_id: Id) -> Response:
    """One entry."""
    return await caseloads.one(caller, caseload_id)


@routes.patch(
    "/{caseload_id}",
    operation_id="change_caseload",
    response_model=CaseloadRead,
    summary="Change how long a caseload entry lasts",
)
async def change_caseload(
    caller: Annotated[Caller, may(Permission.caseload_write)], caseload_id: Id, body: CaseloadChange
) -> Response:
    """Set or lift the last day (merge patch)."""
    row: Caseload = await for_change(caller, Caseload, caseload_id, visible)
    if body.until_on and body.until_on < row.from_on:
        raise Invalid(errors=[("/until_on", "lies before the entry began")])
    await caller.change(row, body.model_dump(), row.school_id, resource="caseload", pupil_ids=[row.pupil_id])
    return await caseloads.one(caller, caseload_id)


class CaseloadEnd(Body):
    """The last day on which the account sees the pupil as its own."""

    until_on: Day


@routes.post(
    "/{caseload_id}/end",
    operation_id="end_caseload",
    response_model=CaseloadRead,
    summary="Take a pupil off a caseload",
)
async def end_caseload(
    caller: Annotated[Caller, may(Permission.caseload_write)], caseload_id: Id, body: CaseloadEnd
) -> Response:
    """End an entry; a day before today ends it at once."""
    row: Caseload = await for_change(caller, Caseload, caseload_id, visible)
    if row.until_on is not None and row.until_on <= body.until_on:
        raise Conflict("The entry ends on or before that day already.")
    values = {"until_on": max(body.until_on, row.from_on), "ended_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="caseload", pupil_ids=[row.pupil_id], kind="ended")
    return await caseloads.one(caller, caseload_id)
