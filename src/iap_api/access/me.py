"""Who am I: the caller's own roles, schools and permissions, so that a frontend hides what it may not do."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.guard import signed_in
from iap_api.access.policy import Permission, Reach
from iap_api.access.reading import PRIVATE
from iap_api.access.tables import Account
from iap_api.core.errors import NotFound
from iap_api.core.routes import Routes
from iap_api.core.shapes import Shape

routes = Routes("/v1/me", "me")


class HeldShape(Shape):
    """One role at one place."""

    role: str
    place_id: UUID
    kind: str


class Me(Shape):
    """The caller."""

    id: UUID
    name: str
    username: str | None
    kind: str
    roles: list[HeldShape]
    school_ids: list[UUID]
    base_ids: list[UUID]
    permissions: dict[str, str]


@routes.get("", response_model=Me, summary="Read who I am")
async def read_me(caller: Annotated[Caller, signed_in(guests=True)]) -> Response:
    """The caller's roles, schools, bases, and how far each permission reaches (`own`, `base`, `school`, `trust`).

    A guest has an invitation and no account: `id` is the invitation's, and there is no user name.
    """
    account = None
    if caller.account_kind != "guest":
        account = await caller.session.get(Account, caller.account_id)
        if account is None:
            raise NotFound()
    reaches = {
        permission.name: max((held.reach(permission) for held in caller.held), default=Reach.none)
        for permission in Permission
    }
    shown = {
        "id": caller.account_id,
        "name": account.name if account else "Guest",
        "username": account.username if account else None,
        "kind": caller.account_kind,
        "roles": [{"role": held.role.value, "place_id": held.place_id, "kind": held.kind} for held in caller.held],
        "school_ids": sorted({held.school_id for held in caller.held if held.school_id}),
        "base_ids": sorted({held.place_id for held in caller.held if held.kind == "base"}),
        "permissions": {name: reach.name for name, reach in reaches.items() if reach},
    }
    return Response(msgspec.json.encode(shown), 200, PRIVATE, "application/json")
