"""In which role somebody did what an access record tells: the roles that the account held there at that time."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.policy import Permission
from iap_api.access.roles import Role
from iap_api.access.scope import among
from iap_api.access.tables import HeldRole, Place
from iap_api.core import clock
from iap_api.core.transactions import Prepared, Transaction
from iap_api.records.access_pages import Entry

_PERMISSIONS = {one.name: one for one in Permission}
_ROLES = {role.value: role for role in Role}
_ORDER = {role: at for at, role in enumerate(Role)}
_HELD = Prepared(
    select(
        col(HeldRole.account_id),
        col(HeldRole.role),
        col(Place.id),
        col(Place.name),
        col(Place.school_id),
        col(HeldRole.starts_on),
        col(HeldRole.ends_on),
        col(HeldRole.ended_at),
        col(HeldRole.created_at),
    )
    .join(Place, col(Place.id) == col(HeldRole.place_id))
    .where(among(HeldRole.account_id, "accounts"))
)
_TRUSTS = Prepared(select(col(Place.id), col(Place.trust_id)).where(among(Place.id, "chains")))


class Standing(NamedTuple):
    """One role that an account holds or held, and where."""

    role: Role
    place_id: UUID
    place: str
    school_id: UUID | None
    starts_on: date
    ends_on: date | None
    ended_at: datetime | None
    granted_at: datetime

    def held(self, at: datetime) -> bool:
        """Say whether the role was held at that moment."""
        day = at.astimezone(clock.LONDON).date()
        # a day is not enough: roles are granted and ended within it
        if at < self.granted_at or (self.ended_at is not None and self.ended_at < at):
            return False
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)


class Standings:
    """The roles of the accounts that some entries name."""

    def __init__(self, held: Iterable[Sequence[Any]], trusts: Iterable[Sequence[Any]]) -> None:
        """Take the rows of `_HELD` and `_TRUSTS`."""
        self._held: dict[UUID, list[Standing]] = {}
        for account_id, role, *rest in held:
            if role in _ROLES:
                self._held.setdefault(account_id, []).append(Standing(_ROLES[role], *rest))
        self._trusts: dict[UUID, UUID | None] = {one[0]: one[1] for one in trusts}

    @classmethod
    async def of(cls, transaction: Transaction, entries: Sequence[Entry]) -> "Standings":
        """Look up what these entries need."""
        accounts = {one.account_id for one in entries if one.account_id}
        chains = {one.school_id for one in entries}
        return cls(
            await transaction.rows(_HELD, {"accounts": sorted(accounts)}),
            await transaction.rows(_TRUSTS, {"chains": sorted(chains)}),
        )

    def roles(self, entry: Entry) -> list[Standing]:
        """Return in which roles the account can have done it, nearest first, each role once.

        Of the roles held at that moment: those with the permission the entry names, held at the school, its bases or
        its trust; failing these, those with the permission anywhere (a referrer works elsewhere); failing these, any.
        """
        if entry.account_id is None:
            return []
        there = {entry.school_id, self._trusts.get(entry.school_id)} - {None}
        held = [one for one in self._held.get(entry.account_id, ()) if one.held(entry.at)]
        permission = _PERMISSIONS.get(entry.permission)
        able = [one for one in held if permission is not None and permission.reaches[one.role]]
        near = [one for one in able if one.place_id in there or one.school_id in there]
        chosen = {one.role: one for one in near or able or held}
        return sorted(chosen.values(), key=lambda one: _ORDER[one.role])
