"""Bases over HTTP: opened in a school, read, changed and ended; each is a place where roles are held."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.access.tables import Place
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.adults import check_staff
from iap_api.schools.school_shapes import BaseChange, BaseCreate, BaseEnd, BaseFilters, BaseRead
from iap_api.schools.schools import rename_place
from iap_api.schools.tables import Base, School

routes = Routes("/v1/bases", "schools")
visible = within_school(col(Base.school_id))


class PartnerHasNoBase(Conflict):
    status, kind, title = 409, "partner-has-no-base", "A partner school has no base"
    advice = "Open the base in a school of the trust."


class SchoolEnded(Conflict):
    status, kind, title = 409, "school-ended", "The school is no more"
    advice = "Choose a school that has not ended."


bases = Reading(
    BaseRead,
    Base,
    visible=visible,
    resource="base",
    school=col(Base.school_id),
    filters={
        "school_id": lambda value: col(Base.school_id) == value,
        "kind": lambda value: col(Base.kind) == value,
    },
)


@routes.get("", response_model=Listed[BaseRead], summary="List bases")
async def list_bases(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[BaseFilters, Query()]
) -> Response:
    """The bases of the caller's schools, ended ones included."""
    return await bases.page(caller, filters)


@routes.post(
    "",
    response_model=BaseRead,
    status_code=201,
    summary="Open a base",
    openapi_extra=problems(PartnerHasNoBase, SchoolEnded),
)
async def create_base(caller: Annotated[Caller, may(Permission.setting_write)], body: BaseCreate) -> Response:
    """Open a base in a school of the trust; a partner school answers 409 `partner-has-no-base`."""
    return await _create(caller, body, None)


@routes.put(
    "/{base_id}",
    response_model=BaseRead,
    status_code=201,
    summary="Open a base under an id of your own",
    openapi_extra=problems(PartnerHasNoBase, SchoolEnded),
)
async def put_base(caller: Annotated[Caller, may(Permission.setting_write)], base_id: Id, body: BaseCreate) -> Response:
    """As `create_base`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, base_id)


async def _create(caller: Caller, body: BaseCreate, chosen: UUID | None) -> Response:
    base_id, fresh = await caller.once(body, chosen)
    if fresh:
        # ending a school locks the same row, so that no base opens while the school ends
        wanted = select(School).where(col(School.id) == body.school_id).with_for_update(read=True)
        school = (await caller.session.execute(wanted)).scalar_one_or_none()
        if school is None or school.id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        if school.kind == "partner":
            raise PartnerHasNoBase()
        if school.ended_on is not None:
            raise SchoolEnded()
        await check_staff(caller, body.lead_staff_id, school.id, "/lead_staff_id")
        place = Place(id=base_id, kind="base", name=body.name, trust_id=school.trust_id, school_id=school.id)
        caller.session.add(place)
        await caller.session.flush()
        await caller.create(Base(id=base_id, **body.model_dump()), school.id, resource="base")
    return await bases.one(caller, base_id, status=201 if fresh else 200, location=f"/v1/bases/{base_id}")


@routes.get("/{base_id}", response_model=BaseRead, summary="Read a base")
async def read_base(caller: Annotated[Caller, may(Permission.setting_read)], base_id: Id) -> Response:
    """One base."""
    return await bases.one(caller, base_id)


@routes.patch("/{base_id}", response_model=BaseRead, summary="Change a base")
async def change_base(
    caller: Annotated[Caller, may(Permission.setting_write)],
    base_id: Id,
    body: BaseChange,  # type: ignore[valid-type]
) -> Response:
    """Change name, kind, places, teacher in charge or the day it opened (merge patch)."""
    base: Base = await for_change(caller, Base, base_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    await check_staff(caller, values.get("lead_staff_id"), base.school_id, "/lead_staff_id")
    opened_on = values.get("opened_on", base.opened_on)
    if base.ended_on is not None and opened_on > base.ended_on:
        raise Invalid(errors=[("/opened_on", "lies after the day on which the base ended")])
    if await caller.change(base, values, base.school_id, resource="base") and "name" in values:
        await rename_place(caller, base_id, base.name)
    return await bases.one(caller, base_id)


@routes.post("/{base_id}/end", response_model=BaseRead, summary="End a base")
async def end_base(caller: Annotated[Caller, may(Permission.setting_write)], base_id: Id, body: BaseEnd) -> Response:
    """Say from which day the base is no more; placements, spaces and roles in it are ended one by one."""
    base: Base = await for_change(caller, Base, base_id, visible)
    if base.ended_on is not None:
        raise Conflict("The base has ended already.")
    if body.ended_on < base.opened_on:
        raise Invalid(errors=[("/ended_on", "lies before the day on which the base opened")])
    await caller.change(base, body.model_dump(), base.school_id, resource="base", kind="ended")
    return await bases.one(caller, base_id)
