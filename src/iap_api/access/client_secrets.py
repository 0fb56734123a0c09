"""Secrets of clients: made here, kept as digests, two at most live at once, and compared in constant time."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.tables import Client, ClientSecret, SignIn
from iap_api.core import clock
from iap_api.core.tables import new_id

LIVE_AT_ONCE = 2


def digest(secret: str) -> bytes:
    """Return what is kept of a secret: it has 256 random bits, so nothing is guessed and no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def made(client_id: UUID) -> tuple[ClientSecret, str]:
    """Return a fresh secret's row, and the secret itself, which nothing keeps."""
    secret = secrets.token_urlsafe(32)
    return ClientSecret(id=new_id(), client_id=client_id, digest=digest(secret), created_at=clock.now()), secret


async def live(session: AsyncSession, client_id: UUID) -> Sequence[ClientSecret]:
    """Return the secrets that are good now, the older first."""
    not_over = or_(col(ClientSecret.expires_at).is_(None), col(ClientSecret.expires_at) > clock.now())
    wanted = select(ClientSecret).where(col(ClientSecret.client_id) == client_id, not_over)
    return (await session.execute(wanted.order_by(col(ClientSecret.id)))).scalars().all()


async def end(session: AsyncSession, secret: ClientSecret, now: datetime) -> None:
    """End a secret, and every sign-in that was made with it."""
    secret.expires_at = now
    # the secret's row first: a sign-in that is just using it holds that row, and is ended with the others
    await session.flush()
    await session.execute(
        update(SignIn)
        .where(col(SignIn.secret_id) == secret.id, col(SignIn.ended_at).is_(None))
        .values(ended_at=now, ended_why="secret ended")
    )


async def fitting(session: AsyncSession, account_id: UUID, sent: str, now: datetime) -> tuple[Client, UUID] | None:
    """Return the client and the secret that fits, noted as used now; None when none fits, or the client is over."""
    client = await session.get(Client, account_id)
    if client is None or client.revoked_at is not None or client.ends_on < clock.today():
        return None
    kept = digest(sent)
    for secret in await live(session, account_id):
        if hmac.compare_digest(secret.digest, kept):
            used = update(ClientSecret).where(
                col(ClientSecret.id) == secret.id,
                or_(col(ClientSecret.expires_at).is_(None), col(ClientSecret.expires_at) > now),
            )
            found = await session.execute(used.values(last_used_at=now).returning(col(ClientSecret.id)))
            # dropped by an administrator in the same moment: that moment counts
            return (client, secret.id) if found.scalar_one_or_none() else None
    return None
