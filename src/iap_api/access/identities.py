"""Identities over HTTP: who an account is at an identity provider, linked and ended by an administrator."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.accounts import HoldsWiderRole, OwnAccount, account_visible, end_sign_ins, refuse_wider
from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.held_roles import account_within
from iap_api.access.policy import Permission
from iap_api.access.provider_rules import RULES
from iap_api.access.provider_shapes import IdentityCreate, IdentityRead
from iap_api.access.provider_tables import Identity, IdentityProvider
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.tables import Account, Place
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.pages import Page
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id

routes = Routes("/v1/accounts", "identity providers")


class IdentityTaken(Conflict):
    status, kind, title = 409, "identity-taken", "Somebody is linked to that identity already"
    advice = "One person at a provider has one account here: end the other link first."


refuse("uq_identities_open", IdentityTaken)
refuse("uq_identities_provider_id_tenant_subject", IdentityTaken)


class _LinkTo(IdentityCreate):
    """A link with the account it is for: one Idempotency-Key must not serve two accounts."""

    account_id: Id


@told(
    school="{Things} of the accounts of {place} or of a base of it.",
    trust="{Things} of the accounts of {place} itself.",
)
def identity_visible(kinds: frozenset[str]) -> Any:
    """Return the filter for identities of accounts within reach."""
    within = select(col(Account.id)).where(account_visible(kinds))
    return col(Identity.account_id).in_(within)


identities = Reading(
    IdentityRead,
    Identity,
    visible=identity_visible,
    resource="identity",
    school=col(Identity.account_id),
    filters={"account_id": lambda value: col(Identity.account_id) == value},
)


@routes.get("/{account_id}/identities", response_model=Listed[IdentityRead], summary="List who an account is")
async def list_identities(
    caller: Annotated[Caller, may(Permission.account_read)], account_id: Id, page: Annotated[Page, Query()]
) -> Response:
    """Who an account is, or was, at the identity providers."""
    await account_within(caller, account_id)
    return await identities.page(caller, page, also={"account_id": account_id})


@routes.post(
    "/{account_id}/identities",
    response_model=IdentityRead,
    status_code=201,
    summary="Link an account to a person at a provider",
    openapi_extra=problems(IdentityTaken, OwnAccount, HoldsWiderRole),
)
async def link_identity(
    caller: Annotated[Caller, may(Permission.account_write)], account_id: Id, body: IdentityCreate
) -> Response:
    """Say who somebody is at the trust's identity provider, so that they can sign in there.

    It takes the reach over everything that the account reaches, as setting its password does.
    """
    identity_id, fresh = await caller.once(_LinkTo(account_id=account_id, **body.model_dump()))
    if fresh:
        account = await account_within(caller, account_id, lock=True)
        chain = await refuse_wider(caller, account)
        provider = await provider_of(caller, account, body.provider_id)
        rules = next(row for row in RULES.values() if row.kind == provider.kind)
        if not rules.subject_form.fullmatch(body.subject):
            raise Invalid(errors=[("/subject", "is not an id that this kind of provider gives its users")])
        await link(caller, identity_id, account, provider, body.subject, chain)
    location = f"/v1/accounts/{account_id}/identities/{identity_id}"
    return await identities.one(caller, identity_id, status=201 if fresh else 200, location=location)


async def provider_of(caller: Caller, account: Account, provider_id: UUID) -> IdentityProvider:
    """Return a provider that has not ended, of the trust to which a person's account belongs; raises `Invalid`."""
    if account.kind != "person":
        raise Conflict("A client has a secret made for it, and is nobody at an identity provider.")
    # ending a provider locks the same row
    wanted = select(IdentityProvider).where(
        col(IdentityProvider.id) == provider_id, col(IdentityProvider.ended_at).is_(None)
    )
    provider = (await caller.session.execute(wanted.with_for_update(read=True))).scalar_one_or_none()
    home = await caller.session.get_one(Place, account.place_id)
    if provider is None or provider.trust_id not in (home.id, home.trust_id):
        raise Invalid(errors=[("/provider_id", "is not an identity provider of the account's trust")])
    return provider


async def link(
    caller: Caller, identity_id: UUID, account: Account, provider: IdentityProvider, subject: str, chain: UUID
) -> None:
    """Keep who an account is at a provider, and note it in the ledger; a broken rule answers `IdentityTaken`."""
    caller.session.add(
        Identity(
            id=identity_id, provider_id=provider.id, account_id=account.id, tenant=provider.tenant, subject=subject,
            linked_by=caller.account_id,
        )
    )  # fmt: skip
    caller.event("identity.linked", "identity", chain, resource_id=identity_id, fields=["account_id", "provider_id"])
    await caller.session.flush()


@routes.get(
    "/{account_id}/identities/{identity_id}",
    response_model=IdentityRead,
    summary="Read who an account is at a provider",
)
async def read_identity(
    caller: Annotated[Caller, may(Permission.account_read)], account_id: Id, identity_id: Id
) -> Response:
    """One link of an account to a person at an identity provider."""
    await _of_account(caller, account_id, identity_id)
    return await identities.one(caller, identity_id)


async def _of_account(caller: Caller, account_id: UUID, identity_id: UUID) -> None:
    whose = select(col(Identity.account_id)).where(col(Identity.id) == identity_id)
    if (await caller.session.execute(whose)).scalar_one_or_none() != account_id:
        raise NotFound()


@routes.post(
    "/{account_id}/identities/{identity_id}/end",
    response_model=IdentityRead,
    summary="End the link to a person at a provider",
    openapi_extra=problems(OwnAccount, HoldsWiderRole),
)
async def end_identity(
    caller: Annotated[Caller, may(Permission.account_write)], account_id: Id, identity_id: Id
) -> Response:
    """Refuse this person of the provider from now on, and end every sign-in of the account."""
    account = await account_within(caller, account_id, lock=True)
    await _of_account(caller, account_id, identity_id)
    identity: Identity = await for_change(caller, Identity, identity_id, identity_visible)
    chain = await refuse_wider(caller, account)
    if identity.ended_at is not None:
        raise Conflict("The link has ended already.")
    values = {"ended_at": clock.now(), "ended_by": caller.account_id}
    await caller.change(identity, values, chain, resource="identity", kind="identity.ended")
    await end_sign_ins(caller, account.id, "identity ended")
    return await identities.one(caller, identity_id)
