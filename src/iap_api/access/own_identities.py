"""Oneself linked to one's person at the school's identity provider, by that provider's token."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.exchange_grant import TOKEN_TYPES
from iap_api.access.guard import signed_in
from iap_api.access.identities import IdentityTaken, identities, link, provider_of
from iap_api.access.jose_reading import BadToken
from iap_api.access.own_password import wrong_password
from iap_api.access.places import chain_of
from iap_api.access.provider_shapes import IdentityRead, OwnIdentity
from iap_api.access.provider_tables import Identity
from iap_api.access.provider_tokens import ProviderToken
from iap_api.access.tables import Account, Place, SignIn
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, TooMany, problems
from iap_api.core.log import log
from iap_api.core.routes import Routes

routes = Routes("/v1/me", "me")
FRESH = timedelta(minutes=10)


class ProviderTokenRefused(Invalid):
    status, kind, title = 422, "provider-token-refused", "That token does not show who you are"
    advice = "Sign in at the identity provider of your own trust again, and send what it gives out at once."


class SignInAgain(Conflict):
    status, kind, title = 409, "sign-in-again", "You signed in too long ago for this"
    advice = "Sign in again, and send this within ten minutes."


@routes.post(
    "/identities",
    response_model=IdentityRead,
    status_code=201,
    summary="Link myself to my person at the school's identity provider",
    openapi_extra=problems(IdentityTaken, ProviderTokenRefused, SignInAgain, TooMany),
)
async def link_own_identity(caller: Annotated[Caller, signed_in()], body: OwnIdentity) -> Response:
    """Link the caller's own account, by a token that the provider of their trust has just issued to them.

    It takes the present password, where the account has one, and wrong tries count like failed sign-ins; else a sign-in
    of the last ten minutes. Whoever finds a device signed in cannot make a lasting way in of it.
    """
    if refused := await _not_proved(caller, body):
        return refused
    identity_id, fresh = await caller.once(body)
    if fresh:
        provider_id, subject = await _shown(caller, body)
        # the first was given up with the rest of the transaction, while the provider was asked
        identity_id, fresh = await caller.once(body)
        if fresh:
            # setting a password locks the same row, and ends the sign-in: it ends this link, or is seen here
            account = await caller.session.get_one(Account, caller.account_id, with_for_update={"read": True})
            await caller.come_in_again()
            chain = chain_of(await caller.session.get_one(Place, account.place_id))
            provider = await provider_of(caller, account, provider_id)
            await link(caller, identity_id, account, provider, subject, chain)
    kept = await caller.session.get_one(Identity, identity_id)
    return identities.made(caller, kept, status=201 if fresh else 200)


async def _not_proved(caller: Caller, body: OwnIdentity) -> Response | None:
    """Return the refusal of a wrong password, or None; raises `SignInAgain`, `TooMany` and `Invalid`."""
    account = await caller.session.get_one(Account, caller.account_id)
    if account.kind != "person":
        raise Conflict("A client has a secret made for it, and is nobody at an identity provider.")
    if account.password_hash is None:
        opened = await caller.session.get_one(SignIn, caller.sign_in_id)
        if opened.started_at < clock.now() - FRESH:
            raise SignInAgain()
        return None
    if body.current_password is None:
        raise Invalid(errors=[("/current_password", "is needed, for the account has a password")])
    return await wrong_password(caller, account, body.current_password)


async def _shown(caller: Caller, body: OwnIdentity) -> tuple[UUID, str]:
    """Return the provider of the caller's trust, and who the token is about there; raises `ProviderTokenRefused`."""
    try:
        return await _proved(caller, body)
    except BadToken as error:
        log.warning("provider_token_refused", reason=error.reason, request_id=caller.request_id)
    raise ProviderTokenRefused()


async def _proved(caller: Caller, body: OwnIdentity) -> tuple[UUID, str]:
    app = caller.request.app.state
    token = ProviderToken(body.subject_token, TOKEN_TYPES[body.subject_token_type], app.settings)
    home = await caller.session.get_one(Place, caller.place_id)
    trust_ids = (home.id, home.trust_id)
    providers = await token.providers(caller.session)
    # nobody waits for our database while another machine is asked
    await caller.transaction.start_again()
    person = await token.proved(providers, app.key_sets, clock.now().timestamp())
    await caller.come_in_again()
    here = [one.id for one in providers if one.id in person.provider_ids and one.trust_id in trust_ids]
    if not here:
        raise BadToken("unknown")
    return here[0], person.subject
