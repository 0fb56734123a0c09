"""Oneself linked to one's person at the school's identity provider, by that provider's token."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.exchange_grant import TOKEN_TYPES
from iap_api.access.guard import signed_in
from iap_api.access.identities import IdentityTaken, identities, link, provider_of
from iap_api.access.jose_reading import BadToken
from iap_api.access.places import chain_of
from iap_api.access.provider_shapes import IdentityRead, OwnIdentity
from iap_api.access.provider_tables import Identity
from iap_api.access.provider_tokens import ProviderToken
from iap_api.access.tables import Account, Place
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.log import log
from iap_api.core.routes import Routes

routes = Routes("/v1/me", "me")


class ProviderTokenRefused(Invalid):
    status, kind, title = 422, "provider-token-refused", "That token does not show who you are"
    advice = "Sign in at the identity provider of your own trust again, and send what it gives out at once."


@routes.post(
    "/identities",
    response_model=IdentityRead,
    status_code=201,
    summary="Link myself to my person at the school's identity provider",
    openapi_extra=problems(IdentityTaken, ProviderTokenRefused),
)
async def link_own_identity(caller: Annotated[Caller, signed_in()], body: OwnIdentity) -> Response:
    """Link the caller's own account, by a token that the provider of their trust has just issued to them."""
    identity_id, fresh = await caller.once(body)
    if fresh:
        provider_id, subject = await _shown(caller, body)
        # the first was given up with the rest of the transaction, while the provider was asked
        identity_id, fresh = await caller.once(body)
        if fresh:
            account = await caller.session.get_one(Account, caller.account_id)
            chain = chain_of(await caller.session.get_one(Place, account.place_id))
            provider = await provider_of(caller, account, provider_id)
            await link(caller, identity_id, account, provider, subject, chain)
    kept = await caller.session.get_one(Identity, identity_id)
    return identities.made(caller, kept, status=201 if fresh else 200)


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
