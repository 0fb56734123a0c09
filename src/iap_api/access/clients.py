"""Clients over HTTP: programs of suppliers, each with its own list of permissions, schools, networks and last day."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from iap_api.access import client_secrets
from iap_api.access.accounts import HoldsWiderRole, UsernameTaken, check_reach, end_sign_ins
from iap_api.access.caller import Caller
from iap_api.access.client_reading import client_visible, clients, whole_client
from iap_api.access.client_shapes import (
    ClientChange,
    ClientCreate,
    ClientFilters,
    ClientMade,
    ClientRead,
    ClientWhole,
    SecretRenew,
)
from iap_api.access.guard import may
from iap_api.access.places import HELD_AT, chain_of, reach_place
from iap_api.access.policy import Permission, permissions_of
from iap_api.access.reading import Listed, for_change
from iap_api.access.resources import shown_with
from iap_api.access.roles import Role
from iap_api.access.tables import Account, Client, HeldRole, Place
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.tables import new_id

routes = Routes("/v1/clients", "clients")
LONGEST = timedelta(days=3 * 366)


class ClientRevoked(Conflict):
    status, kind, title = 409, "client-revoked", "The client is revoked"
    advice = "That cannot be taken back: make a new client."


class TwoSecretsLive(Conflict):
    status, kind, title = 409, "two-secrets-live", "The client has two live secrets already"
    advice = "Drop the older one first, once nothing uses it any more."


class OneSecretLive(Conflict):
    status, kind, title = 409, "one-secret-live", "The client has no older secret"
    advice = "There is nothing to drop; to shut the client out, revoke it."


@routes.get("", response_model=Listed[ClientRead], summary="List clients")
async def list_clients(
    caller: Annotated[Caller, may(Permission.account_read)], filters: Annotated[ClientFilters, Query()]
) -> Response:
    """The clients that belong to, or work at, a place within reach, revoked and expired ones too."""
    return await clients.page(caller, filters)


@routes.post(
    "", response_model=ClientMade, status_code=201, summary="Make a client", openapi_extra=problems(UsernameTaken)
)
async def create_client(caller: Annotated[Caller, may(Permission.account_write)], body: ClientCreate) -> Response:
    """Make a client for a supplier's program and show its secret: here, once, and never again.

    A repetition with the same Idempotency-Key shows the client without its secret: renew it if it was lost.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{client_id}",
    response_model=ClientMade,
    status_code=201,
    summary="Make a client under an id of your own",
    openapi_extra=problems(UsernameTaken),
)
async def put_client(
    caller: Annotated[Caller, may(Permission.account_write)], client_id: Id, body: ClientCreate
) -> Response:
    """As `create_client`, with an id the caller chose: the same body again answers 200, without a secret."""
    return await _create(caller, body, client_id)


async def _create(caller: Caller, body: ClientCreate, chosen: UUID | None) -> Response:
    client_id, fresh = await caller.once(body, chosen)
    secret = None
    if fresh:
        home = await reach_place(caller, body.place_id)
        named = list(dict.fromkeys(body.place_ids))
        places = [await reach_place(caller, one, f"/place_ids/{at}") for at, one in enumerate(named)]
        role = Role[body.role]
        wrong = [
            (f"/place_ids/{at}", f"is a {place.kind}, where nobody holds this role")
            for at, place in enumerate(places)
            if place.kind not in HELD_AT[role]
        ]
        wrong += (
            _not_held(role, body.permissions) + _shown_unread(caller, body.permissions) + _out_of_days(body.ends_on)
        )
        if home.kind == "base":
            wrong.append(("/place_id", "is a base: a school or the trust looks after a client"))
        if wrong:
            raise Invalid(errors=wrong)
        account = Account(id=client_id, kind="client", username=body.username, name=body.name, place_id=home.id)
        caller.session.add(account)
        await caller.session.flush()
        client = Client(
            id=client_id, role=role.value, permissions=_in_order(body.permissions),
            networks=list(dict.fromkeys(body.networks)), ends_on=body.ends_on,
        )  # fmt: skip
        await caller.create(client, chain_of(home), resource="client")
        for place in places:
            _grant(caller, client, place)
        row, secret = client_secrets.made(client_id)
        caller.session.add(row)
        await caller.session.flush()
    item = await whole_client.item(caller, client_id)
    return whole_client.with_secret(
        caller, item, secret, status=201 if fresh else 200, location=f"/v1/clients/{client_id}"
    )


def _grant(caller: Caller, client: Client, place: Place) -> None:
    held = HeldRole(
        id=new_id(), account_id=client.id, role=client.role, place_id=place.id, starts_on=clock.today(),
        granted_by=caller.account_id,
    )  # fmt: skip
    caller.session.add(held)
    fields = ["place_id", "role", "starts_on"]
    caller.event("role.granted", "held_role", chain_of(place), resource_id=held.id, fields=fields)


def _not_held(role: Role, names: list[str]) -> list[tuple[str, str]]:
    held = {permission.name for permission in permissions_of(role)}
    return [
        (f"/permissions/{at}", f"is not among the permissions of {role.value}: {', '.join(sorted(held))}")
        for at, name in enumerate(names)
        if name not in held
    ]


def _shown_unread(caller: Caller, names: list[str]) -> list[tuple[str, str]]:
    # a change is answered with the record: without this, writing would read past the list
    pairs = {one.name: beside for one, beside in shown_with(caller.request.app.state.resources.values()).items()}
    return [
        (f"/permissions/{at}", f"also shows what it changes: put {needed.name} on the list too")
        for at, name in enumerate(names)
        for needed in pairs.get(name, [])
        if needed.name not in names
    ]


def _in_order(names: list[str]) -> list[str]:
    return [permission.name for permission in Permission if permission.name in names]


def _out_of_days(ends_on: date) -> list[tuple[str, str]]:
    if not clock.today() <= ends_on <= clock.today() + LONGEST:
        return [("/ends_on", "must lie between today and three years ahead")]
    return []


@routes.get("/{client_id}", response_model=ClientWhole, summary="Read a client")
async def read_client(caller: Annotated[Caller, may(Permission.account_read)], client_id: Id) -> Response:
    """One client with its live secrets: of each since when, until when and when it was last used."""
    return await whole_client.one(caller, client_id)


async def _to_change(caller: Caller, client_id: UUID) -> tuple[Client, UUID]:
    client: Client = await for_change(caller, Client, client_id, client_visible)
    chain = await check_reach(caller, await caller.session.get_one(Account, client_id))
    if client.revoked_at is not None:
        raise ClientRevoked()
    return client, chain


async def _note(caller: Caller, client: Client, chain: UUID, kind: str, fields: list[str]) -> None:
    client.version += 1
    client.updated_at = clock.now()
    caller.event(kind, "client", chain, resource_id=client.id, fields=fields)
    await caller.session.flush()


@routes.patch(
    "/{client_id}",
    response_model=ClientWhole,
    summary="Change a client",
    openapi_extra=problems(HoldsWiderRole, ClientRevoked),
)
async def change_client(
    caller: Annotated[Caller, may(Permission.account_write)],
    client_id: Id,
    body: ClientChange,  # type: ignore[valid-type]
) -> Response:
    """Change what a client may do, from where, or until when (merge patch); it holds from its next request on.

    Its name is changed as an account's; where it works, by granting and ending its role.
    """
    client, chain = await _to_change(caller, client_id)
    values: dict[str, Any] = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    wanted = values.get("permissions", [])
    wrong = _not_held(Role[client.role], wanted) + _shown_unread(caller, wanted)
    if "ends_on" in values:
        wrong += _out_of_days(values["ends_on"])
    if wrong:
        raise Invalid(errors=wrong)
    if "permissions" in values:
        values["permissions"] = _in_order(values["permissions"])
    await caller.change(client, values, chain, resource="client")
    return await whole_client.one(caller, client_id)


@routes.post(
    "/{client_id}/renew-secret",
    response_model=ClientMade,
    summary="Renew a client's secret",
    openapi_extra=problems(HoldsWiderRole, ClientRevoked, TwoSecretsLive),
)
async def renew_secret(
    caller: Annotated[Caller, may(Permission.account_write)], client_id: Id, body: SecretRenew
) -> Response:
    """Make a second secret, shown in this answer once; the present one stays good for a while beside it.

    With `keep_older_hours` 0 the present one, and every token fetched with it, is refused at once.
    """
    client, chain = await _to_change(caller, client_id)
    now = clock.now()
    live = await client_secrets.live(caller.session, client.id)
    if len(live) >= client_secrets.LIVE_AT_ONCE and body.keep_older_hours:
        raise TwoSecretsLive()
    for one in live:
        if body.keep_older_hours:
            one.expires_at = now + timedelta(hours=body.keep_older_hours)
        else:
            await client_secrets.end(caller.session, one, now)
    row, secret = client_secrets.made(client.id)
    caller.session.add(row)
    await _note(caller, client, chain, "client.secret_renewed", ["secrets"])
    return whole_client.with_secret(caller, await whole_client.item(caller, client_id), secret)


@routes.post(
    "/{client_id}/drop-secret",
    response_model=ClientWhole,
    summary="Drop a client's older secret",
    openapi_extra=problems(HoldsWiderRole, ClientRevoked, OneSecretLive),
)
async def drop_secret(caller: Annotated[Caller, may(Permission.account_write)], client_id: Id) -> Response:
    """End the older of two live secrets now; tokens fetched with it are refused, those of the newer one go on."""
    client, chain = await _to_change(caller, client_id)
    live = await client_secrets.live(caller.session, client.id)
    if len(live) < client_secrets.LIVE_AT_ONCE:
        raise OneSecretLive()
    await client_secrets.end(caller.session, live[0], clock.now())
    await _note(caller, client, chain, "client.secret_dropped", ["secrets"])
    return await whole_client.one(caller, client_id)


@routes.post(
    "/{client_id}/revoke",
    response_model=ClientWhole,
    summary="Revoke a client",
    openapi_extra=problems(HoldsWiderRole, ClientRevoked),
)
async def revoke_client(caller: Annotated[Caller, may(Permission.account_write)], client_id: Id) -> Response:
    """Shut a client out for good: every token and secret of it is refused from its next request on."""
    client, chain = await _to_change(caller, client_id)
    now = clock.now()
    for one in await client_secrets.live(caller.session, client.id):
        await client_secrets.end(caller.session, one, now)
    await end_sign_ins(caller, client.id, "client revoked")
    values = {"revoked_at": now, "revoked_by": caller.account_id}
    await caller.change(client, values, chain, resource="client", kind="client.revoked")
    return await whole_client.one(caller, client_id)
