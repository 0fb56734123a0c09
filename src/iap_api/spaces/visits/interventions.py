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
from iap_api.spaces.visits.completing import RESOURCE, InterventionIncomplete, InterventionSigned
from iap_api.spaces.visits.intervention_figures import counted
from iap_api.spaces.visits.intervention_shapes import (
    FigureFilters,
    InterventionFigures,
    RestrictiveInterventionChange,
    RestrictiveInterventionCreate,
    RestrictiveInterventionFilters,
    RestrictiveInterventionRead,
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
    item["missing"] = completing.missing(item)


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
            case((col(RestrictiveIntervention.signed_at).is_(None), "unsigned"), else_="signed") == value
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
        if body.visit_id:
            school_id, began = await _visit(caller, body.visit_id, body.pupil_id)
        else:
            school_id, began = await school_between(caller, body.pupil_id, found[body.pupil_id]), clock.now()
        values = body.model_dump(exclude={"pupil_id"})
        values["started_at"] = values["started_at"] or began
        await completing.write_down(caller, school_id, body.pupil_id, values, own_id=own_id)
    location = f"/v1/restrictive-interventions/{own_id}"
    return await interventions.one(caller, own_id, status=201 if fresh else 200, location=location)


async def _visit(caller: Caller, visit_id: UUID, pupil_id: UUID) -> tuple[UUID, Any]:
    wanted = select(col(Visit.school_id), col(Visit.started_at)).where(
        col(Visit.id) == visit_id, col(Visit.pupil_id) == pupil_id, visit_visible(caller.scope.kinds)
    )
    found = (await caller.session.execute(wanted, caller.scope.binds())).one_or_none()
    if found is None:
        raise Invalid(errors=[("/visit_id", "is not a visit of that pupil within your reach")])
    return found[0], found[1]


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
    openapi_extra=problems(InterventionSigned),
)
async def change_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_write)],
    restrictive_intervention_id: Id,
    body: RestrictiveInterventionChange,  # type: ignore[valid-type]
) -> Response:
    """Fill in or correct a record that is not signed (merge patch); what stood before is kept with who changed it.

    The clock does not move: it is due by the end of the day on which it was first said to have happened.
    """
    record: RestrictiveIntervention = await for_change(
        caller, RestrictiveIntervention, restrictive_intervention_id, visible
    )
    if record.signed_at is not None:
        raise InterventionSigned()
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if values.get("started_at", record.started_at) is None:
        raise Invalid(errors=[("/started_at", "must not be taken away")])
    completing.check_times({**record.model_dump(), **values})
    await completing.check_adults(caller, record.school_id, values.get("staff_ids") or [])
    await caller.change(record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id])
    return await interventions.one(caller, record.id)


@routes.post(
    "/{restrictive_intervention_id}/sign",
    response_model=RestrictiveInterventionRead,
    summary="Sign a record of a restrictive intervention",
    openapi_extra=problems(InterventionSigned, InterventionIncomplete),
)
async def sign_restrictive_intervention(
    caller: Annotated[Caller, may(Permission.intervention_sign)], restrictive_intervention_id: Id
) -> Response:
    """Sign a complete record; from then on nobody changes it. What is missing is named in `errors`, each by itself."""
    record: RestrictiveIntervention = await for_change(
        caller, RestrictiveIntervention, restrictive_intervention_id, visible
    )
    if record.signed_at is not None:
        raise InterventionSigned()
    if left := completing.missing(record.model_dump()):
        raise InterventionIncomplete(errors=[(f"/{name}", "is not written down yet") for name in left])
    values = {"signed_at": clock.now(), "signed_by": caller.account_id}
    await caller.change(
        record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id],
        kind="restrictive_intervention.signed",
    )  # fmt: skip
    return await interventions.one(caller, record.id)
