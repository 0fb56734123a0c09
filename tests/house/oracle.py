"""Who sees whom, a second time and in plain Python: from the words of who_may.md and the design, never from the code.

It knows facts and letters; it asks no database, and imports nothing that the API decides by.
"""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from iap_api.access.roles import Role
from tests.house.who_may import OPERATIONS, SECTIONS


@dataclass(frozen=True)
class Days:
    """From a day until a day, both included; None is open."""

    from_on: date
    until_on: date | None

    def holds(self, day: date) -> bool:
        """Say whether the day lies within."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)

    def not_over(self, day: date) -> bool:
        """Say whether the day is not past."""
        return self.until_on is None or day <= self.until_on


@dataclass(frozen=True)
class Fact:
    """A registration, placement or caseload entry: whose, where (school, base or account), when."""

    id: UUID
    child: UUID
    at: UUID
    days: Days
    kind: str = ""


@dataclass(frozen=True)
class Grant:
    """A role at a place."""

    role: Role
    place: UUID
    days: Days
    taken_away: bool = False


@dataclass(frozen=True)
class Booked:
    """A booking: whose room it is in, and whom it names."""

    id: UUID
    school: UUID
    base: UUID | None
    children: frozenset[UUID]


@dataclass
class Facts:
    """One world: the places, the children, and what is said of them."""

    today: date
    trust: UUID
    schools: set[UUID] = field(default_factory=set)
    base_school: dict[UUID, UUID] = field(default_factory=dict)
    children: list[UUID] = field(default_factory=list)
    registrations: list[Fact] = field(default_factory=list)
    placements: list[Fact] = field(default_factory=list)
    caseloads: list[Fact] = field(default_factory=list)
    bookings: list[Booked] = field(default_factory=list)
    # rows about one child, by the last part of the path that lists them
    rows: dict[str, dict[UUID, UUID]] = field(default_factory=dict)
    grants: dict[UUID, list[Grant]] = field(default_factory=dict)

    def held(self, account: UUID) -> list[Grant]:
        """The roles that count today."""
        return [one for one in self.grants[account] if one.days.holds(self.today) and not one.taken_away]

    def may(self, account: UUID, operation: str) -> bool:
        """Say whether any role allows the operation at all."""
        return any(OPERATIONS[operation][one.role] != "-" for one in self.held(account))

    def _schools(self, place: UUID) -> set[UUID]:
        if place == self.trust:
            return self.schools
        return {self.base_school.get(place, place)}

    def _bases(self, place: UUID) -> set[UUID]:
        return {base for base, school in self.base_school.items() if base == place or (
            place not in self.base_school and school in self._schools(place))}  # fmt: skip

    def _on_caseload(self, account: UUID) -> set[UUID]:
        return {one.child for one in self.caseloads if one.at == account and one.days.holds(self.today)}

    def _placed(self, bases: set[UUID]) -> set[UUID]:
        return {one.child for one in self.placements if one.at in bases and one.days.holds(self.today)}

    def _registered(self, schools: set[UUID]) -> set[UUID]:
        return {
            one.child
            for one in self.registrations
            if one.at in schools
            and (one.days.not_over(self.today) if one.kind == "enrolled" else one.days.holds(self.today))
        }

    def _children_of(self, account: UUID, grant: Grant, letter: str) -> set[UUID]:
        if letter == "o":
            return self._on_caseload(account)
        if letter == "b":
            return self._placed(self._bases(grant.place))
        return self._registered(self._schools(grant.place)) if letter in "st" else set()

    def children_within(self, account: UUID, operation: str) -> set[UUID]:
        """The children whom the operation reaches."""
        return set().union(
            *(self._children_of(account, one, OPERATIONS[operation][one.role]) for one in self.held(account))
        )

    def roles_reaching(self, account: UUID, operation: str, child: UUID) -> set[Role]:
        """The roles by which the operation reaches one child: what they show is added up."""
        return {
            one.role
            for one in self.held(account)
            if child in self._children_of(account, one, OPERATIONS[operation][one.role])
        }

    def found_by_upn(self, account: UUID, child: UUID) -> bool | None:
        """Say whether a search for the child's UPN finds it; None: no role sees UPNs, so nothing may be asked."""
        if not any(one.role in SECTIONS["roll"] for one in self.held(account)):
            return None
        return bool(self.roles_reaching(account, "search_pupils", child) & SECTIONS["roll"])

    def bookings_within(self, account: UUID, operation: str) -> set[UUID]:
        """The bookings that the operation reaches: by their room, or by whom they name."""
        found = set()
        for grant in self.held(account):
            letter = OPERATIONS[operation][grant.role]
            named = self._children_of(account, grant, letter)
            for one in self.bookings:
                if letter in "st":
                    within = one.school in self._schools(grant.place)
                elif letter == "b" and one.base is not None:
                    within = one.base in self._bases(grant.place)
                elif letter == "b":
                    within = one.school in self._schools(grant.place) and bool(one.children & named)
                else:
                    within = bool(one.children & named)
                if within:
                    found.add(one.id)
        return found

    def within(self, account: UUID, path: str, operation: str) -> set[UUID]:
        """The rows of one list that the operation reaches."""
        if path == "bookings":
            return self.bookings_within(account, operation)
        children = self.children_within(account, operation)
        return {row for row, child in self.rows[path].items() if child in children}
