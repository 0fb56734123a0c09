"""Pupils over HTTP: the roll, searched, read by section, changed and ended."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select, true
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.asking import answer_waiting
from iap_api.pupils.leaving import end_registrations, end_sight
from iap_api.pupils.pupil_shapes import (
    PupilChange,
    PupilCreate,
    PupilEnd,
    PupilFilters,
    PupilRead,
    PupilSearch,
)
from iap_api.pupils.roll import (
    FileKeptElsewhere,
    KnownInTrust,
    check_kept_here,
    check_roll,
    check_taken_off_here,
    search_name,
)
from iap_api.pupils.safeguarding import SafeguardingChange, check_flag
from iap_api.pupils.scope import current, pupil_visible, registered_now
from iap_api.pupils.tables import Placement, Pupil, Registration
from iap_api.pupils.year_group import nc_year
from iap_api.schools.tables import School

routes = Routes("/v1/pupils", "pupils")


def _placed_in() -> Any:
    return (
        select(col(Placement.base_id))
        .where(col(Placement.pupil_id) == Pupil.id, current(col(Placement.from_on), col(Placement.until_on)))
        .order_by(col(Placement.from_on).desc())
        .limit(1)
        .scalar_subquery()
    )


def _in_class() -> Any:
    return (
        select(col(Registration.class_id))
        .where(col(Registration.pupil_id) == Pupil.id, col(Registration.school_id) == Pupil.school_id)
        .scalar_subquery()
    )


def _registered(column: Any, value: Any) -> Any:
    return col(Pupil.id).in_(select(col(Registration.pupil_id)).where(column == value, registered_now()))


def _year_group(item: dict[str, Any]) -> None:
    item["nc_year"] = item["nc_year"] or nc_year(item["born_on"], clock.today())


pupils = Reading(
    PupilRead,
    Pupil,
    visible=pupil_visible,
    resource="pupil",
    school=col(Pupil.school_id),
    pupil=col(Pupil.id),
    also={"nc_year": col(Pupil.nc_year_given), "base_id": _placed_in(), "class_id": _in_class()},
    filters={
        "school_id": lambda value: _registered(col(Registration.school_id), value),
        "class_id": lambda value: _registered(col(Registration.class_id), value),
        "base_id": lambda value: col(Pupil.id).in_(
            select(col(Placement.pupil_id)).where(
                col(Placement.base_id) == value, current(col(Placement.from_on), col(Placement.until_on))
            )
        ),
        "sen_provision": lambda value: col(Pupil.sen_provision) == value,
    },
    sections={
        "roll": Permission.section_roll,
        "sen": Permission.section_sen,
        "circumstances": Permission.section_circumstances,
        "health": Permission.section_health,
        "safeguarding": Permission.section_safeguarding,
    },
    finish=_year_group,
)
# for the answer to a change after which the caller no longer sees the pupil; reach was checked before
left = replace(pupils, visible=lambda _kinds: true(), opened_to=pupil_visible)


@routes.get("", response_model=Listed[PupilRead], summary="List pupils")
async def list_pupils(
    caller: Annotated[Caller, may(Permission.pupil_read)], filters: Annotated[PupilFilters, Query()]
) -> Response:
    """The pupils within reach, in the order they were put on the roll; sections as the role allows."""
    return await pupils.page(caller, filters)


@routes.post(
    "",
    response_model=PupilRead,
    status_code=201,
    summary="Put a pupil on the roll",
    openapi_extra=problems(KnownInTrust),
)
async def create_pupil(caller: Annotated[Caller, may(Permission.pupil_write)], body: PupilCreate) -> Response:
    """Put a pupil on the roll of one school.

    A UPN that the trust knows already answers 409 `known-in-trust` and names nobody: ask for a registration instead.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{pupil_id}",
    response_model=PupilRead,
    status_code=201,
    summary="Put a pupil on the roll under an id of your own",
    openapi_extra=problems(KnownInTrust),
)
async def put_pupil(
    caller: Annotated[Caller, may(Permission.pupil_write)], pupil_id: Id, body: PupilCreate
) -> Response:
    """As `create_pupil`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, pupil_id)


async def _create(caller: Caller, body: PupilCreate, chosen: UUID | None) -> Response:
    pupil_id, fresh = await caller.once(body, chosen)
    if fresh:
        school = await caller.session.get(School, body.school_id)
        if school is None or school.id not in caller.scope.schools or school.trust_id is None:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        values = body.model_dump(exclude={"class_id", "registered_from", "enrolment_status"})
        await check_roll(caller.session, body.model_dump(), values)
        pupil = Pupil(
            id=pupil_id, trust_id=school.trust_id, **values,
            search_name=search_name(body.given_name, body.family_name, body.preferred_name),
        )  # fmt: skip
        await caller.create(pupil, school.id, resource="pupil", pupil_ids=[pupil_id])
        caller.session.add(
            Registration(
                school_id=school.id, pupil_id=pupil_id, class_id=body.class_id, from_on=body.registered_from,
                enrolment_status=body.enrolment_status,
            )
        )  # fmt: skip
        await caller.session.flush()
        await answer_waiting(caller, pupil)
    status = 201 if fresh else 200
    return await pupils.one(caller, pupil_id, status=status, location=f"/v1/pupils/{pupil_id}")


@routes.get("/{pupil_id}", response_model=PupilRead, summary="Read a pupil")
async def read_pupil(caller: Annotated[Caller, may(Permission.pupil_read)], pupil_id: Id) -> Response:
    """One pupil, with the sections that the caller's role may see."""
    return await pupils.one(caller, pupil_id)


@routes.patch(
    "/{pupil_id}",
    response_model=PupilRead,
    summary="Change a pupil",
    openapi_extra=problems(FileKeptElsewhere, KnownInTrust),
)
async def change_pupil(
    caller: Annotated[Caller, may(Permission.pupil_write)],
    pupil_id: Id,
    body: PupilChange,  # type: ignore[valid-type]
) -> Response:
    """Change what is named (merge patch); the former values are kept with who changed them and when."""
    pupil: Pupil = await for_change(caller, Pupil, pupil_id, pupil_visible)
    await check_kept_here(caller, pupil)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    await check_roll(caller.session, values, {**pupil.model_dump(), **values})
    whole = {**pupil.model_dump(), **values}
    values["search_name"] = search_name(whole["given_name"], whole["family_name"], whole["preferred_name"])
    await caller.change(pupil, values, pupil.school_id, resource="pupil", pupil_ids=[pupil_id])
    if "upn" in values or "born_on" in values:
        await answer_waiting(caller, pupil)
    return await pupils.one(caller, pupil_id)


@routes.put(
    "/{pupil_id}/safeguarding",
    response_model=PupilRead,
    summary="Set the safeguarding flag",
    openapi_extra={"x-if-match": True},
)
async def set_safeguarding_flag(
    caller: Annotated[Caller, may(Permission.safeguarding_write)], pupil_id: Id, body: SafeguardingChange
) -> Response:
    """Say that a child-protection file exists, and point to it; its content never enters this record.

    `safeguarding_where` names the school's own system and the reference there, in one short line. A concern is
    reported in that system, not here: what reads like a sentence is refused.
    """
    check_flag(body)
    pupil: Pupil = await for_change(caller, Pupil, pupil_id, pupil_visible)
    await caller.change(pupil, body.model_dump(), pupil.school_id, resource="pupil", pupil_ids=[pupil_id])
    return await pupils.one(caller, pupil_id)


@routes.post("/{pupil_id}/end", response_model=PupilRead, summary="Take a pupil off the roll")
async def end_pupil(caller: Annotated[Caller, may(Permission.pupil_write)], pupil_id: Id, body: PupilEnd) -> Response:
    """Take a pupil off the roll on a day: registrations, placements and caseloads end with it, nothing is deleted.

    Only a school that enrols the pupil does that; any other ends its own registration.
    """
    pupil: Pupil = await for_change(caller, Pupil, pupil_id, pupil_visible)
    if pupil.ended_on is not None:
        raise Conflict("The pupil has left the roll already.")
    await check_taken_off_here(caller, pupil_id)
    # a pupil leaves every school of the trust at once, and the first registration to end must not hide the rest
    async with caller.beyond_fence():
        await end_registrations(caller, pupil_id, body.ended_on, body.reason)
        await end_sight(caller, pupil_id, body.ended_on)
        values = {"ended_on": body.ended_on}
        await caller.change(pupil, values, pupil.school_id, resource="pupil", pupil_ids=[pupil_id], kind="ended")
        return await left.one(caller, pupil_id)


@routes.post("/search", response_model=Listed[PupilRead], summary="Search pupils", openapi_extra={"x-only-reads": True})
async def search_pupils(caller: Annotated[Caller, may(Permission.pupil_read)], body: PupilSearch) -> Response:
    """Find pupils within reach by parts of a name, or by UPN for those who may see it; by name, at most 50."""
    if (body.name is None) == (body.upn is None):
        raise Invalid("Send a name or a UPN.", errors=[("", "send one of name and upn")])
    scope = caller.scope
    if body.upn is not None:
        seen = caller.may(Permission.section_roll)
        if seen is None:
            raise Invalid(errors=[("/upn", "cannot be searched by your role: use the name")])
        scope = seen
        named = [col(Pupil.upn) == body.upn.replace(" ", "").upper()]
    else:
        named = [col(Pupil.search_name).contains(part, autoescape=True) for part in search_name(body.name).split()]
        if not named:
            raise Invalid(errors=[("/name", "holds no letter to search by")])
    query = select(col(Pupil.id)).where(pupil_visible(scope.kinds), *named)
    found = (
        (
            await caller.session.execute(
                query.order_by(col(Pupil.search_name), col(Pupil.id)).limit(body.limit), scope.binds()
            )
        )
        .scalars()
        .all()
    )
    return await pupils.chosen(caller, list(found))
