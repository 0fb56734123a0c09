"""Caseloads over HTTP: which account may see which pupil as its own, why, and for how long."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.access.tables import Account, Place
from iap_api.core.errors import Invalid
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, Shape
from iap_api.pupils.leaving import check_last_day
from iap_api.pupils.scope import about, reach_pupils, school_between
from iap_api.pupils.tables import Caseload, Pupil

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
    """How long it lasts (merge patch)."""

    until_on: Day | None = Field(default_factory=lambda: None)


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


def _of_own_school(kinds: frozenset[str]) -> ColumnElement[bool]:
    return and_(visible(kinds), among(Caseload.school_id, "scope_around"))


@routes.get("", response_model=Listed[CaseloadRead], summary="List caseloads")
async def list_caseloads(
    caller: Annotated[Caller, may(Permission.caseload_read)], filters: Annotated[CaseloadFilters, Query()]
) -> Response:
    """Who has which of the pupils within reach on the caseload."""
    return await caseloads.page(caller, filters)


@routes.post(
    "",
    response_model=CaseloadRead,
    status_code=201,
    summary="Put a pupil on a caseload",
)
async def create_caseload(caller: Annotated[Caller, may(Permission.caseload_write)], body: CaseloadCreate) -> Response:
    """Let an account see a pupil as its own, from a day and until a day: it ends by itself."""
    return await _create(caller, body, None)


@routes.put(
    "/{caseload_id}",
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
        await _check_account(caller, body)
        school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
        row = Caseload(id=caseload_id, school_id=school_id, **body.model_dump())
        await caller.create(row, school_id, resource="caseload", pupil_ids=[body.pupil_id])
    location = f"/v1/caseloads/{caseload_id}"
    return await caseloads.one(caller, caseload_id, status=201 if fresh else 200, location=location)


async def _check_account(caller: Caller, body: CaseloadCreate) -> None:
    trust_id = select(col(Pupil.trust_id)).where(col(Pupil.id) == body.pupil_id).scalar_subquery()
    # a partner school belongs to no trust, and its SENCO refers pupils to ours
    near = or_(
        col(Place.id) == trust_id,
        col(Place.trust_id) == trust_id,
        and_(col(Place.kind) == "school", col(Place.trust_id).is_(None)),
    )
    query = (
        select(col(Account.id))
        .join(Place, col(Place.id) == col(Account.place_id))
        .where(col(Account.id) == body.account_id, col(Account.kind) == "person", near)
    )
    if (await caller.session.execute(query)).one_or_none() is None:
        raise Invalid(errors=[("/account_id", "is not an account of a person in your trust or at a partner school")])


@routes.get(
    "/{caseload_id}",
    response_model=CaseloadRead,
    summary="Read a caseload entry",
)
async def read_caseload(caller: Annotated[Caller, may(Permission.caseload_read)], caseload_id: Id) -> Response:
    """One entry."""
    return await caseloads.one(caller, caseload_id)


@routes.patch(
    "/{caseload_id}",
    response_model=CaseloadRead,
    summary="Change how long a caseload entry lasts",
)
async def change_caseload(
    caller: Annotated[Caller, may(Permission.caseload_write)], caseload_id: Id, body: CaseloadChange
) -> Response:
    """Set or lift the last day (merge patch)."""
    row: Caseload = await for_change(caller, Caseload, caseload_id, _of_own_school)
    if body.until_on and body.until_on < row.from_on:
        raise Invalid(errors=[("/until_on", "lies before the entry began")])
    values = body.model_dump(exclude_unset=True)
    await caller.change(row, values, row.school_id, resource="caseload", pupil_ids=[row.pupil_id])
    return await caseloads.one(caller, caseload_id)


class CaseloadEnd(Body):
    """The last day on which the account sees the pupil as its own."""

    until_on: Day


@routes.post(
    "/{caseload_id}/end",
    response_model=CaseloadRead,
    summary="Take a pupil off a caseload",
)
async def end_caseload(
    caller: Annotated[Caller, may(Permission.caseload_write)], caseload_id: Id, body: CaseloadEnd
) -> Response:
    """End an entry; a day before today ends it at once, and a day before its first calls it off."""
    row: Caseload = await for_change(caller, Caseload, caseload_id, _of_own_school)
    check_last_day(body.until_on, row.from_on, row.until_on)
    values = {"until_on": body.until_on, "ended_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="caseload", pupil_ids=[row.pupil_id], kind="ended")
    return await caseloads.one(caller, caseload_id)
