"""Visits over HTTP: begun in one call, ended in another, or reported later; a visit records a fact."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import case, select
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
from iap_api.pupils.zones import CLOCK_SKEW
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Space
from iap_api.spaces.visits import visiting
from iap_api.spaces.visits.completing import check_stays, end_with, open_for
from iap_api.spaces.visits.given_back import give_back, reopened
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_shapes import VisitChange, VisitCreate, VisitEnd, VisitFilters, VisitRead
from iap_api.spaces.visits.visit_tables import Visit

routes = Routes("/v1/visits", "visits")
visible = about(col(Visit.pupil_id))
_record = (
    select(col(RestrictiveIntervention.id))
    .where(col(RestrictiveIntervention.visit_id) == col(Visit.id))
    # that the pupil was kept in, before what else happened, before what was withdrawn
    .order_by(
        col(RestrictiveIntervention.withdrawn_at).is_not(None),
        col(RestrictiveIntervention.kind) != "seclusion",
        col(RestrictiveIntervention.id),
    )
    .limit(1)
    .correlate(Visit)
    .scalar_subquery()
)
visits = Reading(
    VisitRead,
    Visit,
    visible=visible,
    resource="visit",
    school=col(Visit.school_id),
    pupil=col(Visit.pupil_id),
    also={"restrictive_intervention_id": _record, "reopened_visit_id": reopened},
    filters={
        "pupil_id": lambda value: col(Visit.pupil_id) == value,
        "space_id": lambda value: col(Visit.space_id) == value,
        "from_at": lambda value: col(Visit.started_at) >= value,
        "until_at": lambda value: col(Visit.started_at) < value,
        "status": lambda value: (
            case(
                (col(Visit.withdrawn_at).is_not(None), "withdrawn"),
                (col(Visit.ended_at).is_(None), "open"),
                else_="ended",
            )
            == value
        ),
        "free_to_leave": lambda value: col(Visit.free_to_leave) == value,
    },
)


@routes.get("", response_model=Listed[VisitRead], summary="List visits")
async def list_visits(
    caller: Annotated[Caller, may(Permission.visit_read)], filters: Annotated[VisitFilters, Query()]
) -> Response:
    """The visits of pupils within reach, in the order they were written down."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await visits.page(caller, filters)


@routes.post("", response_model=VisitRead, status_code=201, summary="Begin or report a visit")
async def create_visit(caller: Annotated[Caller, may(Permission.visit_write)], body: VisitCreate) -> Response:
    """Write down that a pupil is in a space, or was.

    It is a fact: no booking, no full or closed space and no lateness refuses it. A visit the pupil is still on ends
    where this one begins; one that began later than this one stands, and this one ends where that began.
    If the pupil was not free to leave, or believed so, a restrictive-intervention record is opened with it.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{visit_id}", response_model=VisitRead, status_code=201, summary="Begin or report a visit under an id of your own"
)
async def put_visit(
    caller: Annotated[Caller, may(Permission.visit_write)], visit_id: Id, body: VisitCreate
) -> Response:
    """As `create_visit`, with an id the phone chose: sending it again after a lost answer makes no second one."""
    return await _create(caller, body, visit_id)


async def _create(caller: Caller, body: VisitCreate, chosen: UUID | None) -> Response:
    visit_id, fresh = await caller.once(body, chosen)
    if fresh:
        now = clock.now()
        started_at = body.started_at or now
        visiting.check_period(started_at, body.ended_at, now)
        # a phone's clock may be a little fast: what it says began in a moment has begun
        started_at = min(started_at, now)
        visiting.check_zones(body.model_dump())
        school_id = await visiting.reach_space(caller, body.space_id, body.pupil_id)
        await visiting.check_adult(caller, school_id, body.adult_staff_id, pointer="/adult_staff_id")
        places, usual, earlier = await visiting.lock(caller, body.space_id, body.pupil_id)
        ended_at, ended_by_visit_id = body.ended_at, None
        if earlier and earlier.started_at <= started_at:
            # one that was forgotten for longer than a visit lasts ends where it can have ended at the latest
            latest = earlier.started_at + LONGEST
            await _end(caller, earlier, {"ended_at": min(started_at, latest)}, by=visit_id)
        elif earlier and ended_at is None:
            ended_at, ended_by_visit_id = earlier.started_at, earlier.id
        over = await visiting.is_over_capacity(
            caller, body.space_id, body.pupil_id, places, started_at, ended_at or max(now, started_at)
        )
        values: dict[str, Any] = {
            **body.model_dump(exclude={"restrictive_intervention"}), "started_at": started_at, "ended_at": ended_at,
        }  # fmt: skip
        row = Visit(
            id=visit_id, school_id=school_id, recorded_by=caller.account_id, over_capacity=over,
            reported_late=now - started_at > CLOCK_SKEW,
            holds_until=ended_at or visiting.held_until(started_at, now, usual),
            ended_by=caller.account_id if ended_at else None, ended_by_visit_id=ended_by_visit_id, **values,
        )  # fmt: skip
        await caller.create(row, school_id, resource="visit", pupil_ids=[body.pupil_id])
        await open_for(caller, row, body.restrictive_intervention)
    return await visits.one(caller, visit_id, status=201 if fresh else 200, location=f"/v1/visits/{visit_id}")


async def _end(caller: Caller, visit: Visit, values: dict[str, Any], *, by: UUID | None = None) -> None:
    """End a visit by hand, or because another one begins (`by`)."""
    values = {**values, "ended_by": caller.account_id}
    if by is not None:
        values["ended_by_visit_id"] = by
    await caller.change(visit, values, visit.school_id, resource="visit", pupil_ids=[visit.pupil_id], kind="ended")
    await end_with(caller, visit, by)


@routes.get("/{visit_id}", response_model=VisitRead, summary="Read a visit")
async def read_visit(caller: Annotated[Caller, may(Permission.visit_read)], visit_id: Id) -> Response:
    """One visit."""
    return await visits.one(caller, visit_id)


@routes.patch("/{visit_id}", response_model=VisitRead, summary="Put a visit right")
async def change_visit(
    caller: Annotated[Caller, may(Permission.visit_write)],
    visit_id: Id,
    body: VisitChange,  # type: ignore[valid-type]
) -> Response:
    """Put right a slip of the finger (merge patch); what stood before is kept with who changed it.

    Who it was and where never changes, and one that has ended is not opened again: begin another. One that turns out
    not to have been free to leave gets its restrictive-intervention record; a record once opened stays.
    """
    visit: Visit = await for_change(caller, Visit, visit_id, visible)
    _check_stands(visit)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    for name in ("started_at", "ended_at"):
        if name in values and values[name] is None:
            raise Invalid(errors=[(f"/{name}", "must not be taken away")])
    if "ended_at" in values and visit.ended_at is None:
        raise Conflict("The visit is still open: end it.")
    if values.keys() & {"started_at", "ended_at"}:
        whole = {"started_at": visit.started_at, "ended_at": visit.ended_at, **values}
        visiting.check_period(whole["started_at"], whole["ended_at"], clock.now())
        if whole["ended_at"] is None:
            usual = (await caller.session.get_one(Space, visit.space_id)).usual_minutes
            values["holds_until"] = visiting.held_until(whole["started_at"], clock.now(), usual)
        else:
            values["holds_until"] = whole["ended_at"]
    if "started_at" in values:
        await check_stays(caller, visit, values["started_at"])
    if values.keys() & {"ended_at", "zones_after"} and visit.ended_at is not None:
        # somebody says by hand that it ended: no other visit gives it back any more
        values |= {"ended_by": caller.account_id, "ended_by_visit_id": None}
    visiting.check_zones(values)
    if "adult_staff_id" in values:
        await visiting.check_adult(caller, visit.school_id, values["adult_staff_id"], pointer="/adult_staff_id")
    await caller.change(visit, values, visit.school_id, resource="visit", pupil_ids=[visit.pupil_id])
    await open_for(caller, visit, None)
    return await visits.one(caller, visit_id)


@routes.post("/{visit_id}/end", response_model=VisitRead, summary="End a visit")
async def end_visit(caller: Annotated[Caller, may(Permission.visit_write)], visit_id: Id, body: VisitEnd) -> Response:
    """End a visit, with the zones the pupil is in now; the space is free again from that moment."""
    visit: Visit = await for_change(caller, Visit, visit_id, visible)
    _check_stands(visit)
    if visit.ended_at is not None:
        raise Conflict("The visit has ended already.")
    ended_at = body.ended_at or clock.now()
    visiting.check_period(visit.started_at, ended_at, clock.now())
    visiting.check_zones(body.model_dump())
    await _end(caller, visit, {**body.model_dump(exclude_unset=True), "ended_at": ended_at})
    return await visits.one(caller, visit_id)


def _check_stands(visit: Visit) -> None:
    if visit.withdrawn_at is not None:
        raise Conflict("The visit was withdrawn.")


@routes.post("/{visit_id}/withdraw", response_model=VisitRead, summary="Withdraw a visit")
async def withdraw_visit(caller: Annotated[Caller, may(Permission.visit_write)], visit_id: Id) -> Response:
    """Take back a visit that never was (the wrong child): it stays readable, and nobody was anywhere because of it.

    The visit that it had ended is open again, unless somebody has ended that one by hand since; if the pupil has begun
    another one meanwhile, it lasts until then. A restrictive-intervention record that it opened stays, and is signed
    like any other, or withdrawn with a reason.
    """
    await visiting.hold_pupil_of(caller, visit_id, visible)
    visit: Visit = await for_change(caller, Visit, visit_id, visible)
    _check_stands(visit)
    values = {
        "withdrawn_at": clock.now(), "withdrawn_by": caller.account_id, "ended_at": visit.started_at,
        "holds_until": visit.started_at,
    }  # fmt: skip
    await caller.change(
        visit, values, visit.school_id, resource="visit", pupil_ids=[visit.pupil_id], kind="visit.withdrawn"
    )
    await give_back(caller, visit)
    return await visits.one(caller, visit_id)
