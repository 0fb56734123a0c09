"""What a visit that never was gives back: the visit it had ended is open again, and so is that one's seclusion."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Space
from iap_api.spaces.visits.completing import RESOURCE
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_tables import Visit
from iap_api.spaces.visits.visiting import held_until

_again = aliased(Visit)
# for the readings of visits: the visit that is open again since this one was withdrawn
reopened = (
    select(col(_again.id))
    .where(
        col(_again.pupil_id) == Visit.pupil_id,
        col(_again.ended_by_visit_id) == Visit.id,
        col(_again.withdrawn_at).is_(None),
        col(Visit.withdrawn_at).is_not(None),
    )
    .limit(1)
    .correlate(Visit)
    .scalar_subquery()
)


async def give_back(caller: Caller, withdrawn: Visit) -> None:
    """Open the visit again that a withdrawn one had ended, or let it last until the pupil's next one began.

    The pupil's row is locked. A seclusion that somebody signed says when it ended: its visit stays ended. So does one
    that began longer ago than any visit lasts.
    """
    taken = (
        select(Visit)
        .where(
            col(Visit.pupil_id) == withdrawn.pupil_id,
            col(Visit.ended_by_visit_id) == withdrawn.id,
            col(Visit.withdrawn_at).is_(None),
        )
        .order_by(col(Visit.started_at).desc(), col(Visit.id).desc())
        .with_for_update(of=Visit)
    )
    # several, if some were reported later that began before: of these the pupil was in the last
    last, *others = [*(await caller.session.execute(taken)).scalars(), None]
    for other in others:
        if other is not None:
            await _change(caller, other, {"ended_by_visit_id": None})
    if last is not None:
        await _reopen(caller, last, withdrawn)


async def _reopen(caller: Caller, visit: Visit, withdrawn: Visit) -> None:
    records = (
        select(RestrictiveIntervention)
        .where(
            col(RestrictiveIntervention.visit_id) == visit.id,
            col(RestrictiveIntervention.ended_by_visit_id) == withdrawn.id,
            col(RestrictiveIntervention.withdrawn_at).is_(None),
        )
        .order_by(col(RestrictiveIntervention.id))
        .with_for_update()
    )
    kept_in = list((await caller.session.execute(records)).scalars())
    if visit.ended_at is None or any(record.signed_at for record in kept_in):
        await _change(caller, visit, {"ended_by_visit_id": None})
        return
    following = await _following(caller, visit, visit.ended_at)
    if following is None and visit.started_at + LONGEST <= clock.now():
        # it cannot be going on still, and nobody knows better when it ended
        await _change(caller, visit, {"ended_by_visit_id": None})
        return
    if following is None:
        usual = (await caller.session.get_one(Space, visit.space_id)).usual_minutes
        holds = held_until(visit.started_at, clock.now(), usual)
        await _change(caller, visit, {"ended_at": None, "ended_by": None, "holds_until": holds})
        ended: dict[str, Any] = {"ended_at": None, "ended_by_visit_id": None}
    else:
        until = min(max(following.started_at, visit.ended_at), visit.started_at + LONGEST)
        ended = {"ended_at": until, "ended_by_visit_id": following.id}
        await _change(caller, visit, {**ended, "holds_until": until})
    for record in kept_in:
        await caller.change(record, ended, record.school_id, resource=RESOURCE, pupil_ids=[record.pupil_id])


async def _following(caller: Caller, visit: Visit, ended_at: datetime) -> Visit | None:
    """The first visit that began since, or one the pupil is still on."""
    statement = (
        select(Visit)
        .where(
            col(Visit.pupil_id) == visit.pupil_id,
            col(Visit.id) != visit.id,
            col(Visit.withdrawn_at).is_(None),
            or_(col(Visit.started_at) >= ended_at, col(Visit.ended_at).is_(None)),
        )
        .order_by(col(Visit.started_at), col(Visit.id))
        .limit(1)
    )
    return (await caller.session.execute(statement)).scalar_one_or_none()


async def _change(caller: Caller, visit: Visit, values: dict[str, Any]) -> None:
    await caller.change(visit, values, visit.school_id, resource="visit", pupil_ids=[visit.pupil_id])
