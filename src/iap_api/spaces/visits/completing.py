"""What a record of a restrictive intervention must say, when it is due, and how a visit opens one by itself.

Each significant use of force, seclusion or restraint is written down, the same day if possible, and parents are told:
section 93A of the Education and Inspections Act 2006 and the Regulations of 2025, from April 2026. Seclusion is also
what a child believes: that leaving is not possible, or would be punished.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
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


class InterventionWithdrawn(Conflict):
    status, kind, title = 409, "intervention-withdrawn", "The record was withdrawn"
    advice = "What was withdrawn stays as it was: write another record."


class InterventionNeeded(Conflict):
    status, kind, title = 409, "intervention-needed", "The visit says that the pupil was not free to leave"
    advice = "Put the visit right or withdraw it, if it is wrong; then its seclusion can be withdrawn."


refuse("intervention-signed", InterventionSigned)
refuse("intervention-withdrawn", InterventionWithdrawn)
refuse("intervention-incomplete", InterventionIncomplete)
refuse("intervention-stays", lambda: Conflict("A restrictive intervention is never deleted."))
refuse("intervention-fixed", lambda: Conflict("Of whom and of which kind a record is never changes."))
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


def check_open(record: RestrictiveIntervention) -> None:
    """Raise `InterventionSigned` or `InterventionWithdrawn` for a record that nobody changes any more."""
    if record.signed_at is not None:
        raise InterventionSigned()
    if record.withdrawn_at is not None:
        raise InterventionWithdrawn()


def check_day(record: RestrictiveIntervention, started_at: datetime) -> None:
    """Refuse to move a record to another London day, and so out of what was counted; raises `Invalid`."""
    if due_at(started_at) != record.due_at:
        raise Invalid(errors=[("/started_at", "lies on another day: have the record withdrawn, and write another")])


def check_with_visit(began: datetime, ended: datetime | None, started_at: datetime, at: str = "") -> None:
    """Refuse a record that begins on another day than its visit; raises `Invalid`."""
    if not due_at(began) <= due_at(started_at) <= due_at(ended or max(began, clock.now())):
        raise Invalid(errors=[(f"{at}/started_at", "must lie on the day of the visit")])


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
    """Give a visit its records: what was sent with it, and, where it must have a seclusion and has none, an empty one.

    A restraint on the visit is another matter than that the pupil was kept in. The visit's row is new or locked, so
    nobody else opens one at the same time. No record is ever taken away.
    """
    if part is not None:
        await _open(caller, visit, part)
    if is_restrictive(visit):
        kept_in = standing(visit.id).where(col(RestrictiveIntervention.kind) == "seclusion")
        if (await caller.session.execute(kept_in)).first() is None:
            await _open(caller, visit, RestrictiveInterventionPart())


def standing(visit_id: UUID) -> Select[Any]:
    """Return the statement for the ids of a visit's records that are not withdrawn."""
    return select(col(RestrictiveIntervention.id)).where(
        col(RestrictiveIntervention.visit_id) == visit_id, col(RestrictiveIntervention.withdrawn_at).is_(None)
    )


async def _open(caller: Caller, visit: Visit, part: RestrictiveInterventionPart) -> None:
    values = part.model_dump()
    values["started_at"] = values["started_at"] or visit.started_at
    if values["ended_at"] is None:
        values |= {"ended_at": visit.ended_at, "ended_by_visit_id": visit.ended_by_visit_id}
    values["visit_id"] = visit.id
    at = "/restrictive_intervention"
    check_with_visit(visit.started_at, visit.ended_at, values["started_at"], at)
    await write_down(caller, visit.school_id, visit.pupil_id, values, at=at)


async def check_stays(caller: Caller, visit: Visit, started_at: datetime) -> None:
    """Refuse to move a visit away from the day of its records; raises `Invalid`."""
    moved = due_at(started_at) != due_at(visit.started_at)
    if moved and (await caller.session.execute(standing(visit.id))).first():
        raise Invalid(errors=[("/started_at", "must stay on the day of the visit's restrictive-intervention record")])


async def end_with(caller: Caller, visit: Visit, by: UUID | None = None) -> None:
    """When a visit ends, so does the seclusion that nobody has said the end of; `by` is the visit that ended it."""
    still = (
        select(RestrictiveIntervention)
        .where(
            col(RestrictiveIntervention.visit_id) == visit.id,
            col(RestrictiveIntervention.kind) == "seclusion",
            col(RestrictiveIntervention.ended_at).is_(None),
            col(RestrictiveIntervention.withdrawn_at).is_(None),
        )
        .with_for_update()
    )
    for record in (await caller.session.execute(still)).scalars():
        ended_at = max(visit.ended_at or clock.now(), record.started_at)
        values = {"ended_at": ended_at, "ended_by_visit_id": by}
        await caller.change(record, values, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id])
