"""Flips one cell of the policy table at a time and asks the API, until an answer differs from who_may.md.

Only the flipping knows the table: what is asked, and what is expected, come from the contract and the page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlmodel import SQLModel

from iap_api.access.policy import Permission, Reach
from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.house import promised, two_roles
from tests.house.asked import spots
from tests.house.contract import OPERATIONS, Operation
from tests.house.spots import Neighbourhood
from tests.house.two_roles import Pair
from tests.house.who_may import GUESTS
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person

# a role held below a trust reaches no trust: there `trust` is another word for `school`
_BELOW_A_TRUST = (Reach.none, Reach.own, Reach.base, Reach.school)


@dataclass(frozen=True)
class Mutant:
    """One cell with another value."""

    permission: Permission
    role: Role
    becomes: Reach

    def __str__(self) -> str:
        """Tell which cell becomes what."""
        row, role, was, becomes = self.told()
        return f"{row} {role}: {was} → {becomes}"

    def told(self) -> tuple[str, str, str, str]:
        """Row, role, letter and new letter."""
        was = self.permission.reaches[self.role]
        return self.permission.name, self.role.value, "-obst"[was], "-obst"[self.becomes]


def mutants(permission: Permission) -> list[Mutant]:
    """Every other value of every cell of one row."""
    return [
        Mutant(permission, role, value)
        for role, now in permission.reaches.items()
        for value in (Reach if role in two_roles.HELD_AT_TRUST else _BELOW_A_TRUST)
        if value is not now
    ]


@contextmanager
def flipped(mutant: Mutant) -> Iterator[None]:
    """The table with one cell changed; nothing that is kept between requests depends on a cell."""
    reaches, role = mutant.permission.reaches, mutant.role
    was, reaches[role] = reaches[role], mutant.becomes
    try:
        yield
    finally:
        reaches[role] = was


class _Noting(dict[Role, Reach]):
    """A row that notes who looks at it."""

    def __init__(self, permission: Permission, seen: set[Permission]) -> None:
        super().__init__(permission.reaches)
        self.permission, self.seen = permission, seen

    def __getitem__(self, role: Role) -> Reach:
        self.seen.add(self.permission)
        return super().__getitem__(role)


@contextmanager
def _noted() -> Iterator[set[Permission]]:
    """Which rows are looked at meanwhile."""
    seen: set[Permission] = set()
    rows = {permission: permission.reaches for permission in Permission}
    for permission in rows:
        permission.reaches = _Noting(permission, seen)
    try:
        yield seen
    finally:
        for permission, reaches in rows.items():
            permission.reaches = reaches


async def _let_clients_ask(near: Neighbourhood) -> None:
    """Put every permission on the clients' own lists, which could hide what a flip allows."""
    clients = SQLModel.metadata.tables.get("clients")
    if clients is not None:
        every = [permission.name for permission in Permission]
        async with near.world.app.state.database.transaction() as session:
            await session.execute(update(clients).values(permissions=every))


@dataclass
class Hunt:
    """The neighbourhood, those with two roles, and which operations look at which row."""

    near: Neighbourhood
    pairs: list[Pair]
    young: dict[Role, Person]
    looked_at: dict[Permission, list[Operation]] = field(default_factory=dict)

    @classmethod
    async def begin(cls, near: Neighbourhood) -> "Hunt":
        """Find out who looks at what, by asking each operation as whoever reaches furthest with it."""
        await _let_clients_ask(near)
        hunt = cls(
            near,
            await two_roles.pairs(near, [role for role in Role if role not in GUESTS]),
            await two_roles.young_trust(near),
        )
        for name in WHO_MAY:
            operation = OPERATIONS[name]
            with _noted() as seen:
                cells = WHO_MAY[name]
                role = max(cells, key=lambda role: "-obst".index(cells[role]))
                for spot in spots(operation, near)[: 2 if FULL else 1]:
                    found = await promised.difference(near, operation, role, spot)
                    assert found is None, f"{name}: {found}"
            for permission in seen:
                hunt.looked_at.setdefault(permission, []).append(operation)
        for operations in hunt.looked_at.values():
            # what reads comes first: a mutant that is let in must not change the neighbourhood more than it needs
            operations.sort(key=lambda one: (one.method != "GET", one.creates, one.id))
        return hunt

    async def killer(self, mutant: Mutant, *, wide: bool = False) -> str | None:
        """Return the first answer that differs from the page while the cell is flipped, or None if none does.

        First what looks at the row is asked, about everything; with `wide`, every other operation as well.
        """
        near = self.looked_at.get(mutant.permission, [])
        far = [one for name in WHO_MAY if (one := OPERATIONS[name]) not in near] if wide else []
        with flipped(mutant):
            for operation in (*near, *far):
                for spot in spots(operation, self.near):
                    if found := await promised.difference(self.near, operation, mutant.role, spot):
                        return f"{operation.id}: {found}"
            return await self._killed_by_others(mutant, {one.id for one in near})

    async def _killed_by_others(self, mutant: Mutant, near: set[str]) -> str | None:
        """Ask as somebody with two roles, and as somebody of a trust without a school."""
        if "read_pupil" in near:
            for pair in self.pairs:
                if mutant.role is pair.roles[0] and (found := await two_roles.difference(self.near, pair)):
                    return found
        if "list_access_records" in near and WHO_MAY["list_access_records"][mutant.role] == "t":
            # what happened at the trust itself stands in a chain of its own
            world = self.near.world
            told = await world.people[mutant.role.value].get(f"/v1/access-records?school_id={world.trust_id}")
            if told.status_code == 200 and not told.json()["items"]:
                return "list_access_records: nothing of the trust's own chain"
        if mutant.role in self.young and "list_trusts" in near:
            return await two_roles.difference_in_young_trust(mutant.role, self.young[mutant.role])
        return None
