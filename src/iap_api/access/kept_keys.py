"""The kept keys of creating requests: what was made by one key, or under an id of the client's own, is made once."""

import hashlib
import hmac
from uuid import UUID

from sqlalchemy import LargeBinary, String, Uuid, bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.tables import KeptKey
from iap_api.core import clock
from iap_api.core.errors import IdTaken, KeyReused, StillRunning
from iap_api.core.tables import new_id

_TWIN = text("SELECT pg_try_advisory_xact_lock(:lock)")
_KEPT = select(col(KeptKey.body), col(KeptKey.resource_id)).where(
    col(KeptKey.account_id) == bindparam("b_account", type_=Uuid()),
    col(KeptKey.operation) == bindparam("b_operation", type_=String()),
    col(KeptKey.key) == bindparam("b_key", type_=LargeBinary()),
)


async def once(
    session: AsyncSession, dialect: str, account_id: UUID, operation: str, digest: bytes, *, key: str,
    chosen_id: UUID | None,
) -> tuple[UUID, bool]:  # fmt: skip
    """Return the id for what a request makes, and whether it is still to be made; see `Caller.once`.

    Raises `KeyReused` or `IdTaken` for another body (`digest`) and `StillRunning` while a twin has not ended.
    """
    kept_key = chosen_id.bytes if chosen_id else hashlib.sha256(key.encode()).digest()
    if dialect == "postgresql":
        lock = hashlib.sha256(account_id.bytes + operation.encode() + kept_key).digest()[:8]
        if not (await session.execute(_TWIN, {"lock": int.from_bytes(lock, signed=True)})).scalar_one():
            raise StillRunning()
    named = {"b_account": account_id, "b_operation": operation, "b_key": kept_key}
    found = (await session.execute(_KEPT, named)).one_or_none()
    if found:
        if not hmac.compare_digest(found[0], digest):
            raise IdTaken() if chosen_id else KeyReused()
        return found[1], False
    made = chosen_id or new_id()
    await session.execute(
        insert(KeptKey).values(
            account_id=account_id, operation=operation, key=kept_key, body=digest, resource_id=made,
            kept_at=clock.now(),
        )
    )  # fmt: skip
    return made, True
