"""What is looked at every minute: open visits keep their place, and what was forgotten becomes an event, once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access import ledger
from iap_api.core import clock, jobs
from iap_api.spaces.tables import Space
from iap_api.spaces.visits.completing import RESOURCE, missing
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_tables import Visit
from iap_api.spaces.visits.visiting import held_until

WATCH = "watch_visits"
EVERY = timedelta(minutes=1)


async def watch(session: AsyncSession, payload: dict[str, Any]) -> None:
    """Let open visits keep their spaces, and note those left open too long and the records overdue; every minute.

    Whatever somebody is changing at this moment is skipped until the next minute, so nobody waits for us.
    """
    left_open_minutes = int(payload["left_open_minutes"])
    entries = [*await _visits(session, timedelta(minutes=left_open_minutes)), *await _overdue(session)]
    await jobs.put(session, WATCH, payload, run_at=clock.now() + EVERY, unique_key=WATCH)
    await session.flush()
    if entries:
        await ledger.write(session, entries)


async def _visits(session: AsyncSession, left_open: timedelta) -> list[dict[str, Any]]:
    now = clock.now()
    still_open = (
        select(Visit, col(Space.usual_minutes))
        .join(Space, col(Space.id) == Visit.space_id)
        .where(col(Visit.ended_at).is_(None))
        .order_by(col(Visit.id))
        .with_for_update(of=Visit, skip_locked=True, key_share=True)
    )
    entries = []
    for visit, usual_minutes in await session.execute(still_open):
        # no new version: nobody who is about to end the visit has an old one because of us
        visit.holds_until = held_until(visit.started_at, now, usual_minutes)
        if visit.left_open_at is None and now - visit.started_at > left_open:
            visit.left_open_at = now
            entries.append(_event("visit.left_open", "visit", visit))
    return entries


async def _overdue(session: AsyncSession) -> list[dict[str, Any]]:
    now = clock.now()
    due = (
        select(RestrictiveIntervention)
        .where(
            col(RestrictiveIntervention.signed_at).is_(None),
            col(RestrictiveIntervention.overdue_at).is_(None),
            col(RestrictiveIntervention.withdrawn_at).is_(None),
            col(RestrictiveIntervention.due_at) <= now,
        )
        .order_by(col(RestrictiveIntervention.id))
        .with_for_update(skip_locked=True, key_share=True)
    )
    entries = []
    for record in (await session.execute(due)).scalars():
        if missing(record.model_dump()):
            record.overdue_at = now
            entries.append(_event("restrictive_intervention.overdue", RESOURCE, record))
    return entries


def _event(kind: str, resource: str, row: Visit | RestrictiveIntervention) -> dict[str, Any]:
    return ledger.entry(row.school_id, kind, resource, account_id=None, resource_id=row.id, pupil_ids=[row.pupil_id])
