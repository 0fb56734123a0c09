"""Jobs: work for later as rows, leased to one worker at a time, on both databases."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, col

from iap_api.core import clock
from iap_api.core.tables import Identified, UtcDateTime

LEASE = timedelta(minutes=5)
MOST_TRIES = 8


class Job(Identified, table=True):
    """One piece of work: what, with which ids (never personal values), when, and who has it now."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("unique_key"),
        Index(
            "ix_jobs_waiting", "run_at", postgresql_where=text("done_at IS NULL"), sqlite_where=text("done_at IS NULL")
        ),
    )
    kind: str
    payload: str = "{}"
    unique_key: str | None = None
    run_at: datetime = Field(sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failure: str | None = None


async def put(
    session: AsyncSession, kind: str, payload: dict[str, Any] | None = None, *, run_at: datetime | None = None,
    unique_key: str | None = None,
) -> None:  # fmt: skip
    """Put a job into the queue in the caller's transaction; with a `unique_key` that waits already, do nothing."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    job = Job(kind=kind, payload=json.dumps(payload or {}), run_at=run_at or clock.now(), unique_key=unique_key)
    await connection.execute(insert(Job).values(job.model_dump()).on_conflict_do_nothing(index_elements=["unique_key"]))


async def take(session: AsyncSession) -> Job | None:
    """Lease the next job that is due, or one whose worker went silent; None when there is nothing to do."""
    now = clock.now()
    due = (
        select(Job)
        .where(
            col(Job.done_at).is_(None),
            col(Job.failed_at).is_(None),
            col(Job.run_at) <= now,
            or_(col(Job.leased_until).is_(None), col(Job.leased_until) < now),
        )
        .order_by(col(Job.run_at), col(Job.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    job = (await session.execute(due)).scalar_one_or_none()
    if job is not None:
        job.leased_until = now + LEASE
        job.tries += 1
        await session.flush()
    return job


async def finish(session: AsyncSession, job_id: UUID, tries: int, *, failure: str | None = None) -> bool:
    """Mark a job as done, or put it back with a growing wait; False, and no change, if the lease was taken over.

    The unique key is free again once the job is done or given up, not while it waits for another try.
    """
    job = (await session.execute(select(Job).where(col(Job.id) == job_id).with_for_update())).scalar_one()
    if job.tries != tries or job.done_at is not None:
        return False
    job.leased_until = None
    if failure is None:
        job.done_at, job.unique_key = clock.now(), None
    elif tries >= MOST_TRIES:
        job.failed_at, job.failure, job.unique_key = clock.now(), failure[:200], None
    else:
        job.run_at, job.failure = clock.now() + timedelta(seconds=2**tries), failure[:200]
    await session.flush()
    return True
