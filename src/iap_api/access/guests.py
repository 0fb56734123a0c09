"""Guests: the code of an invitation becomes a short-lived token that opens exactly what the invitation is for."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request

from iap_api.access import guessing, ledger
from iap_api.access.addresses import client_address, counted_as
from iap_api.access.caller import Caller
from iap_api.access.tables import Guest, LedgerEntry
from iap_api.access.tokens import GUEST_SCOPE, issue
from iap_api.core import clock
from iap_api.core.log import log
from iap_api.core.tables import new_id

GRANT = "urn:iap:params:oauth:grant-type:invitation"
CODE_BYTES = 24
_NOBODY = UUID(int=0)
_COLUMNS = [column for column in LedgerEntry.__table__.columns if column.name not in ("number", "digest")]  # type: ignore[attr-defined]
# the entry is written, or not, by one and the same statement: a code that nobody has costs what a spent one costs
_NOTED = insert(LedgerEntry).from_select(
    [column.name for column in _COLUMNS],
    select(*(bindparam(column.name, type_=column.type) for column in _COLUMNS)).where(
        bindparam("known", type_=Boolean())
    ),
)


def new_code() -> tuple[str, bytes]:
    """Return a fresh code (192 random bits) and the digest that is kept instead of it."""
    code = secrets.token_urlsafe(CODE_BYTES)
    return code, digest_of(code)


def digest_of(code: str) -> bytes:
    """Return what is kept of a code; it is long and random, so a plain digest cannot be turned back."""
    return hashlib.sha256(code.encode()).digest()


async def redeem(request: Request, code: str) -> tuple[str | None, int]:
    """Return the access token for an invitation's code, and for how many seconds the address has to wait.

    Neither a token nor a wait: unknown, expired, used and withdrawn codes are told in the same words, after the same
    statements. A code that was refused is logged, and stands in the ledger where it was an invitation's.
    """
    app = request.app.state
    key = guessing.guesser(app.digest_key, counted_as(client_address(request, app.settings.trusted_proxies)))
    request_id = str(request.scope["state"]["request_id"])
    now = clock.now()
    async with app.database.transaction() as session:
        if wait := await guessing.hold(session, key, now):
            return None, wait
        digest = digest_of(code)
        guest = (
            await session.execute(select(Guest).where(col(Guest.code_digest) == digest).with_for_update())
        ).scalar_one_or_none()
        fits = hmac.compare_digest(guest.code_digest if guest else bytes(len(digest)), digest)
        why = _closed(guest, now) if guest and fits else "unknown"
        if guest is None or why:
            await guessing.refused(session, key)
            await _note(session, guest, "invitation.refused", request_id)
            log.warning("invitation_refused", reason=why, request_id=request_id)
            return None, 0
        guest.opened_at = guest.opened_at or now
        await session.flush()
        await _note(session, guest, "invitation.opened", request_id)
        token = issue(
            app.keys, app.profile, account_id=guest.id, sign_in_id=guest.session_id, kind="guest", scope=GUEST_SCOPE,
            now=now.timestamp(),
        )  # fmt: skip
        return token, 0


def _closed(guest: Guest, now: datetime) -> str:
    if guest.withdrawn_at is not None:
        return "withdrawn"
    if guest.used_at is not None:
        return "used"
    return "" if guest.expires_at > now else "expired"


async def _note(session: AsyncSession, guest: Guest | None, kind: str, request_id: str) -> None:
    there = guest.id if guest else _NOBODY
    entry: dict[str, Any] = ledger.entry(
        guest.school_id if guest else _NOBODY, kind, "invitation", account_id=there, resource_id=there,
        pupil_ids=[guest.pupil_id if guest else _NOBODY], request_id=request_id,
    )  # fmt: skip
    connection = await session.connection()
    await connection.execute(_NOTED, {**entry, "known": guest is not None})


async def end_session(caller: Caller) -> None:
    """End every token of the guest who asks; the code opens the invitation again while it is unused."""
    guest = await caller.session.get_one(Guest, caller.account_id)
    guest.session_id = new_id()
    await caller.session.flush()
    caller.event("invitation.closed", "invitation", guest.school_id, resource_id=guest.id, pupil_ids=[guest.pupil_id])


async def use(caller: Caller, now: datetime) -> bool:
    """Spend the caller's invitation if it is still good: of two who try at once, one does. Says whether it was."""
    spent = (
        update(Guest)
        .where(
            col(Guest.id) == caller.account_id, col(Guest.session_id) == caller.sign_in_id,
            col(Guest.used_at).is_(None), col(Guest.withdrawn_at).is_(None), col(Guest.expires_at) > now,
        )
        .values(used_at=now, version=Guest.version + 1, updated_at=now)
        .returning(col(Guest.id))
    )  # fmt: skip
    return (await caller.session.execute(spent)).one_or_none() is not None
