"""Accounts over HTTP: opened, read, renamed, disabled, enabled, and given passwords by an administrator."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import or_, select, update
from sqlmodel import col

from iap_api.access import passwords
from iap_api.access.account_shapes import (
    AccountChange,
    AccountCreate,
    AccountFilters,
    AccountRead,
    AccountSearch,
    PasswordSet,
)
from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.places import chain_of, holds, place_within, reach_place
from iap_api.access.policy import Permission
from iap_api.access.provider_tables import Identity
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.tables import Account, HeldRole, Place, SignIn
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id

routes = Routes("/v1/accounts", "accounts")


class UsernameTaken(Conflict):
    status, kind, title = 409, "username-taken", "That user name is taken"
    advice = "Choose another user name, or find the account that has it."


class OwnAccount(Conflict):
    status, kind, title = 409, "own-account", "This is your own account"
    advice = "Ask another administrator; your own password is changed at /v1/me/password."


class HoldsWiderRole(Conflict):
    status, kind, title = 409, "holds-wider-role", "The account reaches beyond your own reach"
    advice = "It belongs to, or holds a role at, a place that is not yours: ask an administrator of the trust."


refuse("uq_accounts_username", UsernameTaken)


@told(
    school="{Things} that belong to, or hold a role at, {place} or a base of it.",
    trust="{Things} that belong to, or hold a role at, {place} itself.",
)
def account_visible(_kinds: frozenset[str]) -> Any:
    """Return the filter for accounts that belong to, or hold a role at, a place within reach."""
    here = select(col(HeldRole.account_id)).where(place_within(col(HeldRole.place_id)))
    return or_(place_within(col(Account.place_id)), col(Account.id).in_(here))


accounts = Reading(
    AccountRead,
    Account,
    visible=account_visible,
    resource="account",
    school=col(Account.place_id),
    also={"has_password": col(Account.password_hash).is_not(None)},
    filters={
        "place_id": lambda value: col(Account.place_id) == value,
        "kind": lambda value: col(Account.kind) == value,
    },
)


@routes.get("", response_model=Listed[AccountRead], summary="List accounts")
async def list_accounts(
    caller: Annotated[Caller, may(Permission.account_read)], filters: Annotated[AccountFilters, Query()]
) -> Response:
    """The accounts that belong to, or hold a role at, a place within reach."""
    return await accounts.page(caller, filters)


@routes.post(
    "/search",
    response_model=Listed[AccountRead],
    summary="Find an account by its user name",
    openapi_extra={"x-only-reads": True},
)
async def search_accounts(caller: Annotated[Caller, may(Permission.account_read)], body: AccountSearch) -> Response:
    """The account within reach that has this user name, whole, or none.

    The name is sent in the body, for addresses are kept in logs.
    """
    named = select(col(Account.id)).where(account_visible(caller.scope.kinds), col(Account.username) == body.username)
    found = (await caller.session.execute(named, caller.scope.binds())).scalars().all()
    return await accounts.chosen(caller, list(found))


@routes.post(
    "", response_model=AccountRead, status_code=201, summary="Open an account", openapi_extra=problems(UsernameTaken)
)
async def create_account(caller: Annotated[Caller, may(Permission.account_write)], body: AccountCreate) -> Response:
    """Open an account for a person; a supplier's program gets a client (`create_client`)."""
    return await _create(caller, body, None)


@routes.put(
    "/{account_id}",
    response_model=AccountRead,
    status_code=201,
    summary="Open an account under an id of your own",
    openapi_extra=problems(UsernameTaken),
)
async def put_account(
    caller: Annotated[Caller, may(Permission.account_write)], account_id: Id, body: AccountCreate
) -> Response:
    """As `create_account`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, account_id)


async def _create(caller: Caller, body: AccountCreate, chosen: UUID | None) -> Response:
    account_id, fresh = await caller.once(body, chosen)
    if fresh:
        place = await reach_place(caller, body.place_id)
        if body.password is not None:
            _check(body.password, body.username, "/password")
        account = Account(
            id=account_id, password_hash=await passwords.hashed(body.password) if body.password else None,
            **body.model_dump(exclude={"password"}),
        )  # fmt: skip
        await caller.create(account, chain_of(place), resource="account")
    status = 201 if fresh else 200
    return await accounts.one(caller, account_id, status=status, location=f"/v1/accounts/{account_id}")


def _check(password: str, username: str, pointer: str) -> None:
    if wrong := passwords.unfit(password, username):
        raise Invalid(errors=[(pointer, wrong)])


@routes.get("/{account_id}", response_model=AccountRead, summary="Read an account")
async def read_account(caller: Annotated[Caller, may(Permission.account_read)], account_id: Id) -> Response:
    """One account, never its password."""
    return await accounts.one(caller, account_id)


async def _to_change(caller: Caller, account_id: UUID, *, own: bool = False) -> tuple[Account, UUID]:
    """Return the account locked for a change, and whose ledger tells of it; raises as `refuse_wider` does."""
    account: Account = await for_change(caller, Account, account_id, account_visible)
    return account, await refuse_wider(caller, account, own=own)


async def refuse_wider(caller: Caller, account: Account, *, own: bool = False) -> UUID:
    """Return whose ledger tells of an account that the caller may act upon.

    Raises `OwnAccount` unless `own`, and `HoldsWiderRole`: whoever sets another's password, or says who signs in as
    them, could act as them, so it takes the reach over everything that the other reaches.
    """
    if account.id == caller.account_id and not own:
        raise OwnAccount()
    return await check_reach(caller, account)


async def check_reach(caller: Caller, account: Account) -> UUID:
    """Return whose ledger tells of a change to an account.

    Raises `HoldsWiderRole`: whoever sets another's password or secret could act as them, so it takes the reach over
    everything that the other reaches.
    """
    live = or_(col(HeldRole.ends_on).is_(None), col(HeldRole.ends_on) >= clock.today())
    held = (
        select(Place)
        .join(HeldRole, col(HeldRole.place_id) == Place.id)
        .where(col(HeldRole.account_id) == account.id, col(HeldRole.ended_at).is_(None), live)
    )
    home = await caller.session.get_one(Place, account.place_id)
    places = [home, *(await caller.session.execute(held)).scalars()]
    if not all(holds(caller.scope, place) for place in places):
        raise HoldsWiderRole()
    return chain_of(home)


@routes.patch("/{account_id}", response_model=AccountRead, summary="Change an account")
async def change_account(
    caller: Annotated[Caller, may(Permission.account_write)],
    account_id: Id,
    body: AccountChange,  # type: ignore[valid-type]
) -> Response:
    """Change the name that is shown (merge patch)."""
    account, chain = await _to_change(caller, account_id, own=True)
    await caller.change(account, body.model_dump(exclude_unset=True), chain, resource="account")  # type: ignore[attr-defined]
    return await accounts.one(caller, account_id)


async def end_sign_ins(caller: Caller, account_id: UUID, why: str, *, but: UUID | None = None) -> None:
    """End every open sign-in of an account except `but`: their tokens are refused at the next request."""
    ended = update(SignIn).where(col(SignIn.account_id) == account_id, col(SignIn.ended_at).is_(None))
    if but is not None:
        ended = ended.where(col(SignIn.id) != but)
    await caller.session.execute(ended.values(ended_at=clock.now(), ended_why=why))


@routes.post(
    "/{account_id}/disable",
    response_model=AccountRead,
    summary="Disable an account",
    openapi_extra=problems(OwnAccount, HoldsWiderRole),
)
async def disable_account(caller: Annotated[Caller, may(Permission.account_write)], account_id: Id) -> Response:
    """Refuse the account from its next request on, and end its sign-ins; its roles stay as they are."""
    account, chain = await _to_change(caller, account_id)
    if account.disabled_at is not None:
        raise Conflict("The account is disabled already.")
    values = {"disabled_at": clock.now(), "disabled_by": caller.account_id}
    await caller.change(account, values, chain, resource="account", kind="account.disabled")
    await end_sign_ins(caller, account_id, "account disabled")
    return await accounts.one(caller, account_id)


@routes.post(
    "/{account_id}/enable",
    response_model=AccountRead,
    summary="Enable an account",
    openapi_extra=problems(OwnAccount, HoldsWiderRole),
)
async def enable_account(caller: Annotated[Caller, may(Permission.account_write)], account_id: Id) -> Response:
    """Let a disabled account sign in again; sign-ins that were ended stay ended."""
    account, chain = await _to_change(caller, account_id)
    if account.disabled_at is None:
        raise Conflict("The account is not disabled.")
    values = {"disabled_at": None, "disabled_by": None}
    await caller.change(account, values, chain, resource="account", kind="account.enabled")
    return await accounts.one(caller, account_id)


@routes.post(
    "/{account_id}/set-password",
    response_model=AccountRead,
    summary="Give an account a password",
    openapi_extra=problems(OwnAccount, HoldsWiderRole),
)
async def set_password(
    caller: Annotated[Caller, may(Permission.account_write)], account_id: Id, body: PasswordSet
) -> Response:
    """Give a person a new password, of 12 characters or more, and end every sign-in made with the old one.

    What the account linked to itself at an identity provider ends too: a thief may have done that.
    """
    account, chain = await _to_change(caller, account_id)
    if account.kind != "person":
        raise Conflict("A client has secrets made for it: renew them at /v1/clients.")
    _check(body.password, account.username, "/password")
    await keep_password(caller, account, body.password, chain)
    await end_sign_ins(caller, account_id, "password set")
    await _end_own_links(caller, account_id, chain)
    return await accounts.one(caller, account_id)


async def _end_own_links(caller: Caller, account_id: UUID, chain: UUID) -> None:
    own = select(Identity).where(
        col(Identity.account_id) == account_id, col(Identity.linked_by) == account_id, col(Identity.ended_at).is_(None)
    )
    for identity in (await caller.session.execute(own.with_for_update())).scalars().all():
        values = {"ended_at": clock.now(), "ended_by": caller.account_id}
        await caller.change(identity, values, chain, resource="identity", kind="identity.ended")


async def keep_password(caller: Caller, account: Account, password: str, chain: UUID) -> None:
    """Keep the hash of a new password; the former hash is not kept, as former values are."""
    account.password_hash = await passwords.hashed(password)
    account.version += 1
    account.updated_at = clock.now()
    caller.event("account.password_set", "account", chain, resource_id=account.id, fields=["password"])
    await caller.session.flush()
