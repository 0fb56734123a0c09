"""Sign-in with a secret: a person's password, or a client's credentials (RFC 6749, 4.4)."""

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access import client_secrets, passwords
from iap_api.access.addresses import client_address, counted_as, lies_within
from iap_api.access.opened_sign_ins import begin, note
from iap_api.access.tables import Account, Client
from iap_api.access.token_form import Refused, client_credentials
from iap_api.core import clock

NETWORK_REFUSED = "The client may not call from this network."


async def with_password(request: Request, fields: dict[str, str]) -> Response:
    """Sign a person in; raises `Refused`."""
    name, secret = fields.get("username", "").strip(), fields.get("password", "")
    if not name or not secret:
        raise Refused("invalid_request")
    return await _with_secret(request, name, secret, "person")


async def with_client_secret(request: Request, fields: dict[str, str]) -> Response:
    """Sign a client in; raises `Refused`."""
    name, secret = client_credentials(request, fields)
    if not name or not secret:
        raise Refused("invalid_client", 401)
    return await _with_secret(request, name, secret, "client")


async def _with_secret(request: Request, name: str, secret: str, kind: str) -> Response:
    app = request.app.state
    address = counted_as(client_address(request, app.settings.trusted_proxies))
    account_key = passwords.digest(app.digest_key, "account", name)
    address_key = passwords.digest(app.digest_key, "address", address)
    named = select(Account).where(col(Account.username) == name.lower(), col(Account.kind) == kind)
    async with app.database.transaction(read_only=True) as session:
        account = (await session.execute(named)).scalar_one_or_none()
        account_id = account.id if account else None
        kept = account.password_hash if account else None
        wait = await passwords.wait_for(session, account_key, address_key, account_id, clock.now())
    if wait:
        raise slower(wait)
    # a client's secret is compared below, where it is noted as used
    fit = kind == "client" or await passwords.fits(kept, secret)
    async with app.database.transaction() as session:
        now = clock.now()
        wait = await passwords.hold(session, account_key, address_key, account_id, now)
        # read again, locked: while the hash was made the password may have been changed
        account = (await session.execute(named.with_for_update(read=True))).scalar_one_or_none()
        if not wait:
            if fit and account and account.disabled_at is None and account.password_hash == kept:
                if kind == "person":
                    await passwords.succeeded(session, account_key, address_key, account.id, now)
                    return await begin(request, session, account)
                if (found := await client_secrets.fitting(session, account.id, secret, now)) is not None:
                    await passwords.succeeded(session, account_key, address_key, account.id, now)
                    if await _let_in_from(request, session, account, found[0]):
                        return await begin(request, session, account, secret_id=found[1])
                    # answered, not raised: what was noted must be committed
                    return Refused("unauthorized_client", description=NETWORK_REFUSED).response()
            await passwords.failed(session, account_key, address_key, now)
    if wait:
        raise slower(wait)
    raise Refused("invalid_grant" if kind == "person" else "invalid_client", 400 if kind == "person" else 401)


async def _let_in_from(request: Request, session: AsyncSession, account: Account, client: Client) -> bool:
    """Say whether a client may call from where it does; somebody who holds its secret elsewhere is recorded."""
    settings = request.app.state.settings
    if not client.networks or lies_within(client_address(request, settings.trusted_proxies), client.networks):
        return True
    await note(session, account, "client.network_refused")
    return False


def slower(wait: int) -> Refused:
    """Return the refusal of somebody who has to wait."""
    return Refused("slow_down", 429, wait, "Too many failed sign-ins: wait as long as Retry-After says.")
