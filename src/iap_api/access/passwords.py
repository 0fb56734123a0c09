"""Passwords: argon2id off the event loop, and throttles that tell nobody which accounts exist."""

import asyncio
import hashlib
import hmac
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Uuid, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

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
# failures of long ago say nothing about who is typing now
FORGOTTEN = timedelta(days=1)

SHORTEST = 12
# the commonest passwords that are long enough, and the one that our own documentation shows
WORST = {
    "123456789012", "1234567890123", "12345678901234", "123456789abc", "1234567890ab", "098765432109",
    "112233445566", "111222333444", "password1234", "password12345", "password123456", "passwordpassword",
    "mypassword123", "password2024", "password2025", "password2026", "qwertyuiop12", "qwertyuiop123",
    "qwertyuiopas", "qwerty123456", "qwertyqwerty", "1q2w3e4r5t6y", "1qaz2wsx3edc", "q1w2e3r4t5y6",
    "abcdefghijkl", "abcdefghijklm", "abcd12345678", "abc123456789", "abc123abc123", "iloveyou1234",
    "letmeinletmein", "welcome12345", "welcome123456", "changeme1234", "changemechangeme", "administrator",
    "administrator1", "admin1234567", "admin123456789", "secret123456", "teacher12345", "teacher123456",
    "school123456", "schoolschool", "primaryschool", "demo-bubble-2026",
}  # fmt: skip


def _written(password: str) -> bytes:
    # one device sends é as one character, another as two (NIST SP 800-63B, 3.1.1.2)
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def unfit(password: str, username: str) -> str | None:
    """Return why a password may not be chosen, or None.

    NIST SP 800-63B, 3.1.1.2: long enough, none of the worst ones, not the user name; no rules of composition.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < SHORTEST:
        return f"must have at least {SHORTEST} characters"
    local = username.partition("@")[0].casefold()
    if username.casefold() in plain or (len(local) >= 5 and local in plain):
        return "must not hold the user name"
    if plain in WORST or len(set(plain)) < 4:
        return "is among the first that a guesser tries: choose another, three words in a row for example"
    return None


async def hashed(password: str) -> str:
    """Return the argon2id hash to keep for a password."""
    async with _places:
        return await asyncio.to_thread(_hasher.hash, _written(password))


async def fits(kept: str | None, password: str) -> bool:
    """Say whether a password fits; an absent account costs the same time."""
    async with _places:
        try:
            await asyncio.to_thread(_hasher.verify, kept or _nobody, _written(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def hashed_now(password: str) -> str:
    """Return the hash for a password without an event loop (seeding, command line)."""
    return _hasher.hash(_written(password))


def digest(secret: bytes, kind: str, value: str) -> bytes:
    """Return the keyed digest under which a user name or an address is counted."""
    return hmac.digest(secret, f"{kind}:{value.lower()}".encode(), hashlib.sha256)


async def wait_for(
    session: AsyncSession, account: bytes, address: bytes, account_id: UUID | None, now: datetime
) -> int:
    """Return for how many seconds a sign-in has to wait: 0 when it may go on.

    An account waits after 5 failures, longer each time, 15 minutes at most. An address waits after 100
    failures in 10 minutes, but never for an account that signed in from there in the last 30 days.
    """
    rows = (await session.execute(select(Throttle).where(col(Throttle.digest).in_([account, address])))).scalars()
    found = {row.digest: row for row in rows}
    wait = 0.0
    if (mine := found.get(account)) and mine.until:
        wait = max(wait, (mine.until - now).total_seconds())
    there = found.get(address)
    if there and there.failures >= ADDRESS_TRIES and now - there.since < ADDRESS_WINDOW:
        known = await session.get(KnownAddress, (account_id, address)) if account_id else None
        if known is None or now - known.last_at > LATELY:
            wait = max(wait, (there.since + ADDRESS_WINDOW - now).total_seconds())
    return max(0, int(wait + 0.999))


async def hold(session: AsyncSession, account: bytes, address: bytes, account_id: UUID | None, now: datetime) -> int:
    """Lock the count of a user name for this transaction and return how many seconds a sign-in has to wait.

    Asked after the password was compared, before anything is told: of many tries sent at once, no more get an
    answer than of tries sent one after another.
    """
    await session.execute(_FIRST, {"digest": account, "since": now})
    await session.execute(select(col(Throttle.digest)).where(col(Throttle.digest) == account).with_for_update())
    return await wait_for(session, account, address, account_id, now)


async def failed(session: AsyncSession, account: bytes, address: bytes, now: datetime) -> None:
    """Count one failure against the user name and the address, in this order: every writer locks alike."""
    for key in (account, address):
        await session.execute(_FIRST, {"digest": key, "since": now})
        wanted = select(Throttle).where(col(Throttle.digest) == key).with_for_update()
        row = (await session.execute(wanted.execution_options(populate_existing=True))).scalar_one()
        if key == address and now - row.since >= ADDRESS_WINDOW:
            row.failures, row.since = 0, now
        if key == account and row.until and now - row.until > FORGOTTEN:
            row.failures, row.since, row.until = 0, now, None
        row.failures += 1
        if key == account and row.failures >= FREE_TRIES:
            # the power is bounded before it is taken: after 50 failures it would not fit a timedelta
            row.until = now + min(LONGEST_WAIT, timedelta(seconds=2 ** min(row.failures - FREE_TRIES + 1, 20)))
        await session.flush()


async def succeeded(session: AsyncSession, account: bytes, address: bytes, account_id: UUID, now: datetime) -> None:
    """Forget the failures of the user name and remember the address."""
    # emptied, not deleted: a failure that waits for this row's lock must find the row
    await session.execute(
        update(Throttle).where(col(Throttle.digest) == account).values(failures=0, since=now, until=None)
    )
    await session.execute(_KNOWN, {"account_id": account_id, "digest": address, "last_at": now})
