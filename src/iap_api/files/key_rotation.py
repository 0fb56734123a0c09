"""Rotation: the key of every file sealed anew with the first key, in batches; the bytes in the store stay."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlmodel import col

from iap_api.core.database import Database
from iap_api.core.sealing import BrokenSeal, SealingKeys, UnknownKey
from iap_api.files.keeping import bound_to
from iap_api.files.tables import StoredFile

AT_ONCE = 200


@dataclass
class Rotated:
    """What a rotation did: files sealed anew, and files that no key given opens."""

    resealed: int = 0
    unreadable: int = 0


async def rotate(database: Database, keys: SealingKeys, at_once: int = AT_ONCE) -> Rotated:
    """Seal the key of every file that another key seals with the first one.

    Each batch is a transaction of its own, so an interruption loses nothing and the next run goes on from there.
    """
    done, after = Rotated(), UUID(int=0)
    while True:
        async with database.transaction() as session:
            batch = (
                select(StoredFile)
                .where(col(StoredFile.key_id) != keys.first, col(StoredFile.id) > after)
                .order_by(col(StoredFile.id))
                .limit(at_once)
            )
            rows = (await session.execute(batch)).scalars().all()
            if not rows:
                return done
            after = rows[-1].id
            for row in rows:
                bound = bound_to(row.id, row.school_id)
                try:
                    key_id, sealed = keys.seal(keys.open(row.key_id, row.sealed_key, bound), bound)
                except (UnknownKey, BrokenSeal):
                    done.unreadable += 1
                    continue
                same = update(StoredFile).where(col(StoredFile.id) == row.id, col(StoredFile.key_id) == row.key_id)
                changed = await session.execute(same.values(key_id=key_id, sealed_key=sealed))
                done.resealed += cast(CursorResult[Any], changed).rowcount
