"""Schools over HTTP: entered, read, changed and ended; each is a place where roles are held."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select, update
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.access.tables import Place
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.school_shapes import SchoolChange, SchoolCreate, SchoolEnd, SchoolFilters, SchoolRead
from iap_api.schools.tables import Base, School

routes = Routes("/v1/schools", "schools")
visible = within_school(col(School.id))


class SchoolKnown(Conflict):
    status, kind, title = 409, "school-known", "A school with this URN is entered already"
    advice = "Check the URN; if it is right, the school has a record that this one would double."


class BasesOpen(Conflict):
    status, kind, title = 409, "bases-open", "The school has a base that is still open"
    advice = "End its bases first."


refuse("uq_schools_urn", SchoolKnown)
schools = Reading(
    SchoolRead,
    School,
    visible=visible,
    resource="school",
    school=col(School.id),
    filters={"kind": lambda value: col(School.kind) == value, "urn": lambda value: col(School.urn) == value},
)


@routes.get("", response_model=Listed[SchoolRead], summary="List schools")
async def list_schools(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[SchoolFilters, Query()]
) -> Response:
    """The schools that the caller works in; for the trust's people, all of it and the partners it entered."""
    return await schools.page(caller, filters)


@routes.post(
    "", response_model=SchoolRead, status_code=201, summary="Enter a school", openapi_extra=problems(SchoolKnown)
)
async def create_school(caller: Annotated[Caller, may(Permission.setting_write)], body: SchoolCreate) -> Response:
    """Enter a school as a member of the trust, or a partner, which belongs to no trust and has no base.

    Only an administrator of the trust may; a URN that is entered already answers 409 `school-known`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{school_id}",
    response_model=SchoolRead,
    status_code=201,
    summary="Enter a school under an id of your own",
    openapi_extra=problems(SchoolKnown),
)
async def put_school(
    caller: Annotated[Caller, may(Permission.setting_write)], school_id: Id, body: SchoolCreate
) -> Response:
    """As `create_school`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, school_id)


async def _create(caller: Caller, body: SchoolCreate, chosen: UUID | None) -> Response:
    school_id, fresh = await caller.once(body, chosen)
    location = f"/v1/schools/{school_id}"
    if not fresh:
        return await schools.one(caller, school_id, location=location)
    trust_id = _entering_trust(caller, body.trust_id)
    # a partner's place hangs under the trust that entered it: somebody must look after its referrers
    caller.session.add(Place(id=school_id, kind="school", name=body.name, trust_id=trust_id, school_id=school_id))
    await caller.session.flush()
    values = body.model_dump(exclude={"trust_id"})
    school = School(id=school_id, trust_id=trust_id if body.kind == "member" else None, **values)
    await caller.create(school, school_id, resource="school")
    return schools.made(caller, school, location=location)


def _entering_trust(caller: Caller, given: UUID | None) -> UUID:
    mine = caller.scope.trusts
    if given is None and len(mine) == 1:
        return mine[0]
    if given is None or given not in mine:
        raise Invalid(errors=[("/trust_id", "is not a trust that you may enter schools for")])
    return given


@routes.get("/{school_id}", response_model=SchoolRead, summary="Read a school")
async def read_school(caller: Annotated[Caller, may(Permission.setting_read)], school_id: Id) -> Response:
    """One school."""
    return await schools.one(caller, school_id)


@routes.patch("/{school_id}", response_model=SchoolRead, summary="Change a school", openapi_extra=problems(SchoolKnown))
async def change_school(
    caller: Annotated[Caller, may(Permission.setting_write)],
    school_id: Id,
    body: SchoolChange,  # type: ignore[valid-type]
) -> Response:
    """Change name, phase or identifiers (merge patch): a URN changes when a school converts or merges."""
    school: School = await for_change(caller, School, school_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if await caller.change(school, values, school_id, resource="school") and "name" in values:
        await rename_place(caller, school_id, school.name)
    return await schools.one(caller, school_id)


async def rename_place(caller: Caller, place_id: UUID, name: str) -> None:
    """Carry a school's or base's new name to its place."""
    await caller.session.execute(update(Place).where(col(Place.id) == place_id).values(name=name))


@routes.post("/{school_id}/end", response_model=SchoolRead, summary="End a school", openapi_extra=problems(BasesOpen))
async def end_school(
    caller: Annotated[Caller, may(Permission.setting_write)], school_id: Id, body: SchoolEnd
) -> Response:
    """Say from which day the school is no more; it stays readable, and roles there are ended one by one.

    A school with a base that has not ended answers 409 `bases-open`.
    """
    school: School = await for_change(caller, School, school_id, visible)
    if school.ended_on is not None:
        raise Conflict("The school has ended already.")
    still_open = select(col(Base.id)).where(col(Base.school_id) == school_id, col(Base.ended_on).is_(None)).limit(1)
    if (await caller.session.execute(still_open)).first():
        raise BasesOpen()
    await caller.change(school, body.model_dump(), school_id, resource="school", kind="ended")
    return await schools.one(caller, school_id)
