"""Placements over HTTP: a pupil's time in a base, begun, changed and ended; the pupil stays on the class's roll."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, and_, case, false, or_, select, true
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.core.errors import Invalid, problems
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, Shape, change_of
from iap_api.pupils.leaving import check_last_day
from iap_api.pupils.roll import AlreadyPlaced
from iap_api.pupils.scope import TODAY, about, reach_pupils, registered_now
from iap_api.pupils.tables import Placement, Pupil, Registration
from iap_api.schools.tables import Base

routes = Routes("/v1/placements", "placements")
visible = about(col(Placement.pupil_id))


class PlacementRead(Shape):
    """One placement."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID
    pupil_id: UUID
    from_on: date
    expected_until_on: date | None
    until_on: date | None
    sessions_per_week: int
    key_adult_staff_id: UUID | None


class PlacementCreate(Body):
    """A pupil's time in a base."""

    base_id: Id
    pupil_id: Id
    from_on: Day
    expected_until_on: Day | None = None
    sessions_per_week: Annotated[int, Field(ge=1, le=10, description="Half days in the base, of ten a week.")] = 10
    key_adult_staff_id: Id | None = None


PlacementChange = change_of(
    "PlacementChange", PlacementCreate, leaving_out=frozenset({"base_id", "pupil_id", "from_on"})
)


class PlacementEnd(Body):
    """The last day in the base."""

    until_on: Day


class PlacementFilters(Page):
    """Which placements."""

    base_id: Id | None = None
    pupil_id: Id | None = None
    current: bool | None = Field(default=None, description="true: those that have not ended.")


_LASTS = or_(col(Placement.until_on).is_(None), col(Placement.until_on) >= TODAY)
placements = Reading(
    PlacementRead, Placement, visible=visible, resource="placement", school=col(Placement.school_id),
    pupil=col(Placement.pupil_id),
    filters={
        "base_id": lambda value: col(Placement.base_id) == value,
        "pupil_id": lambda value: col(Placement.pupil_id) == value,
        "current": lambda value: case((_LASTS, true()), else_=false()) == value,
    },
)  # fmt: skip


def _of_own_school(kinds: frozenset[str]) -> ColumnElement[bool]:
    return and_(visible(kinds), among(Placement.school_id, "scope_around"))


@routes.get("", response_model=Listed[PlacementRead], summary="List placements")
async def list_placements(
    caller: Annotated[Caller, may(Permission.placement_read)], filters: Annotated[PlacementFilters, Query()]
) -> Response:
    """The placements of pupils within reach."""
    return await placements.page(caller, filters)


@routes.post(
    "",
    response_model=PlacementRead,
    status_code=201,
    summary="Place a pupil in a base",
    openapi_extra=problems(AlreadyPlaced),
)
async def create_placement(
    caller: Annotated[Caller, may(Permission.placement_write)], body: PlacementCreate
) -> Response:
    """Place a pupil in a base; one placement at a time, else 409 `already-placed`."""
    return await _create(caller, body, None)


@routes.put(
    "/{placement_id}",
    response_model=PlacementRead,
    status_code=201,
    summary="Place a pupil under an id of your own",
    openapi_extra=problems(AlreadyPlaced),
)
async def put_placement(
    caller: Annotated[Caller, may(Permission.placement_write)], placement_id: Id, body: PlacementCreate
) -> Response:
    """As `create_placement`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, placement_id)


async def _create(caller: Caller, body: PlacementCreate, chosen: UUID | None) -> Response:
    placement_id, fresh = await caller.once(body, chosen)
    if fresh:
        base = (await caller.session.execute(select(Base).where(col(Base.id) == body.base_id))).scalar_one_or_none()
        if base is None or base.school_id not in caller.scope.schools:
            raise Invalid(errors=[("/base_id", "is not a base within your reach")])
        if base.ended_on is not None and base.ended_on < body.from_on:
            raise Invalid(errors=[("/base_id", "is a base that has closed")])
        _check_expected(body.expected_until_on, body.from_on)
        await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        await _keep_apart(caller, body, base.school_id)
        row = Placement(id=placement_id, school_id=base.school_id, **body.model_dump())
        await caller.create(row, base.school_id, resource="placement", pupil_ids=[body.pupil_id])
    location = f"/v1/placements/{placement_id}"
    return await placements.one(caller, placement_id, status=201 if fresh else 200, location=location)


async def _keep_apart(caller: Caller, body: PlacementCreate, school_id: UUID) -> None:
    # every new placement of a pupil takes this lock first, so one with an end still to come counts too
    await caller.session.execute(select(col(Pupil.id)).where(col(Pupil.id) == body.pupil_id).with_for_update())
    here = select(col(Registration.id)).where(
        col(Registration.school_id) == school_id, col(Registration.pupil_id) == body.pupil_id, registered_now()
    )
    here = here.with_for_update(read=True)
    if (await caller.session.execute(here, caller.scope.binds())).one_or_none() is None:
        raise Invalid(errors=[("/pupil_id", "names a pupil who is not registered at the school of that base")])
    # on the day of a change the pupil leaves the one base and comes to the other
    longer = and_(col(Placement.until_on) > body.from_on, col(Placement.until_on) >= col(Placement.from_on))
    other = select(col(Placement.id)).where(
        col(Placement.pupil_id) == body.pupil_id, or_(col(Placement.until_on).is_(None), longer)
    )
    if (await caller.session.execute(other.limit(1))).one_or_none() is not None:
        raise AlreadyPlaced()


def _check_expected(expected: date | None, from_on: date) -> None:
    if expected is not None and expected < from_on:
        raise Invalid(errors=[("/expected_until_on", "lies before the first day")])


@routes.get("/{placement_id}", response_model=PlacementRead, summary="Read a placement")
async def read_placement(caller: Annotated[Caller, may(Permission.placement_read)], placement_id: Id) -> Response:
    """One placement."""
    return await placements.one(caller, placement_id)


@routes.patch(
    "/{placement_id}",
    response_model=PlacementRead,
    summary="Change a placement",
)
async def change_placement(
    caller: Annotated[Caller, may(Permission.placement_change)],
    placement_id: Id,
    body: PlacementChange,  # type: ignore[valid-type]
) -> Response:
    """Change the expected end, the sessions a week or the key adult (merge patch)."""
    row: Placement = await for_change(caller, Placement, placement_id, _of_own_school)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    _check_expected(values.get("expected_until_on"), row.from_on)
    await caller.change(row, values, row.school_id, resource="placement", pupil_ids=[row.pupil_id])
    return await placements.one(caller, placement_id)


@routes.post(
    "/{placement_id}/end",
    response_model=PlacementRead,
    summary="End a placement",
)
async def end_placement(
    caller: Annotated[Caller, may(Permission.placement_write)], placement_id: Id, body: PlacementEnd
) -> Response:
    """Say on which day the pupil's time in the base ends; the base's staff see the pupil until then.

    An end still to come may be brought forward; a placement still to begin is called off by a day before its first.
    """
    row: Placement = await for_change(caller, Placement, placement_id, _of_own_school)
    check_last_day(body.until_on, row.from_on, row.until_on)
    values = {"until_on": body.until_on, "ended_by": caller.account_id}
    await caller.change(row, values, row.school_id, resource="placement", pupil_ids=[row.pupil_id], kind="ended")
    return await placements.one(caller, placement_id)
