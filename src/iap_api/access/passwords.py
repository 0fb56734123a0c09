"""Passwords: argon2id off the event loop, and throttles that slow a guesser without telling which accounts exist."""

import asyncio
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Uuid, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from iap_api.access.tables import KnownAddress, Throttle
from iap_api.core.tables import UtcDateTime

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# one hash takes 19 MiB: two at a time keep a small machine alive under a flood of sign-ins
_places = asyncio.Semaphore(2)
_nobody = _hasher.hash("nobody signs in with this")

_FIRST = text(
    "INSERT INTO throttles (digest, failures, since) VALUES (:digest, 0, :since) ON CONFLICT DO NOTHING"
).bindparams(bindparam("since", type_=UtcDateTime()))
_KNOWN = text(
    "INSERT INTO known_addresses (account_id, digest, last_at) VALUES (:account_id, :digest, :last_at)"
    " ON CONFLICT (account_id, digest) DO UPDATE SET last_at = excluded.last_at"
).bindparams(bindparam("account_id", type_=Uuid()), bindparam("last_at", type_=UtcDateTime()))

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
ADDRESS_TRIES = 100
ADDRESS_WINDOW = timedelta(minutes=10)
LATELY = timedelta(days=30)


async def hashed(password: str) -> str:
    """Return the argon2id hash to keep for a password."""
    async with _places:
        return await asyncio.to_thread(_hasher.hash, password)


async def fits(kept: str | None, password: str) -> bool:
    """Say whether a password fits; an absent account costs the same time."""
    async with _places:
        try:
            await asyncio.to_thread(_hasher.verify, kept or _nobody, password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def hashed_now(password: str) -> str:
    """Return the hash for a password without an event loop (seeding, command line)."""
    return _hasher.hash(password)


def digest(secret: bytes, kind: str, value: str) -> bytes:
    """Return the keyed digest under which a user name or an address is counted."""
    return hmac.digest(secret, f"{kind}:{value.lower()}".encode(), hashlib.sha256)


async def wait_for(
    session: AsyncSession, account: bytes, address: bytes, account_id: UUID | None, now: datetime
) -> int:
    """Return for how many seconds a sign-in has to wait: 0 when it may go on.

    An account waits after 5 failures, longer each time, 15 minutes at most. An address waits after 100 failures in
    10 minutes, but never for an account that signed in from there in the last 30 days.
    """
    rows = (await session.execute(select(Throttle).where(Throttle.digest.in_([account, address])))).scalars()  # type: ignore[attr-defined]
    found = {row.digest: row for row in rows}
    wait = 0.0
    if (mine := found.get(account)) and mine.until:
        wait = max(wait, (mine.until - now).total_seconds())
    there = found.get(address)
    if there and there.failures > ADDRESS_TRIES and now - there.since < ADDRESS_WINDOW:
        known = await session.get(KnownAddress, (account_id, address)) if account_id else None
        if known is None or now - known.last_at > LATELY:
            wait = max(wait, (there.since + ADDRESS_WINDOW - now).total_seconds())
    return max(0, int(wait + 0.999))


async def failed(session: AsyncSession, account: bytes, address: bytes, now: datetime) -> None:
    """Count one failure against the user name and the address."""
    for key in sorted((account, address)):
        await session.execute(_FIRST, {"digest": key, "since": now})
        row = (
            await session.execute(select(Throttle).where(Throttle.digest == key).with_for_update())  # type: ignore[arg-type]
        ).scalar_one()
        if key == address and now - row.since >= ADDRESS_WINDOW:
            row.failures, row.since = 0, now
        row.failures += 1
        if key == account and row.failures >= FREE_TRIES:
            row.until = now + min(LONGEST_WAIT, timedelta(seconds=2 ** (row.failures - FREE_TRIES + 1)))
    await session.flush()


async def succeeded(session: AsyncSession, account: bytes, address: bytes, account_id: UUID, now: datetime) -> None:
    """Forget the failures of the user name and remember the address."""
    await session.execute(delete(Throttle).where(Throttle.digest == account))  # type: ignore[arg-type]
    await session.execute(_KNOWN, {"account_id": account_id, "digest": address, "last_at": now})
