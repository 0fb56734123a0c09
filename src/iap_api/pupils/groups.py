"""Groups over HTTP: pupils of one base under a name, so that a booking can name them all at once.

A group is read as whom it holds now: of the pupils put into it those who are placed in its base and registered at its
school today. Whoever leaves the base has left its groups, and nobody is shown who is not within reach.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among, gathered, listed
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.pages import Page
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of
from iap_api.pupils.scope import TODAY, current, registered_now
from iap_api.pupils.tables import Group, Placement, Registration
from iap_api.schools.tables import Base

routes = Routes("/v1/groups", "groups")
MEMBERS = select(gathered(col(Placement.pupil_id))).where(
    col(Placement.base_id) == Group.base_id,
    listed(Placement.pupil_id, Group.pupil_ids),
    current(col(Placement.from_on), col(Placement.until_on)),
    col(Placement.pupil_id).in_(
        select(col(Registration.pupil_id)).where(
            col(Registration.school_id) == Placement.school_id, registered_now()
        )
    ),
)  # fmt: skip
_now = MEMBERS.correlate(Group).scalar_subquery()


class GroupNameTaken(Conflict):
    status, kind, title = 409, "group-name-taken", "The base has a group of that name"
    advice = "Choose another name, or change the group that is there."


class GroupEnded(Conflict):
    status, kind, title = 409, "group-ended", "The group has ended"
    advice = "Make a new group."


refuse("uq_groups_live", GroupNameTaken)
refuse("uq_groups_base_id_name", GroupNameTaken)


class GroupRead(Shape):
    """One group with the pupils it holds today."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID
    name: str | None = Field(description="Null once somebody of the group was erased: a name may name anybody.")
    pupil_ids: list[UUID]
    ended_on: date | None


class GroupCreate(Body):
    """Pupils who are placed in one base today."""

    base_id: Id
    name: Annotated[Line, Field(description="What they do, such as Lego club: never a child's name.")]
    pupil_ids: Annotated[list[Id], Field(min_length=1, max_length=30)]


GroupChange = change_of("GroupChange", GroupCreate, leaving_out=frozenset({"base_id"}))


class GroupEnd(Body):
    """The day from which the group is no more."""

    ended_on: Day


class GroupFilters(Page):
    """Which groups."""

    base_id: Id | None = None


@told(base="{Things} of {place}.", school="{Things} of {place}.")
def visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the row filter for groups: school reach, all of the school; base reach, those of the base."""
    ways = [among(Group.school_id, "scope_schools")] if "schools" in kinds else []
    if "bases" in kinds:
        ways.append(among(Group.base_id, "scope_bases"))
    return or_(false(), *ways)


def _in_order(item: dict[str, Any]) -> None:
    item["pupil_ids"] = sorted(set(item["pupil_ids"]))


groups = Reading(
    GroupRead, Group, visible=visible, resource="group", school=col(Group.school_id), pupil=_now,
    also={"pupil_ids": _now}, filters={"base_id": lambda value: col(Group.base_id) == value}, finish=_in_order,
)  # fmt: skip


async def pupils_of(session: AsyncSession, group_id: UUID) -> list[UUID]:
    """Return whom a group holds today, in the order of their ids; nobody once it has ended."""
    alive = or_(col(Group.ended_on).is_(None), col(Group.ended_on) > TODAY)
    wanted = select(_now).where(col(Group.id) == group_id, alive)
    found = (await session.execute(wanted, {"scope_today": clock.today()})).scalar_one_or_none()
    return sorted(set(found or ()))


@routes.get("", response_model=Listed[GroupRead], summary="List groups")
async def list_groups(
    caller: Annotated[Caller, may(Permission.group_read)], filters: Annotated[GroupFilters, Query()]
) -> Response:
    """The groups of the bases within reach, ended ones too, each with whom it holds today."""
    return await groups.page(caller, filters)


@routes.post(
    "", response_model=GroupRead, status_code=201, summary="Make a group", openapi_extra=problems(GroupNameTaken)
)
async def create_group(caller: Annotated[Caller, may(Permission.group_write)], body: GroupCreate) -> Response:
    """Make a group of pupils who are placed in a base today; its name is the only one there (409)."""
    return await _create(caller, body, None)


@routes.put(
    "/{group_id}", response_model=GroupRead, status_code=201, summary="Make a group under an id of your own",
    openapi_extra=problems(GroupNameTaken),
)  # fmt: skip
async def put_group(
    caller: Annotated[Caller, may(Permission.group_write)], group_id: Id, body: GroupCreate
) -> Response:
    """As `create_group`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, group_id)


async def _create(caller: Caller, body: GroupCreate, chosen: UUID | None) -> Response:
    group_id, fresh = await caller.once(body, chosen)
    if fresh:
        school_id = await _school_of(caller, body.base_id)
        await _check_placed(caller, body.base_id, body.pupil_ids)
        row = Group(id=group_id, school_id=school_id, **body.model_dump())
        await caller.create(row, school_id, resource="group", pupil_ids=body.pupil_ids)
    return await groups.one(caller, group_id, status=201 if fresh else 200, location=f"/v1/groups/{group_id}")


async def _school_of(caller: Caller, base_id: UUID) -> UUID:
    scope = caller.scope
    wanted = select(col(Base.school_id)).where(col(Base.id) == base_id, col(Base.ended_on).is_(None))
    school_id = (await caller.session.execute(wanted)).scalar_one_or_none()
    if school_id is None or (school_id not in scope.schools and base_id not in scope.bases):
        raise Invalid(errors=[("/base_id", "is not a base within your reach")])
    return school_id


async def _check_placed(caller: Caller, base_id: UUID, pupil_ids: list[UUID]) -> None:
    if len(set(pupil_ids)) != len(pupil_ids):
        raise Invalid(errors=[("/pupil_ids", "names a pupil twice")])
    here = select(col(Placement.pupil_id)).where(
        col(Placement.base_id) == base_id,
        among(Placement.pupil_id, "wanted"),
        current(col(Placement.from_on), col(Placement.until_on)),
    )
    given = {"wanted": pupil_ids, "scope_today": clock.today()}
    if set((await caller.session.execute(here, given)).scalars()) != set(pupil_ids):
        raise Invalid(errors=[("/pupil_ids", "names a pupil who is not placed in that base today")])


@routes.get("/{group_id}", response_model=GroupRead, summary="Read a group")
async def read_group(caller: Annotated[Caller, may(Permission.group_read)], group_id: Id) -> Response:
    """One group with whom it holds today."""
    return await groups.one(caller, group_id)


@routes.patch(
    "/{group_id}", response_model=GroupRead, summary="Change a group",
    openapi_extra=problems(GroupNameTaken, GroupEnded),
)  # fmt: skip
async def change_group(
    caller: Annotated[Caller, may(Permission.group_write)],
    group_id: Id,
    body: GroupChange,  # type: ignore[valid-type]
) -> Response:
    """Change its name, or say anew who is in it (merge patch)."""
    group = await _still_there(caller, group_id)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if "pupil_ids" in values:
        await _check_placed(caller, group.base_id, values["pupil_ids"])
    about = [*group.pupil_ids, *values.get("pupil_ids", [])]
    await caller.change(group, values, group.school_id, resource="group", pupil_ids=dict.fromkeys(about))
    return await groups.one(caller, group_id)


@routes.post("/{group_id}/end", response_model=GroupRead, summary="End a group", openapi_extra=problems(GroupEnded))
async def end_group(caller: Annotated[Caller, may(Permission.group_write)], group_id: Id, body: GroupEnd) -> Response:
    """Say from which day the group is no more; its name is free again."""
    group = await _still_there(caller, group_id)
    values = body.model_dump()
    await caller.change(group, values, group.school_id, resource="group", pupil_ids=group.pupil_ids, kind="ended")
    return await groups.one(caller, group_id)


async def _still_there(caller: Caller, group_id: UUID) -> Group:
    group: Group = await for_change(caller, Group, group_id, visible)
    if group.ended_on is not None:
        raise GroupEnded()
    return group
