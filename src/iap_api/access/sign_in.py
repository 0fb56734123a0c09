"""Sign-in: one endpoint for every way in, each in a file of its own; sign-out; and the published keys."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Response
from starlette.responses import JSONResponse

from iap_api.access import guests
from iap_api.access.caller import Caller
from iap_api.access.exchange_grant import with_provider_token
from iap_api.access.guard import signed_in
from iap_api.access.invitation_grant import with_invitation
from iap_api.access.places import chain_of
from iap_api.access.refresh_grant import with_refresh_token
from iap_api.access.secret_grant import with_client_secret, with_password
from iap_api.access.tables import Place, SignIn
from iap_api.access.token_form import (
    EXCHANGE,
    FORM,
    SIGN_IN_FORM,
    Refused,
    TokenAnswer,
    TokenRefused,
    form_of,
)
from iap_api.core import clock
from iap_api.core.errors import Unavailable
from iap_api.core.routes import Routes

routes = Routes("", "sign-in")
GRANTS: dict[str, Callable[[Request, dict[str, str]], Awaitable[Response]]] = {
    "password": with_password,
    "refresh_token": with_refresh_token,
    "client_credentials": with_client_secret,
    guests.GRANT: with_invitation,
    EXCHANGE: with_provider_token,
}


@routes.post(
    "/v1/auth/token",
    summary="Sign in",
    response_model=TokenAnswer,
    responses={status: {"model": TokenRefused} for status in (400, 401, 429)},
    openapi_extra={"requestBody": {"required": True, "content": {FORM: {"schema": SIGN_IN_FORM}}}},
)
async def sign_in(request: Request) -> Response:
    """Exchange what proves who somebody is for a short-lived access token (RFC 6749, RFC 8693).

    Send a form with `grant_type` `password` (`username`, `password`), `refresh_token` (`refresh_token`),
    `client_credentials` (HTTP Basic, or `client_id` and `client_secret`) or
    `urn:iap:params:oauth:grant-type:invitation` (`invitation_code`). Somebody who signed in at the school's
    identity provider sends `urn:ietf:params:oauth:grant-type:token-exchange` with the provider's token
    (`subject_token`, `subject_token_type`), and `provider_id` where this server serves several trusts; every token
    that is refused gets the same 401. Unknown parameters are ignored.
    """
    try:
        fields = await form_of(request)
        grant = fields.get("grant_type", "")
        if grant not in GRANTS:
            raise Refused("unsupported_grant_type" if grant else "invalid_request")
        return await GRANTS[grant](request, fields)
    except Refused as refused:
        return refused.response()


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
