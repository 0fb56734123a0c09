"""Identity providers over HTTP: where the staff of a trust sign in, connected and ended by its administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import or_, select, update
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.provider_rules import RULES, issuer_of, may_be_asked
from iap_api.access.provider_shapes import (
    IdentityProviderChange,
    IdentityProviderCreate,
    IdentityProviderFilters,
    IdentityProviderRead,
)
from iap_api.access.provider_tables import Identity, IdentityProvider
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.scope import among
from iap_api.access.tables import Place, SignIn
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id

routes = Routes("/v1/identity-providers", "identity providers")


class ProviderConnected(Conflict):
    status, kind, title = 409, "provider-connected", "That provider is connected already"
    advice = "Change the one that is there, or end it first."


refuse("uq_identity_providers_open", ProviderConnected)
refuse("uq_identity_providers_trust_id_issuer_tenant", ProviderConnected)


@told(school="{Things} of the trust of {place}.", trust="{Things} of {place}.")
def provider_visible(_kinds: frozenset[str]) -> Any:
    """Return the filter for providers of the trusts, or of the trusts of the schools, within reach."""
    of_schools = select(col(Place.trust_id)).where(among(Place.id, "scope_around"))
    return or_(among(IdentityProvider.trust_id, "scope_trusts"), col(IdentityProvider.trust_id).in_(of_schools))


def provider_within(_kinds: frozenset[str]) -> Any:
    """Return the filter for providers that a caller may change: of trusts within reach as a whole."""
    return among(IdentityProvider.trust_id, "scope_trusts")


providers = Reading(
    IdentityProviderRead,
    IdentityProvider,
    visible=provider_visible,
    resource="identity_provider",
    school=col(IdentityProvider.trust_id),
    filters={"trust_id": lambda value: col(IdentityProvider.trust_id) == value},
)


@routes.get("", response_model=Listed[IdentityProviderRead], summary="List identity providers")
async def list_identity_providers(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[IdentityProviderFilters, Query()]
) -> Response:
    """The identity providers of the caller's trust, ended ones included."""
    return await providers.page(caller, filters)


@routes.post(
    "",
    response_model=IdentityProviderRead,
    status_code=201,
    summary="Connect an identity provider",
    openapi_extra=problems(ProviderConnected),
)
async def create_identity_provider(
    caller: Annotated[Caller, may(Permission.setting_write)], body: IdentityProviderCreate
) -> Response:
    """Connect Google Workspace, Microsoft Entra ID or another provider to a trust.

    Nobody comes in by this alone: each person's account is linked first (`link_identity`), and roles are granted
    here and never taken from the provider. The same issuer and tenant twice answers 409 `provider-connected`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{identity_provider_id}",
    response_model=IdentityProviderRead,
    status_code=201,
    summary="Connect an identity provider under an id of your own",
    openapi_extra=problems(ProviderConnected),
)
async def put_identity_provider(
    caller: Annotated[Caller, may(Permission.setting_write)], identity_provider_id: Id, body: IdentityProviderCreate
) -> Response:
    """As `create_identity_provider`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, identity_provider_id)


async def _create(caller: Caller, body: IdentityProviderCreate, chosen: UUID | None) -> Response:
    provider_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.trust_id not in caller.scope.trusts:
            raise Invalid(errors=[("/trust_id", "is not a trust within your reach")])
        values = body.model_dump() | _checked(caller, body)
        await caller.create(IdentityProvider(id=provider_id, **values), body.trust_id, resource="identity_provider")
    location = f"/v1/identity-providers/{provider_id}"
    return await providers.one(caller, provider_id, status=201 if fresh else 200, location=location)


def _checked(caller: Caller, body: IdentityProviderCreate) -> dict[str, str]:
    """Return issuer and tenant as they are kept; raises `Invalid` for what the kind does not have or allow."""
    wrong = []
    settings = caller.request.app.state.settings
    rules = RULES.get((body.kind, body.token_type))
    if rules is None:
        raise Invalid(errors=[("/token_type", "is not what this kind of provider gives out for others to read")])
    tenant = (body.tenant or "").lower()
    if not rules.tenant_form.fullmatch(tenant):
        wrong.append(("/tenant", {
            "google": "must be the domain of the school's Workspace, such as willow.example",
            "entra": "must be the directory (tenant) id: 32 hexadecimal digits in five groups",
            "other": "is for Google and Microsoft alone",
        }[body.kind]))  # fmt: skip
    issuer = issuer_of(settings, body.kind, tenant)
    if (issuer is None) != (body.issuer is not None):
        wrong.append(("/issuer", "must be given for `other`, and for nothing else"))
    issuer = issuer or body.issuer or ""
    if not wrong and not may_be_asked(settings, body.kind, issuer):
        wrong.append(("/issuer", "is not one that the operator of this server allows"))
    if wrong:
        raise Invalid(errors=wrong)
    return {"issuer": issuer, "tenant": tenant}


@routes.get("/{identity_provider_id}", response_model=IdentityProviderRead, summary="Read an identity provider")
async def read_identity_provider(
    caller: Annotated[Caller, may(Permission.setting_read)], identity_provider_id: Id
) -> Response:
    """One identity provider; it holds nothing secret."""
    return await providers.one(caller, identity_provider_id)


@routes.patch("/{identity_provider_id}", response_model=IdentityProviderRead, summary="Change an identity provider")
async def change_identity_provider(
    caller: Annotated[Caller, may(Permission.setting_write)],
    identity_provider_id: Id,
    body: IdentityProviderChange,  # type: ignore[valid-type]
) -> Response:
    """Change the name, or the client id that the app has at the provider (merge patch)."""
    provider: IdentityProvider = await for_change(caller, IdentityProvider, identity_provider_id, provider_within)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    await caller.change(provider, values, provider.trust_id, resource="identity_provider")
    return await providers.one(caller, identity_provider_id)


@routes.post("/{identity_provider_id}/end", response_model=IdentityProviderRead, summary="End an identity provider")
async def end_identity_provider(
    caller: Annotated[Caller, may(Permission.setting_write)], identity_provider_id: Id
) -> Response:
    """Refuse its tokens from now on, and end every sign-in of the accounts that are linked to it."""
    provider: IdentityProvider = await for_change(caller, IdentityProvider, identity_provider_id, provider_within)
    if provider.ended_at is not None:
        raise Conflict("The identity provider has ended already.")
    values = {"ended_at": clock.now(), "ended_by": caller.account_id}
    await caller.change(provider, values, provider.trust_id, resource="identity_provider", kind="ended")
    linked = select(col(Identity.account_id)).where(
        col(Identity.provider_id) == provider.id, col(Identity.ended_at).is_(None)
    )
    ended = update(SignIn).where(col(SignIn.account_id).in_(linked), col(SignIn.ended_at).is_(None))
    await caller.session.execute(ended.values(ended_at=clock.now(), ended_why="identity provider ended"))
    return await providers.one(caller, identity_provider_id)
