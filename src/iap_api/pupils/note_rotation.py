"""Rotation: every therapy note sealed anew with the first key, in batches, beside a server that goes on working."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.core.database import Database
from iap_api.core.sealing import BrokenSeal, SealingKeys, UnknownKey
from iap_api.pupils.note_seals import bound_to
from iap_api.pupils.tables import FormerNoteText, TherapyNote

AT_ONCE = 100
_BEFORE_ALL = UUID(int=0)
_Table = type[TherapyNote] | type[FormerNoteText]
# each table with the column that says which note a text belongs to
TEXTS: tuple[tuple[_Table, Any], ...] = ((TherapyNote, TherapyNote.id), (FormerNoteText, FormerNoteText.note_id))


@dataclass
class Rotated:
    """What a rotation did: texts sealed anew, texts that do not open with any key given, and those left for later."""

    resealed: int = 0
    unreadable: int = 0
    left: int = 0


async def rotate(database: Database, keys: SealingKeys, at_once: int = AT_ONCE) -> Rotated:
    """Seal every text that another key seals with the first one; raises `UnknownKey` when there is no key.

    Each batch is a transaction of its own, so an interruption loses nothing and the next run goes on from there. A
    text is exchanged only if it is still the one that was read: what a therapist corrects meanwhile is never undone.
    """
    if keys.first is None:
        raise UnknownKey()
    done = Rotated()
    for table, note_id in TEXTS:
        after = _BEFORE_ALL
        while rows := await _batch(database, table, note_id, keys.first, after, at_once):
            after = rows[-1].id
            fresh = []
            for row in rows:
                bound = bound_to(row.note_id, row.pupil_id, row.account_id, row.corrections)
                try:
                    text = keys.open(row.key_id, row.sealed, bound)
                except (UnknownKey, BrokenSeal):
                    done.unreadable += 1
                else:
                    fresh.append((row.id, row.sealed, keys.seal(text, bound)))
            done.resealed += await _exchange(database, table, fresh)
    counts = await counted(database)
    done.left = counts.total() - counts[keys.first] - done.unreadable
    return done


async def rotate_all(database: Database, keys: SealingKeys) -> Rotated:
    """Rotate, and let go of the database; for the command line."""
    try:
        return await rotate(database, keys)
    finally:
        await database.close()


async def _batch(
    database: Database, table: _Table, note_id: Any, first: str, after: UUID, at_once: int
) -> Sequence[Any]:
    named = (
        select(
            col(table.id), note_id.label("note_id"), col(table.pupil_id), col(table.account_id),
            col(table.corrections), col(table.sealed), col(table.key_id),
        )
        .where(col(table.key_id) != first, col(table.id) > after)
        .order_by(col(table.id))
        .limit(at_once)
    )  # fmt: skip
    async with database.transaction(read_only=True) as session:
        return (await session.execute(named)).all()


async def _exchange(database: Database, table: _Table, fresh: list[tuple[UUID, bytes, tuple[str, bytes]]]) -> int:
    exchanged = 0
    if fresh:
        async with database.transaction() as session:
            for row_id, before, (key_id, sealed) in fresh:
                same = update(table).where(col(table.id) == row_id, col(table.sealed) == before)
                done = await session.execute(same.values(key_id=key_id, sealed=sealed))
                exchanged += cast(CursorResult[Any], done).rowcount
    return exchanged


async def counted(database: Database) -> Counter[str]:
    """Return how many texts each key seals."""
    async with database.transaction(read_only=True) as session:
        return await count_by_key(session)


async def count_by_key(session: AsyncSession) -> Counter[str]:
    """Return how many texts each key seals, present and former ones."""
    found: Counter[str] = Counter()
    for table, _ in TEXTS:
        for key_id, many in await session.execute(select(col(table.key_id), func.count()).group_by(col(table.key_id))):
            found[key_id] += many
    return found


async def wrong_keys(session: AsyncSession, keys: SealingKeys) -> list[str]:
    """Return the ids of keys that do not open the newest note sealed under their id: another key, or a changed note."""
    found = []
    for key_id in await count_by_key(session):
        newest = select(TherapyNote).where(col(TherapyNote.key_id) == key_id).order_by(col(TherapyNote.id).desc())
        note = (await session.execute(newest.limit(1))).scalar_one_or_none()
        if note is not None and key_id in keys:
            try:
                keys.open(key_id, note.sealed, bound_to(note.id, note.pupil_id, note.account_id, note.corrections))
            except BrokenSeal:
                found.append(key_id)
    return found
