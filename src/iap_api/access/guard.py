"""The guard: no route without a permission, no answer without its ledger entry, all in one transaction."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from iap_api.access import ledger
from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.access.preamble import enter
from iap_api.access.scope import Scope, scope_of
from iap_api.access.tokens import BadToken, NoToken, bearer
from iap_api.core import clock
from iap_api.core.errors import NotYourRole, SignInNeeded
from iap_api.core.log import log


def refused_token(error: BadToken) -> SignInNeeded:
    """Return the same 401 for every bad token (RFC 6750, 3: a bare challenge where no token came)."""
    challenge = "Bearer" if isinstance(error, NoToken) else 'Bearer error="invalid_token"'
    return SignInNeeded(headers={"WWW-Authenticate": challenge})


class Guard:
    """A dependency that lets a request through with one permission, or refuses it."""

    def __init__(self, permission: Permission | None) -> None:
        """None: any signed-in caller."""
        self.permission = permission

    async def __call__(self, request: Request) -> AsyncIterator[Caller]:
        """Yield the caller inside one transaction; commit it, and its ledger entries, before the answer leaves.

        Raises `SignInNeeded` (401) and `NotYourRole` (403).
        """
        app = request.app.state
        try:
            token = app.verifier.verify(bearer(request.headers.getlist("authorization")), clock.now().timestamp())
        except BadToken as error:
            log.warning("token_refused", reason=error.reason, request_id=request.scope["state"]["request_id"])
            raise refused_token(error) from None
        reads = request.method == "GET" or getattr(request.scope["route"], "only_reads", False)
        async with app.database.transaction(read_only=reads) as session:
            state = await enter(session, app.database.dialect, token.account_id, token.sign_in_id)
            if state is None or state[0] != token.kind:
                log.warning("token_refused", reason="ended", request_id=request.scope["state"]["request_id"])
                raise refused_token(BadToken("ended"))
            kind, place_id, held = state
            request.scope["state"]["account_id"] = str(token.account_id)
            scope: Scope | None = Scope(token.account_id)
            if self.permission is not None:
                scope = scope_of(self.permission, held, token.account_id)
            if scope is None:
                log.info("refused", permission=str(self.permission), account_id=str(token.account_id))
                raise NotYourRole()
            caller = Caller(
                request=request,
                session=session,
                dialect=app.database.dialect,
                account_id=token.account_id,
                sign_in_id=token.sign_in_id,
                account_kind=kind,
                place_id=place_id,
                held=held,
                permission=self.permission,
                scope=scope,
                cursors=app.cursors,
                secret=app.digest_key,
            )
            yield caller
            if not reads and caller.entries():
                await session.flush()
                await ledger.write(session, caller.entries())
        if reads and caller.entries():
            await app.read_ledger.write(caller.entries())


def may(permission: Permission) -> Any:
    """Return the dependency that guards a route with `permission`."""
    return Depends(Guard(permission), scope="function")


def signed_in() -> Any:
    """Return the dependency that lets any signed-in caller through."""
    return Depends(Guard(None), scope="function")
