"""Sign-in: passwords, refresh tokens with reuse detection, client credentials, sign-out, published keys."""

import base64
import binascii
import hashlib
import secrets
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

from fastapi import Request, Response
from pydantic import ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import JSONResponse

from iap_api.access import client_secrets, guests, ledger, passwords
from iap_api.access.addresses import client_address, counted_as, lies_within
from iap_api.access.caller import Caller
from iap_api.access.guard import signed_in
from iap_api.access.places import chain_of
from iap_api.access.tables import Account, Client, Place, SignIn
from iap_api.access.tokens import GUEST_SCOPE, issue
from iap_api.core import clock
from iap_api.core.errors import Unavailable
from iap_api.core.log import log
from iap_api.core.routes import Routes
from iap_api.core.shapes import Shape
from iap_api.core.tables import new_id

routes = Routes("", "sign-in")
FORM = "application/x-www-form-urlencoded"
NETWORK_REFUSED = "The client may not call from this network."


class TokenAnswer(Shape):
    """What a successful sign-in gives (RFC 6749, 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None
    scope: str


class TokenRefused(Shape):
    """Why a sign-in was refused (RFC 6749, 5.2)."""

    model_config = ConfigDict(json_schema_extra={"required": ["error"]})

    error: str
    error_description: str | None


SIGN_IN_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["password", "refresh_token", "client_credentials", guests.GRANT]},
        "username": {"type": "string", "maxLength": 1024, "example": "senco@demo.iap.example"},
        "password": {"type": "string", "format": "password", "maxLength": 1024},
        "refresh_token": {"type": "string", "maxLength": 1024},
        "client_id": {"type": "string", "maxLength": 1024},
        "client_secret": {"type": "string", "format": "password", "maxLength": 1024},
        "invitation_code": {"type": "string", "format": "password", "maxLength": 1024},
    },
}


class _Refused(Exception):
    def __init__(self, error: str, status: int = 400, wait: int = 0, description: str = "") -> None:
        self.error, self.status, self.wait, self.description = error, status, wait, description


def _answer(document: dict[str, Any], status: int = 200, **headers: str) -> Response:
    return JSONResponse(document, status, {"Cache-Control": "no-store", "Pragma": "no-cache", **headers})


def _form(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise _Refused("invalid_request") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value or len(value) > 1024 for value in fields.values()):
        raise _Refused("invalid_request")
    return {name: value for name, value in fields.items() if value}


def _client_credentials(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    header = request.headers.get("authorization", "")
    if header.lower().startswith("basic "):
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _Refused("invalid_client", 401) from None
        # RFC 6749, 2.3.1: both are form-encoded first; our own hold no per cent sign
        return unquote(name), unquote(secret)
    return fields.get("client_id", ""), fields.get("client_secret", "")


@routes.post(
    "/v1/auth/token",
    summary="Sign in",
    response_model=TokenAnswer,
    responses={status: {"model": TokenRefused} for status in (400, 401, 429)},
    openapi_extra={"requestBody": {"required": True, "content": {FORM: {"schema": SIGN_IN_FORM}}}},
)
async def sign_in(request: Request) -> Response:
    """Exchange a password, refresh token, client's credentials or invitation for a short-lived access token (RFC 6749).

    Send a form with `grant_type` `password` (`username`, `password`), `refresh_token` (`refresh_token`),
    `client_credentials` (HTTP Basic, or `client_id` and `client_secret`) or
    `urn:iap:params:oauth:grant-type:invitation` (`invitation_code`). Unknown parameters are ignored.
    """
    try:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
            raise _Refused("invalid_request", description=f"Send {FORM}.")
        fields = _form(await request.body())
        grant = fields.get("grant_type", "")
        if grant == "refresh_token":
            return await _refresh(request, fields.get("refresh_token", ""))
        if grant == guests.GRANT and "invitation_code" in fields:
            return await _invited(request, fields["invitation_code"])
        if grant == "password":
            name, secret, kind = fields.get("username", "").strip(), fields.get("password", ""), "person"
        elif grant == "client_credentials":
            name, secret = _client_credentials(request, fields)
            kind = "client"
        else:
            raise _Refused("unsupported_grant_type" if grant not in ("", guests.GRANT) else "invalid_request")
        if not name or not secret:
            raise _Refused(
                "invalid_request" if kind == "person" else "invalid_client", 400 if kind == "person" else 401
            )
        return await _with_secret(request, name, secret, kind)
    except _Refused as refused:
        headers = {"WWW-Authenticate": 'Basic realm="iap-api"'} if refused.status == 401 else {}
        if refused.wait:
            headers["Retry-After"] = str(refused.wait)
        document = {"error": refused.error}
        if refused.description:
            document["error_description"] = refused.description
        return _answer(document, refused.status, **headers)


async def _invited(request: Request, code: str) -> Response:
    token, wait = await guests.redeem(request, code)
    if wait:
        raise _slower(wait)
    if token is None:
        raise _Refused("invalid_grant")
    return _granted(request.app.state, token, None, GUEST_SCOPE)


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
        raise _slower(wait)
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
                    return await _begin(request, session, account)
                if (found := await client_secrets.fitting(session, account.id, secret, now)) is not None:
                    await passwords.succeeded(session, account_key, address_key, account.id, now)
                    if await _let_in_from(request, session, account, found[0]):
                        return await _begin(request, session, account, found[1])
                    return _answer({"error": "unauthorized_client", "error_description": NETWORK_REFUSED}, 400)
            await passwords.failed(session, account_key, address_key, now)
    if wait:
        raise _slower(wait)
    raise _Refused("invalid_grant" if kind == "person" else "invalid_client", 400 if kind == "person" else 401)


def _slower(wait: int) -> _Refused:
    return _Refused("slow_down", 429, wait, "Too many failed sign-ins: wait as long as Retry-After says.")


async def _let_in_from(request: Request, session: AsyncSession, account: Account, client: Client) -> bool:
    """Say whether a client may call from where it does; somebody who holds its secret elsewhere is recorded."""
    settings = request.app.state.settings
    if not client.networks or lies_within(client_address(request, settings.trusted_proxies), client.networks):
        return True
    await _tell(session, account, "client.network_refused")
    return False


async def _tell(session: AsyncSession, account: Account, kind: str) -> None:
    chain = chain_of(await session.get_one(Place, account.place_id))
    told = ledger.entry(chain, kind, "account", account_id=account.id, resource_id=account.id)
    await ledger.write(session, [told])


async def _begin(request: Request, session: AsyncSession, account: Account, secret_id: UUID | None = None) -> Response:
    app = request.app.state
    now = clock.now()
    refresh = secrets.token_urlsafe(32) if account.kind == "person" else None
    kept_for = timedelta(days=app.settings.refresh_token_days)
    if refresh is None:
        kept_for = timedelta(seconds=app.settings.access_token_seconds)
    opened = SignIn(
        id=new_id(), account_id=account.id, started_at=now, expires_at=now + kept_for,
        refresh_digest=hashlib.sha256(refresh.encode()).digest() if refresh else None, secret_id=secret_id,
    )  # fmt: skip
    session.add(opened)
    await session.flush()
    await _tell(session, account, "account.signed_in")
    return _tokens(app, account.id, opened.id, account.kind, f"{opened.id}.{refresh}" if refresh else None)


def _tokens(app: Any, account_id: UUID, sign_in_id: UUID, kind: Any, refresh: str | None) -> Response:
    token = issue(
        app.keys,
        app.profile,
        account_id=account_id,
        sign_in_id=sign_in_id,
        kind=kind,
        now=clock.now().timestamp(),
    )
    return _granted(app, token, refresh, "api")


def _granted(app: Any, token: str, refresh: str | None, scope: str) -> Response:
    return _answer(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": app.profile.lifetime_seconds,
            "refresh_token": refresh,
            "scope": scope,
        }
    )


async def _refresh(request: Request, token: str) -> Response:
    app = request.app.state
    now = clock.now()
    name, _, secret = token.partition(".")
    try:
        sign_in_id = UUID(name)
    except ValueError:
        raise _Refused("invalid_grant") from None
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
                    return _tokens(app, account.id, opened.id, account.kind, f"{opened.id}.{fresh}")
                # RFC 9700, 4.14.2: a spent refresh token means that somebody else holds a copy
                opened.ended_at, opened.ended_why = now, "refresh token used twice"
                await session.flush()
                log.warning("refresh_token_reused", account_id=str(account.id))
                await _tell(session, account, "account.refresh_reused")
    raise _Refused("invalid_grant")


@routes.post("/v1/auth/sign-out", summary="Sign out", status_code=204)
async def sign_out(caller: Annotated[Caller, signed_in(guests=True)]) -> Response:
    """End this sign-in: its access and refresh tokens are refused from the next request on."""
    if caller.account_kind == "guest":
        await guests.end_session(caller)
        return Response(None, 204)
    opened = await caller.session.get(SignIn, caller.sign_in_id)
    if opened is None:
        raise Unavailable()
    opened.ended_at, opened.ended_why = clock.now(), "signed out"
    chain = chain_of(await caller.session.get_one(Place, caller.place_id))
    caller.event("account.signed_out", "account", chain, resource_id=caller.account_id)
    return Response(None, 204)


@routes.get("/.well-known/jwks.json", summary="Read the signing keys")
async def read_signing_keys(request: Request) -> Response:
    """The public keys that verify our access tokens (RFC 7517)."""
    return JSONResponse(request.app.state.keys.jwks(), headers={"Cache-Control": "public, max-age=300"})
