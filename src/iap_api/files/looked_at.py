"""What the doctor asks of the files: can the store be written and read, are all keys there, are the newest bytes."""

import secrets
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.core.sealing import SealingKeys
from iap_api.files.keeping import Files, FileUnreadable
from iap_api.files.store import NotInStore, Store, StoreAway
from iap_api.files.tables import StoredFile

LOOKED_AT = 20


async def store_works(store: Store) -> bool:
    """Say whether something can be put into the store, read from it and deleted again."""
    # as any other name: whatever breaks off here is swept like what breaks off elsewhere
    name, given = secrets.token_hex(32), secrets.token_bytes(64)
    try:
        await store.put(name, given)
        read = b"".join([some async for some in store.read(name)])
        await store.delete(name)
    except (StoreAway, NotInStore):
        return False
    return read == given


async def count_by_key(session: AsyncSession) -> Counter[str]:
    """Return how many files each key seals."""
    every = await session.execute(select(col(StoredFile.key_id), func.count()).group_by(col(StoredFile.key_id)))
    return Counter({row[0]: row[1] for row in every})


async def count_without_key(session: AsyncSession, keys: SealingKeys) -> int:
    """Return how many files are sealed with a key that is not among these."""
    return sum(many for key_id, many in (await count_by_key(session)).items() if key_id not in keys)


async def count_unreadable(session: AsyncSession, files: Files) -> int:
    """Return how many of the newest files do not open: their bytes are missing or altered."""
    newest = select(StoredFile).order_by(col(StoredFile.id).desc()).limit(LOOKED_AT)
    found = 0
    for file in (await session.execute(newest)).scalars():
        if file.key_id not in files.keys:
            continue
        try:
            async for _ in files.read(file):
                pass
        except FileUnreadable:
            found += 1
    return found
