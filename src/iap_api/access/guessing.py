"""What slows down whoever guesses the codes of invitations: refused codes are counted by the address they come from."""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from iap_api.access.passwords import ADDRESS_TRIES, ADDRESS_WINDOW, digest
from iap_api.core.tables import UtcDateTime

# writing what stands there locks the row: of many codes sent at once no more are answered than of as many in turn
_HELD = (
    text(
        "INSERT INTO throttles (digest, failures, since) VALUES (:digest, 0, :now)"
        " ON CONFLICT (digest) DO UPDATE SET failures = CASE WHEN throttles.since > :window THEN throttles.failures"
        " ELSE 0 END, since = CASE WHEN throttles.since > :window THEN throttles.since ELSE excluded.since END"
        " RETURNING failures, since"
    )
    .bindparams(
        bindparam("digest", type_=LargeBinary()),
        bindparam("now", type_=UtcDateTime()),
        bindparam("window", type_=UtcDateTime()),
    )
    .columns(since=UtcDateTime())
)
_COUNTED = text("UPDATE throttles SET failures = failures + 1 WHERE digest = :digest").bindparams(
    bindparam("digest", type_=LargeBinary())
)


def guesser(secret: bytes, address: str) -> bytes:
    """Return the keyed digest under which an address is counted here: apart from passwords, so neither locks out."""
    return digest(secret, "guesser", address)


async def hold(session: AsyncSession, key: bytes, now: datetime) -> int:
    """Lock the count of an address for this transaction and return how many seconds it has to wait.

    An address waits after 100 refused codes in 10 minutes; a code has 192 random bits, so this is for the log's sake.
    """
    given: dict[str, Any] = {"digest": key, "now": now, "window": now - ADDRESS_WINDOW}
    failures, since = (await session.execute(_HELD, given)).one()
    if failures < ADDRESS_TRIES:
        return 0
    return max(1, int((since + ADDRESS_WINDOW - now).total_seconds() + 0.999))


async def refused(session: AsyncSession, key: bytes) -> None:
    """Count one refused code; its row is there and locked."""
    await session.execute(_COUNTED, {"digest": key})
