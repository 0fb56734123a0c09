"""The guard: no route without a permission, no answer without its ledger entry, all in one transaction."""

from typing import Any
from uuid import UUID

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from iap_api.access import ledger
from iap_api.access.addresses import client_address, lies_within
from iap_api.access.caller import Caller, entered
from iap_api.access.jose_reading import BadToken
from iap_api.access.places import chain_of
from iap_api.access.policy import Permission
from iap_api.access.scope import Scope, scope_of
from iap_api.access.tables import Place
from iap_api.access.tokens import AccessToken, NoToken, bearer
from iap_api.core import clock
from iap_api.core.errors import NetworkNotAllowed, NotYourRole, SignInNeeded
from iap_api.core.log import log
from iap_api.core.transactions import Transaction


def refused_token(error: BadToken) -> SignInNeeded:
    """Return the same 401 for every bad token (RFC 6750, 3: a bare challenge where no token came)."""
    challenge = "Bearer" if isinstance(error, NoToken) else 'Bearer error="invalid_token"'
    return SignInNeeded(headers={"WWW-Authenticate": challenge})


async def _note_refusal(transaction: Transaction, app: Any, account_id: UUID, place_id: UUID, request_id: str) -> None:
    """Write into the ledger, as the sign-in does, that somebody elsewhere holds what was given to a client."""
    chain = chain_of(await transaction.session.get_one(Place, place_id))
    # first: on SQLite it may hold the lock that the entry needs
    await transaction.abandon()
    entry = ledger.entry(
        chain, "client.network_refused", "account", account_id=account_id, resource_id=account_id, request_id=request_id
    )
    await app.read_ledger.write([entry])


class Guard:
    """A dependency that lets a request through with one permission, or refuses it."""

    def __init__(self, permission: Permission | None, *, guests: bool = False) -> None:
        """None: any signed-in caller; a guest only with `guests`."""
        self.permission = permission
        self.guests = guests

    async def __call__(self, request: Request) -> Caller:
        """Return the caller whom `begin` let in: the route calls it before it reads the body."""
        caller: Caller = request.scope["state"]["caller"]
        return caller

    async def begin(self, request: Request) -> Caller:
        """Let the caller in and open the transaction of the request.

        Raises `SignInNeeded` (401), `NetworkNotAllowed` and `NotYourRole` (403).
        """
        app = request.app.state
        try:
            token = app.verifier.verify(bearer(request.headers.getlist("authorization")), clock.now().timestamp())
        except BadToken as error:
            log.warning("token_refused", reason=error.reason, request_id=request.scope["state"]["request_id"])
            raise refused_token(error) from None
        reads = request.method == "GET" or request.scope["route"].only_reads
        transaction = await app.database.begin(read_only=reads)
        try:
            caller = await self._let_in(request, transaction, token, app)
        except BaseException as error:
            await transaction.abandon()
            app.database.explain(error)
            raise
        caller.reads = reads
        return caller

    async def _let_in(self, request: Request, transaction: Transaction, token: AccessToken, app: Any) -> Caller:
        state = await entered(transaction, app.database.dialect, token.kind, token.account_id, token.sign_in_id)
        if state is None or state.kind != token.kind:
            log.warning("token_refused", reason="ended", request_id=request.scope["state"]["request_id"])
            raise refused_token(BadToken("ended"))
        kind, place_id, held, networks = state
        noted = request.scope["state"]
        noted["account_id"] = str(token.account_id)
        if networks and not lies_within(client_address(request, app.settings.trusted_proxies), networks):
            log.warning("network_refused", account_id=str(token.account_id), request_id=noted["request_id"])
            await _note_refusal(transaction, app, token.account_id, place_id, noted["request_id"])
            raise NetworkNotAllowed()
        scope: Scope | None = Scope(token.account_id)
        if self.permission is None:
            scope = scope if self.guests or kind != "guest" else None
        else:
            scope = scope_of(self.permission, held, token.account_id)
        if scope is None:
            log.info("refused", permission=str(self.permission or "account"), account_id=str(token.account_id))
            raise NotYourRole()
        caller = noted["caller"] = Caller(
            request=request,
            transaction=transaction,
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
        return caller

    async def end(self, caller: Caller, error: BaseException | None) -> None:
        """Commit what was done and its ledger entries before the answer leaves, or roll back after an error."""
        app, transaction = caller.request.app.state, caller.transaction
        if error is None:
            try:
                # the ledger's entry is the last statement of its transaction
                await transaction.flush()
                if caller.entries() and not caller.reads:
                    await ledger.note(transaction, caller.entries())
                await transaction.commit()
            except BaseException as failed:
                await transaction.abandon()
                app.database.explain(failed)
                raise
            if caller.entries() and caller.reads:
                await app.read_ledger.write(caller.entries())
            caller.recorded()
            return
        await transaction.abandon()
        app.database.explain(error)


def may(permission: Permission) -> Any:
    """Return the dependency that guards a route with `permission`."""
    return Depends(Guard(permission))


def signed_in(*, guests: bool = False) -> Any:
    """Return the dependency that lets anybody with an account through, and with `guests` those with an invitation."""
    return Depends(Guard(None, guests=guests))


def guard_of(dependant: Dependant) -> Guard | None:
    """Return the guard among a route's dependencies, however deep."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Guard):
            return inner.call
        if deeper := guard_of(inner):
            return deeper
    return None
