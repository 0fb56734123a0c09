"""Opens a sign-in for an account that has proved who it is, and answers with its tokens."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from iap_api.access import ledger
from iap_api.access.places import chain_of
from iap_api.access.tables import Account, Place, SignIn
from iap_api.access.token_form import answer
from iap_api.access.tokens import issue
from iap_api.core import clock
from iap_api.core.tables import new_id


async def begin(
    request: Request,
    session: AsyncSession,
    account: Account,
    *,
    secret_id: UUID | None = None,
    keep_alive: bool = True,
    **more: str,
) -> Response:
    """Open a sign-in and return its tokens.

    `secret_id`: the secret with which a client came; `keep_alive` gives a person a refresh token; `more` joins the
    answer.
    """
    app = request.app.state
    now = clock.now()
    refresh = secrets.token_urlsafe(32) if account.kind == "person" and keep_alive else None
    kept_for = timedelta(days=app.settings.refresh_token_days)
    if refresh is None:
        kept_for = timedelta(seconds=app.settings.access_token_seconds)
    opened = SignIn(
        id=new_id(), account_id=account.id, started_at=now, expires_at=now + kept_for,
        refresh_digest=hashlib.sha256(refresh.encode()).digest() if refresh else None, secret_id=secret_id,
    )  # fmt: skip
    session.add(opened)
    await session.flush()
    await note(session, account, "account.signed_in")
    return tokens(app, account.id, opened.id, account.kind, f"{opened.id}.{refresh}" if refresh else None, **more)


async def note(session: AsyncSession, account: Account, kind: str) -> None:
    """Write into the ledger what happened to the sign-ins of an account."""
    chain = chain_of(await session.get_one(Place, account.place_id))
    entry = ledger.entry(chain, kind, "account", account_id=account.id, resource_id=account.id)
    await ledger.write(session, [entry])


def tokens(app: Any, account_id: UUID, sign_in_id: UUID, kind: Any, refresh: str | None, **more: str) -> Response:
    """Return the answer with a fresh access token for an open sign-in."""
    token = issue(
        app.keys,
        app.profile,
        account_id=account_id,
        sign_in_id=sign_in_id,
        kind=kind,
        now=clock.now().timestamp(),
    )
    return granted(app, token, refresh, "api", **more)


def granted(app: Any, token: str, refresh: str | None, scope: str, **more: str) -> Response:
    """Return the answer that carries an access token."""
    return answer(
        {
            "access_token": token,
            **more,
            "token_type": "Bearer",
            "expires_in": app.profile.lifetime_seconds,
            "refresh_token": refresh,
            "scope": scope,
        }
    )
