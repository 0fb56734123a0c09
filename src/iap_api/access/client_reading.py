"""How clients are read: as lines of a list, and one as a whole with its live secrets."""

from typing import Any
from uuid import UUID

from sqlalchemy import Date, Select, bindparam, func, null, or_, select
from sqlmodel import col
from starlette.responses import Response

from iap_api.access import client_secrets
from iap_api.access.accounts import account_visible
from iap_api.access.caller import Caller
from iap_api.access.client_shapes import ClientRead, ClientWhole, SecretRead
from iap_api.access.places import place_within
from iap_api.access.reading import Reading
from iap_api.access.scope import gathered
from iap_api.access.tables import Account, Client, ClientSecret, HeldRole
from iap_api.access.telling import told
from iap_api.core import clock
from iap_api.core.errors import NotFound

_TODAY = bindparam("scope_today", type_=Date())


@told(
    school="{Things} that belong to, or work at, {place} or a base of it.",
    trust="{Things} that belong to, or work at, {place} itself.",
)
def client_visible(kinds: frozenset[str]) -> Any:
    """Return the filter for clients that belong to, or hold their role at, a place within reach."""
    return col(Client.id).in_(select(col(Account.id)).where(account_visible(kinds)))


def _places() -> Any:
    held = select(gathered(col(HeldRole.place_id))).where(
        col(HeldRole.account_id) == Client.id,
        col(HeldRole.starts_on) <= _TODAY,
        or_(col(HeldRole.ends_on).is_(None), col(HeldRole.ends_on) >= _TODAY),
        col(HeldRole.ended_at).is_(None),
        place_within(col(HeldRole.place_id)),
    )
    return held.correlate(Client).scalar_subquery()


def _last_used() -> Any:
    used = select(func.max(col(ClientSecret.last_used_at))).where(col(ClientSecret.client_id) == Client.id)
    return used.correlate(Client).scalar_subquery()


def _with_account(statement: Select[Any]) -> Select[Any]:
    return statement.select_from(Client).join(Account, col(Account.id) == Client.id)


def _state(item: dict[str, Any]) -> None:
    item["place_ids"] = sorted(item["place_ids"])
    if item["revoked_at"] is not None:
        item["state"] = "revoked"
    elif item["ends_on"] < clock.today():
        item["state"] = "expired"
    else:
        item["state"] = "live" if item["disabled_at"] is None else "disabled"


_ALSO: dict[str, Any] = {
    "username": col(Account.username),
    "name": col(Account.name),
    "place_id": col(Account.place_id),
    "disabled_at": col(Account.disabled_at),
    "place_ids": _places(),
    "last_used_at": _last_used(),
    "state": null(),
}


class WholeReading(Reading[ClientWhole]):
    """Reads one client together with its live secrets."""

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one client within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        return self._sent(caller, await self.item(caller, wanted), status, location)

    async def item(self, caller: Caller, wanted: UUID) -> dict[str, Any]:
        """Return one client within reach; raises `NotFound`."""
        plan = self.plan(caller.scope.kinds, frozenset(), frozenset(), "one")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "wanted": wanted})
        if not rows:
            raise NotFound()
        item = self._render(plan, rows[0], {})
        live = await client_secrets.live(caller.session, wanted)
        item["secrets"] = [{name: getattr(one, name) for name in SecretRead.model_fields} for one in live]
        return item

    def with_secret(self, caller: Caller, item: dict[str, Any], secret: str | None, **more: Any) -> Response:
        """Answer a client with the secret that was made for it."""
        return self._sent(caller, {**item, "secret": secret}, more.get("status", 200), more.get("location"))


clients = Reading(
    ClientRead,
    Client,
    visible=client_visible,
    resource="client",
    school=col(Account.place_id),
    joined=_with_account,
    also=_ALSO,
    filters={
        "role": lambda value: col(Client.role) == value,
        "place_id": lambda value: col(Account.place_id) == value,
    },
    finish=_state,
)
whole_client = WholeReading(
    ClientWhole,
    Client,
    visible=client_visible,
    resource="client",
    school=col(Account.place_id),
    joined=_with_account,
    also={**_ALSO, "secrets": null()},
    finish=_state,
)
