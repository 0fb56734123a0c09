"""Sign-in kept alive: a refresh token is changed for a new one, and one used twice ends the sign-in (RFC 9700)."""

import hashlib
import re
import secrets
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from iap_api.access.opened_sign_ins import note, tokens
from iap_api.access.tables import Account, SignIn
from iap_api.access.token_form import Refused
from iap_api.core import clock
from iap_api.core.log import log

# what token_urlsafe(32) makes
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


async def with_refresh_token(request: Request, fields: dict[str, str]) -> Response:
    """Return new tokens for an open sign-in; raises `Refused`."""
    app = request.app.state
    now = clock.now()
    name, _, secret = fields.get("refresh_token", "").partition(".")
    try:
        sign_in_id = UUID(name)
    except ValueError:
        raise Refused("invalid_grant") from None
    # junk behind a known id is no copy of a token, and ends nobody's sign-in
    if not _SECRET.fullmatch(secret):
        raise Refused("invalid_grant")
    async with app.database.transaction() as session:
        opened = (
            await session.execute(select(SignIn).where(SignIn.id == sign_in_id).with_for_update())  # type: ignore[arg-type]
        ).scalar_one_or_none()
        if opened and opened.ended_at is None and opened.refresh_digest is not None and opened.expires_at > now:
            account = await session.get(Account, opened.account_id)
            if account is not None and account.disabled_at is None:
                sent = hashlib.sha256(secret.encode()).digest()
                if secrets.compare_digest(sent, opened.refresh_digest):
                    fresh = secrets.token_urlsafe(32)
                    opened.refresh_digest = hashlib.sha256(fresh.encode()).digest()
                    opened.spent += 1
                    await session.flush()
                    return tokens(app, account.id, opened.id, account.kind, f"{opened.id}.{fresh}")
                # RFC 9700, 4.14.2: a spent refresh token means that somebody else holds a copy
                opened.ended_at, opened.ended_why = now, "refresh token used twice"
                await session.flush()
                log.warning("refresh_token_reused", account_id=str(account.id))
                await note(session, account, "account.refresh_reused")
    raise Refused("invalid_grant")
