"""Restrictive interventions over HTTP: written down, filled in, signed by the headteacher, and counted."""

from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import ColumnElement, case, null, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.scope import about, reach_pupil, reach_pupils, school_between
from iap_api.spaces.visits import completing
from iap_api.spaces.visits.completing import (
    RESOURCE,
    InterventionIncomplete,
    InterventionNeeded,
    InterventionSigned,
    InterventionWithdrawn,
    is_restrictive,
)
from iap_api.spaces.visits.intervention_figures import counted
from iap_api.spaces.visits.intervention_shapes import (
    FigureFilters,
    InterventionFigures,
    RestrictiveInterventionChange,
    RestrictiveInterventionCreate,
    RestrictiveInterventionFilters,
    RestrictiveInterventionRead,
    RestrictiveInterventionWithdraw,
)
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_tables import Visit
from iap_api.spaces.visits.visits import visible as visit_visible

routes = Routes("/v1/restrictive-interventions", "restrictive interventions")
_of_pupil = about(col(RestrictiveIntervention.pupil_id))


@told(
    own="{Things} of every pupil on the caseload today.",
    base="{Things} of every pupil placed in {place} today.",
    school="{Things} written down at {place}, and of every pupil registered there today, or enrolled to start there.",
)
@lru_cache(maxsize=16)
def visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the row filter: the pupils within reach, and at school reach whatever the school wrote down.

    A school answers for what it did to a child who has left since.
    """
    here = [among(RestrictiveIntervention.school_id, "scope_schools")] if "schools" in kinds else []
    return or_(_of_pupil(kinds), *here)


def _say_what_is_missing(item: dict[str, Any]) -> None:
    item["missing"] = [] if item["withdrawn_at"] else completing.missing(item)


interventions = Reading(
    RestrictiveInterventionRead,
    RestrictiveIntervention,
    visible=visible,
    resource=RESOURCE,
    school=col(RestrictiveIntervention.school_id),
    pupil=col(RestrictiveIntervention.pupil_id),
    also={"missing": null()},
    finish=_say_what_is_missing,
    filters={
        "pupil_id": lambda value: col(RestrictiveIntervention.pupil_id) == value,
        "from_at": lambda value: col(RestrictiveIntervention.started_at) >= value,
        "until_at": lambda value: col(RestrictiveIntervention.started_at) < value,
        "status": lambda value: (
            case(
                (col(RestrictiveIntervention.withdrawn_at).is_not(None), "withdrawn"),
                (col(RestrictiveIntervention.signed_at).is_(None), "unsigned"),
                else_="signed",
            )
            == value
        ),
    },
)


@routes.get("", response_model=Listed[RestrictiveInterventionRead], summary="List restrictive interventions")
async def list_restrictive_interventions(
    caller: Annotated[Caller, may(Permission.intervention_read)],
    filters: Annotated[RestrictiveInterventionFilters, Query()],
) -> Response:
    """The records within reach, in the order they were opened."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await interventions.page(caller, filters)


@routes.get("/figures", response_model=InterventionFigures, summary="Count restrictive interventions")
async def count_restrictive_interventions(
    caller: Annotated[Caller, may(Permission.intervention_figures)], filters: Annotated[FigureFilters, Query()]
) -> Response:
    """How often, by base, kind and London month, signed or not; it names no pupil."""
    return await counted(caller, filters)


@routes.post(
    "", response_model=RestrictiveInterventionRead, status_code=201, summary="Write down a restrictive intervention"
)
async def create_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_write)], body: RestrictiveInterventionCreate
) -> Response:
    """Write down what happened, as far as it is known: the rest is due by the end of the day."""
    return await _create(caller, body, None)


@routes.put(
    "/{restrictive_intervention_id}",
    response_model=RestrictiveInterventionRead,
    status_code=201,
    summary="Write down a restrictive intervention under an id of your own",
)
async def put_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_write)],
    restrictive_intervention_id: Id,
    body: RestrictiveInterventionCreate,
) -> Response:
    """As `create_restrictive_intervention`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, restrictive_intervention_id)


async def _create(caller: Caller, body: RestrictiveInterventionCreate, chosen: UUID | None) -> Response:
    own_id, fresh = await caller.once(body, chosen)
    if fresh:
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        values = body.model_dump(exclude={"pupil_id"})
        if body.visit_id:
            visit = await _visit(caller, body.visit_id, body.pupil_id)
            school_id = visit.school_id
            values["started_at"] = values["started_at"] or visit.started_at
            completing.check_with_visit(visit.started_at, visit.ended_at, values["started_at"])
        else:
            school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
            values["started_at"] = values["started_at"] or clock.now()
        await completing.write_down(caller, school_id, body.pupil_id, values, own_id=own_id)
    location = f"/v1/restrictive-interventions/{own_id}"
    return await interventions.one(caller, own_id, status=201 if fresh else 200, location=location)


async def _visit(caller: Caller, visit_id: UUID, pupil_id: UUID) -> Visit:
    """Lock the visit before its record is written, as whoever corrects the visit does; raises `Invalid`."""
    wanted = (
        select(Visit)
        .where(col(Visit.id) == visit_id, col(Visit.pupil_id) == pupil_id, visit_visible(caller.scope.kinds))
        .with_for_update(of=Visit, key_share=True)
    )
    found = (await caller.session.execute(wanted, caller.scope.binds())).scalar_one_or_none()
    if found is None:
        raise Invalid(errors=[("/visit_id", "is not a visit of that pupil within your reach")])
    return found


@routes.get(
    "/{restrictive_intervention_id}", response_model=RestrictiveInterventionRead, summary="Read a record of one"
)
async def read_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_read)], restrictive_intervention_id: Id
) -> Response:
    """One record; `missing` names what must still be written down."""
    return await interventions.one(caller, restrictive_intervention_id)


@routes.patch(
    "/{restrictive_intervention_id}",
    response_model=RestrictiveInterventionRead,
    summary="Fill in a record of a restrictive intervention",
    openapi_extra=problems(InterventionSigned, InterventionWithdrawn),
)
async def change_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_write)],
    restrictive_intervention_id: Id,
    body: RestrictiveInterventionChange,  # type: ignore[valid-type]
) -> Response:
    """Fill in or correct a record that is not signed (merge patch); what stood before is kept with who changed it.

    Which kind it is, of whom, and the London day on which it was first said to have happened never change: the clock
    does not move, and it stays where it is counted. A record that is wrong in these is withdrawn by the headteacher.
    """
    record: RestrictiveIntervention = await for_change(
        caller, RestrictiveIntervention, restrictive_intervention_id, visible
    )
    completing.check_open(record)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if values.get("started_at", record.started_at) is None:
        raise Invalid(errors=[("/started_at", "must not be taken away")])
    if "started_at" in values:
        completing.check_day(record, values["started_at"])
    if "ended_at" in values:
        # somebody says by hand when it ended: its visit takes nothing back any more
        values["ended_by_visit_id"] = None
    completing.check_times({**record.model_dump(), **values})
    await completing.check_adults(caller, record.school_id, values.get("staff_ids") or [])
    await caller.change(record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id])
    return await interventions.one(caller, record.id)


@routes.post(
    "/{restrictive_intervention_id}/sign",
    response_model=RestrictiveInterventionRead,
    summary="Sign a record of a restrictive intervention",
    openapi_extra=problems(InterventionSigned, InterventionWithdrawn, InterventionIncomplete),
)
async def sign_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_sign)], restrictive_intervention_id: Id
) -> Response:
    """Sign a complete record; from then on nobody changes it. What is missing is named in `errors`, each by itself."""
    record: RestrictiveIntervention = await for_change(
        caller, RestrictiveIntervention, restrictive_intervention_id, visible
    )
    completing.check_open(record)
    if left := completing.missing(record.model_dump()):
        raise InterventionIncomplete(errors=[(f"/{name}", "is not written down yet") for name in left])
    values = {"signed_at": clock.now(), "signed_by": caller.account_id}
    await caller.change(
        record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id],
        kind="restrictive_intervention.signed",
    )  # fmt: skip
    return await interventions.one(caller, record.id)


@routes.post(
    "/{restrictive_intervention_id}/withdraw",
    response_model=RestrictiveInterventionRead,
    summary="Withdraw a record of a restrictive intervention",
    openapi_extra=problems(InterventionSigned, InterventionWithdrawn, InterventionNeeded),
)
async def withdraw_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_sign)],
    restrictive_intervention_id: Id,
    body: RestrictiveInterventionWithdraw,
) -> Response:
    """Take back a record that is wrong in what cannot be put right (the child, the kind, the day), with the reason.

    It stays readable, and is counted as withdrawn. A seclusion stands as long as its visit says that the pupil was not
    free to leave.
    """
    visit = await _visit_of(caller, restrictive_intervention_id)
    record: RestrictiveIntervention = await for_change(
        caller, RestrictiveIntervention, restrictive_intervention_id, visible
    )
    completing.check_open(record)
    if record.kind == "seclusion" and visit and visit.withdrawn_at is None and is_restrictive(visit):
        raise InterventionNeeded()
    values = {**body.model_dump(), "withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(
        record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id],
        kind="restrictive_intervention.withdrawn",
    )  # fmt: skip
    return await interventions.one(caller, record.id)


async def _visit_of(caller: Caller, record_id: UUID) -> Visit | None:
    """Lock the visit of a record within reach, before the record."""
    wanted = (
        select(Visit)
        .join(RestrictiveIntervention, col(RestrictiveIntervention.visit_id) == Visit.id)
        .where(col(RestrictiveIntervention.id) == record_id, visible(caller.scope.kinds))
        .with_for_update(of=Visit, key_share=True)
    )
    return (await caller.session.execute(wanted, caller.scope.binds())).scalar_one_or_none()
