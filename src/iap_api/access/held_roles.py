"""Roles over HTTP: granted to an account at a place, listed, and ended; every grant stands in the ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from iap_api.access.account_shapes import HeldRoleFilters, HeldRoleRead, RoleDays, RoleEnd, RoleGrant
from iap_api.access.accounts import OwnAccount, account_visible
from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.places import CLIENT_ROLES, HELD_AT, chain_of, place_within, reach_place
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.roles import Role
from iap_api.access.tables import Account, Client, HeldRole, Place
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.pages import Page
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id

routes = Routes("/v1", "roles")


class RoleHeldAlready(Conflict):
    status, kind, title = 409, "role-held-already", "The account holds that role there already"
    advice = "There is nothing to do; its days are changed, not granted twice."


refuse("uq_held_roles_open", RoleHeldAlready)
refuse("uq_held_roles_account_id_role_place_id", RoleHeldAlready)


class _GrantTo(RoleGrant):
    """A grant with the account it is for: one Idempotency-Key must not serve two accounts."""

    account_id: Id


@told(school="Roles held at {place} or a base of it.", trust="Roles held at {place} itself.")
def held_role_visible(_kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for roles held at places within reach."""
    return place_within(col(HeldRole.place_id))


held_roles = Reading(
    HeldRoleRead,
    HeldRole,
    visible=held_role_visible,
    resource="held_role",
    school=col(HeldRole.place_id),
    filters={
        "account_id": lambda value: col(HeldRole.account_id) == value,
        "place_id": lambda value: col(HeldRole.place_id) == value,
        "role": lambda value: col(HeldRole.role) == value,
    },
)


async def account_within(caller: Caller, account_id: UUID, *, lock: bool = False) -> Account:
    """Return an account within reach, locked against a change of it if `lock`; raises `NotFound`."""
    wanted = select(Account).where(col(Account.id) == account_id, account_visible(caller.scope.kinds))
    if lock:
        # a grant and a change of the same account's password must see each other
        wanted = wanted.with_for_update(of=Account)
    account = (await caller.session.execute(wanted, caller.scope.binds())).scalar_one_or_none()
    if account is None:
        raise NotFound()
    return account


@routes.get("/accounts/{account_id}/roles", response_model=Listed[HeldRoleRead], summary="List the roles of an account")
async def list_account_roles(
    caller: Annotated[Caller, may(Permission.account_read)], account_id: Id, page: Annotated[Page, Query()]
) -> Response:
    """The roles that an account holds or held at places within reach, ended ones included."""
    await account_within(caller, account_id)
    return await held_roles.page(caller, page, also={"account_id": account_id})


@routes.post(
    "/accounts/{account_id}/roles",
    response_model=HeldRoleRead,
    status_code=201,
    summary="Grant a role",
    openapi_extra=problems(RoleHeldAlready, OwnAccount),
)
async def grant_role(
    caller: Annotated[Caller, may(Permission.account_write)], account_id: Id, body: RoleGrant
) -> Response:
    """Grant a role at a trust, school or base within the caller's own reach; nobody grants one to themself.

    A second open grant of the same role at the same place answers 409 `role-held-already`.
    """
    role_id, fresh = await caller.once(_GrantTo(account_id=account_id, **body.model_dump()))
    if fresh:
        account = await account_within(caller, account_id, lock=True)
        if account.id == caller.account_id:
            raise OwnAccount()
        place = await reach_place(caller, body.place_id)
        starts_on = body.starts_on or clock.today()
        role = Role[body.role]
        wrong = []
        if place.kind not in HELD_AT[role]:
            wrong.append(("/place_id", f"is a {place.kind}, where nobody holds this role"))
        if (role in CLIENT_ROLES) != (account.kind == "client"):
            wrong.append(("/role", "is for clients only, or for persons only: the account is not one"))
        elif account.kind == "client" and (await caller.session.get_one(Client, account.id)).role != body.role:
            wrong.append(("/role", "is not the role that the client was made for"))
        if body.ends_on is not None and body.ends_on < starts_on:
            wrong.append(("/ends_on", "lies before the role starts"))
        if wrong:
            raise Invalid(errors=wrong)
        held = HeldRole(
            id=role_id, account_id=account_id, role=body.role, place_id=place.id, starts_on=starts_on,
            ends_on=body.ends_on, granted_by=caller.account_id,
        )  # fmt: skip
        caller.session.add(held)
        fields = ["role", "place_id", "starts_on", *(["ends_on"] if body.ends_on else [])]
        caller.event("role.granted", "held_role", chain_of(place), resource_id=role_id, fields=fields)
        await caller.session.flush()
    status = 201 if fresh else 200
    return await held_roles.one(caller, role_id, status=status, location=f"/v1/held-roles/{role_id}")


@routes.get("/held-roles", response_model=Listed[HeldRoleRead], summary="List roles held")
async def list_held_roles(
    caller: Annotated[Caller, may(Permission.account_read)], filters: Annotated[HeldRoleFilters, Query()]
) -> Response:
    """Who holds, or held, which role at the places within reach."""
    return await held_roles.page(caller, filters)


@routes.get("/held-roles/{held_role_id}", response_model=HeldRoleRead, summary="Read a role held")
async def read_held_role(caller: Annotated[Caller, may(Permission.account_read)], held_role_id: Id) -> Response:
    """One role held by one account at one place."""
    return await held_roles.one(caller, held_role_id)


@routes.patch(
    "/held-roles/{held_role_id}",
    response_model=HeldRoleRead,
    summary="Change the days of a role",
    openapi_extra=problems(OwnAccount, RoleHeldAlready),
)
async def change_held_role(
    caller: Annotated[Caller, may(Permission.account_write)], held_role_id: Id, body: RoleDays
) -> Response:
    """Let cover begin on another day, stay longer or leave earlier (merge patch); `end` ends it at once."""
    held = await _still_held(caller, held_role_id)
    values = body.model_dump(exclude_unset=True)
    starts_on = values.get("starts_on", held.starts_on)
    wrong = []
    if starts_on != held.starts_on and (held.starts_on <= clock.today() or starts_on < clock.today()):
        wrong.append(("/starts_on", "lies before today, or the role has begun already"))
    ends_on = values.get("ends_on", held.ends_on)
    if ends_on is not None and ends_on < max(starts_on, clock.today()):
        wrong.append(("/ends_on", "lies before today, or before the role starts"))
    if wrong:
        raise Invalid(errors=wrong)
    place = await caller.session.get_one(Place, held.place_id)
    await caller.change(held, values, chain_of(place), resource="held_role", kind="role.changed")
    return await held_roles.one(caller, held_role_id)


async def _still_held(caller: Caller, held_role_id: UUID) -> HeldRole:
    held: HeldRole = await for_change(caller, HeldRole, held_role_id, held_role_visible)
    if held.account_id == caller.account_id:
        raise OwnAccount()
    if held.ended_at is not None or (held.ends_on is not None and held.ends_on < clock.today()):
        raise Conflict("The role has ended already.")
    return held


@routes.post(
    "/held-roles/{held_role_id}/end",
    response_model=HeldRoleRead,
    summary="End a role",
    openapi_extra=problems(OwnAccount),
)
async def end_held_role(
    caller: Annotated[Caller, may(Permission.account_write)], held_role_id: Id, body: RoleEnd
) -> Response:
    """End a role at once, refused from the account's next request on, or at the end of a day to come."""
    held = await _still_held(caller, held_role_id)
    today = clock.today()
    if body.ends_on is not None and body.ends_on < max(today, held.starts_on):
        raise Invalid(
            errors=[("/ends_on", "lies before today, or before the role starts: leave it out to end at once")]
        )
    values = {"ends_on": body.ends_on or max(today, held.starts_on), "ended_by": caller.account_id}
    if body.ends_on is None:
        values["ended_at"] = clock.now()
    place = await caller.session.get_one(Place, held.place_id)
    await caller.change(held, values, chain_of(place), resource="held_role", kind="role.ended")
    return await held_roles.one(caller, held_role_id)
