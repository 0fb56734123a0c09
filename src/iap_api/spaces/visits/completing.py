"""What a record of a restrictive intervention must say, when it is due, and how a visit opens one by itself.

Each significant use of force, seclusion or restraint is written down, the same day if possible, and parents are told:
section 93A of the Education and Inspections Act 2006 and the Regulations of 2025, from April 2026. Seclusion is also
what a child believes: that leaving is not possible, or would be punished.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.refusals import refuse
from iap_api.core.tables import new_id
from iap_api.pupils.zones import CLOCK_SKEW
from iap_api.schools.tables import Staff
from iap_api.spaces.visits.intervention_shapes import RestrictiveInterventionPart
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_tables import Visit

RESOURCE = "restrictive_intervention"
REQUIRED = (
    "what_led_to_it", "ended_at", "staff_ids", "injury", "parents_told_at", "parents_told_how", "debrief_at", "debrief",
)  # fmt: skip


class InterventionSigned(Conflict):
    status, kind, title = 409, "intervention-signed", "The record is signed"
    advice = "What the headteacher signed is never changed."


class InterventionIncomplete(Conflict):
    status, kind, title = 409, "intervention-incomplete", "The record is not complete"
    advice = "Write down what is named in errors, then sign."


refuse("intervention-signed", InterventionSigned)
refuse("intervention-stays", lambda: Conflict("A restrictive intervention is never deleted."))
refuse("ck_restrictive_interventions_signed_whole", InterventionIncomplete)
for _rule in ("uq_restrictive_interventions_visit", "uq_restrictive_interventions_visit_id_kind"):
    refuse(_rule, lambda: Conflict("The visit has a record of this kind already: fill that one in."))


def missing(record: Mapping[str, Any]) -> list[str]:
    """Return the members that must be written down before the record can be signed."""
    found = [name for name in REQUIRED if not record[name]]
    if record["injury"] not in (None, "none") and not record["injury_note"]:
        found.append("injury_note")
    return found


def due_at(started_at: datetime) -> datetime:
    """Return the end of the London day on which it began."""
    day = started_at.astimezone(clock.LONDON).date() + timedelta(days=1)
    return datetime.combine(day, time(), clock.LONDON).astimezone(UTC)


def is_restrictive(visit: Visit) -> bool:
    """Say whether a visit must have a record: not free to leave, or the pupil believed so."""
    return not visit.free_to_leave or visit.believed_could_not_leave is True


def check_times(record: Mapping[str, Any], at: str = "") -> None:
    """Refuse times that cannot have been; raises `Invalid`, `at` being where the record stands in the body."""
    latest = clock.now() + CLOCK_SKEW
    wrong = [
        (f"{at}/{name}", "lies in the future")
        for name in ("started_at", "ended_at", "parents_told_at", "debrief_at")
        if record[name] and record[name] > latest
    ]
    wrong += [
        (f"{at}/{name}", "must not be earlier than started_at")
        for name in ("ended_at", "parents_told_at", "debrief_at")
        if record[name] and record[name] < record["started_at"]
    ]
    if wrong:
        raise Invalid(errors=wrong)


async def check_adults(caller: Caller, school_id: UUID, staff_ids: list[UUID], at: str = "") -> None:
    """Refuse adults who are nobody of that school; raises `Invalid`."""
    if not staff_ids:
        return
    there = select(func.count(col(Staff.id))).where(among(Staff.id, "adults"), col(Staff.school_id) == school_id)
    if (await caller.session.execute(there, {"adults": staff_ids})).scalar_one() != len(staff_ids):
        raise Invalid(errors=[(f"{at}/staff_ids", "names one twice, or one who is not of that school's staff")])


async def write_down(
    caller: Caller, school_id: UUID, pupil_id: UUID, values: dict[str, Any], *, at: str = "", own_id: UUID | None = None
) -> None:
    """Make a record and start its clock; raises `Invalid` for times and adults that cannot be."""
    check_times(values, at)
    await check_adults(caller, school_id, values["staff_ids"], at)
    row = RestrictiveIntervention(
        id=own_id or new_id(), school_id=school_id, pupil_id=pupil_id, recorded_by=caller.account_id,
        due_at=due_at(values["started_at"]), **values,
    )  # fmt: skip
    await caller.create(row, school_id, resource=RESOURCE, pupil_ids=[pupil_id])


async def open_for(caller: Caller, visit: Visit, part: RestrictiveInterventionPart | None) -> None:
    """Give a visit its record: what was sent with it, or, where it must have one and has none, an incomplete one.

    The visit's row is new or locked, so nobody else opens one at the same time. No record is ever taken away.
    """
    if part is None:
        having = select(col(RestrictiveIntervention.id)).where(col(RestrictiveIntervention.visit_id) == visit.id)
        if not is_restrictive(visit) or (await caller.session.execute(having)).first():
            return
    values = (part or RestrictiveInterventionPart()).model_dump()
    values["started_at"] = values["started_at"] or visit.started_at
    values["ended_at"] = values["ended_at"] or visit.ended_at
    values["visit_id"] = visit.id
    await write_down(caller, visit.school_id, visit.pupil_id, values, at="/restrictive_intervention")


async def end_with(caller: Caller, visit: Visit) -> None:
    """When a visit ends, so does the seclusion that nobody has said the end of."""
    still = (
        select(RestrictiveIntervention)
        .where(
            col(RestrictiveIntervention.visit_id) == visit.id,
            col(RestrictiveIntervention.kind) == "seclusion",
            col(RestrictiveIntervention.ended_at).is_(None),
        )
        .with_for_update()
    )
    for record in (await caller.session.execute(still)).scalars():
        ended_at = max(visit.ended_at or clock.now(), record.started_at)
        await caller.change(
            record, {"ended_at": ended_at}, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id]
        )
