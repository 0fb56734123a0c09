"""Erases one pupil, or some classes of one pupil's records, along the schema walk: children first, all or nothing.

The ledger stays: it names the pupil by id only, so its chain still verifies. A whole pupil leaves a tombstone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import LargeBinary, Uuid, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from sqlmodel.sql.sqltypes import AutoString

from iap_api.access import ledger
from iap_api.access.tables import FormerValue
from iap_api.core import clock
from iap_api.core.errors import Problem
from iap_api.core.refusals import refuse
from iap_api.core.tables import Ids
from iap_api.pupils.tables import Pupil, Registration
from iap_api.records.plan import check_every_table_is_known, erasable
from iap_api.records.schedule import class_of
from iap_api.records.tables import ErasedPupil, Erasing, LegalHold
from iap_api.records.walk import About


class PupilHeld(Problem):
    status, kind, title = 409, "pupil-held", "A legal hold stands"
    advice = "Nothing about a pupil under a legal hold is erased: end the hold first, if its reason is gone."


class ErasingNotApproved(Problem):
    status, kind, title = 409, "erasing-not-approved", "Nobody approved this"
    advice = "Make a retention run and let two people approve it."


refuse("pupil-held", PupilHeld)
refuse("erasing-not-approved", ErasingNotApproved)


class Order(NamedTuple):
    """Whose record goes, by which run and by whom; `classes` None: the whole pupil."""

    pupil_id: UUID
    run_id: UUID
    why: str
    account_id: UUID | None
    classes: frozenset[str] | None = None


async def erase(session: AsyncSession, order: Order) -> bool:
    """Erase what the order says, in the caller's transaction; False if the pupil is gone already.

    The transaction must not be fenced to some schools: what it cannot see would stay. Raises `PupilHeld` under a
    legal hold, and `ErasingNotApproved` (the database's own refusal) unless an approved run names the pupil or the
    pupil was erased before.
    """
    await check_every_table_is_known(session)
    pupil_id = order.pupil_id
    # whoever places a hold locks this row first, and so waits for us or is seen by us
    found = await session.execute(select(col(Pupil.school_id)).where(col(Pupil.id) == pupil_id).with_for_update())
    school_id = found.scalar_one_or_none()
    if school_id is None:
        return False
    if await is_held(session, pupil_id):
        raise PupilHeld()
    registered = select(col(Registration.school_id)).where(col(Registration.pupil_id) == pupil_id)
    schools = {school_id, *(await session.execute(registered)).scalars()}
    await session.execute(insert(Erasing).values(pupil_id=pupil_id, school_id=school_id, run_id=order.run_id))
    tables = [one for one in erasable() if order.classes is None or class_of(one) in order.classes or one.records]
    await _forget_former(session, tables, pupil_id)
    for about in reversed(tables):
        if _names_others(about):
            await _take_out(session, about, pupil_id)
        elif not about.records:
            await session.execute(delete(about.table).where(about.holds(pupil_id)))
    if order.classes is None:
        await _leave_tombstone(session, order, school_id)
    await session.execute(delete(Erasing).where(col(Erasing.pupil_id) == pupil_id))
    kind = "pupil.erased" if order.classes is None else "pupil.partly_erased"
    await ledger.write(
        session,
        [
            ledger.entry(
                one, kind, "pupil", account_id=order.account_id, resource_id=pupil_id, pupil_ids=[pupil_id],
                fields=order.classes or (), permission="retention_approve",
            )
            for one in sorted(schools)
        ],
    )  # fmt: skip
    return True


async def is_held(session: AsyncSession, pupil_id: UUID) -> bool:
    """Say whether a legal hold stands over a pupil."""
    hold = select(col(LegalHold.id)).where(col(LegalHold.pupil_id) == pupil_id, col(LegalHold.ended_at).is_(None))
    return (await session.execute(hold.limit(1))).first() is not None


def _names_others(about: About) -> bool:
    """Whether a row may be about other pupils too, so that it stays and only forgets this one."""
    listed = any(isinstance(column.type, Ids | LargeBinary) for column in about.columns)
    return listed or (about.shared and bool(about.parents))


async def _take_out(session: AsyncSession, about: About, pupil_id: UUID) -> None:
    """Take a pupil out of the lists of rows that stay, and blank their free text: it may name anybody."""
    table = about.table
    lists = [column for column in about.columns if isinstance(column.type, Ids)]
    keys = list(table.primary_key.columns)
    blank = {column.name: None for column in table.columns if column.nullable and isinstance(column.type, AutoString)}
    if not lists and not blank:
        return
    for row in (await session.execute(select(*keys, *lists).where(about.holds(pupil_id)))).all():
        values: dict[str, Any] = dict(blank)
        for at, column in enumerate(lists, len(keys)):
            values[column.name] = [one for one in row[at] or () if one != pupil_id]
        if "version" in table.columns:
            values["version"] = table.c.version + 1
        same = [key == value for key, value in zip(keys, row[: len(keys)], strict=True)]
        await session.execute(update(table).where(*same).values(values))


async def _forget_former(session: AsyncSession, tables: Sequence[About], pupil_id: UUID) -> None:
    """Delete former values and kept keys of rows that go, and take the pupil out of those of rows that stay."""
    with_ids = [one for one in tables if "id" in one.table.c and isinstance(one.table.c.id.type, Uuid)]
    going = tuple(one for one in with_ids if not _names_others(one))
    for about in tables:
        if about.records and going:
            await session.execute(delete(about.table).where(replace(about, records=going).holds(pupil_id)))
    for about in with_ids:
        if _names_others(about):
            await _forget_shared(session, about, pupil_id)


async def _forget_shared(session: AsyncSession, about: About, pupil_id: UUID) -> None:
    texts = {column.name for column in about.table.columns if column.nullable and isinstance(column.type, AutoString)}
    of_rows = select(about.table.c.id).where(about.holds(pupil_id))
    # a row that lost the pupil before now is found by what it was
    was = col(FormerValue.values).contains(str(pupil_id), autoescape=True)
    query = select(col(FormerValue.id), col(FormerValue.values)).where(col(FormerValue.resource_id).in_(of_rows) | was)
    for row_id, values in ((row[0], row[1]) for row in await session.execute(query)):
        kept = {
            name: [one for one in value if one != str(pupil_id)] if isinstance(value, list) else value
            for name, value in msgspec.json.decode(values).items()
            if name not in texts
        }
        same = col(FormerValue.id) == row_id
        if kept:
            amended = msgspec.json.encode(kept).decode()
            await session.execute(update(FormerValue).where(same).values(values=amended))
        else:
            await session.execute(delete(FormerValue).where(same))


async def _leave_tombstone(session: AsyncSession, order: Order, school_id: UUID) -> None:
    there = select(col(ErasedPupil.pupil_id)).where(col(ErasedPupil.pupil_id) == order.pupil_id)
    if (await session.execute(there)).first() is None:
        await session.execute(
            insert(ErasedPupil).values(
                pupil_id=order.pupil_id, school_id=school_id, erased_at=clock.now(), why=order.why, run_id=order.run_id
            )
        )


async def alive(session: AsyncSession, pupil_ids: Iterable[UUID]) -> list[UUID]:
    """Return those of some pupils that there is a record of."""
    wanted = list(pupil_ids)
    found = await session.execute(select(col(Pupil.id)).where(col(Pupil.id).in_(wanted)).order_by(col(Pupil.id)))
    return list(found.scalars())
