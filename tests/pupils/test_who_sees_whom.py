"""Who sees whom, told twice: by the filter of the database and by a page of plain Python, over random small worlds."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from iap_api.access.tables import HeldRole
from iap_api.pupils.tables import Caseload, Placement, Pupil, Registration
from tests.conftest import FULL
from tests.world import Person, World

SEED = 20261124
# by hand from the descriptions of the roles: who reads pupils, and how far
READS = {
    "teaching_assistant": "base", "base_lead": "base", "class_teacher": "own", "therapist": "own", "referrer": "own",
    "senco": "school", "headteacher": "school", "safeguarding_lead": "school", "office": "school",
    "trust_inclusion_lead": "trust", "governor": "nothing", "trust_analyst": "nothing", "administrator": "nothing",
}  # fmt: skip
EDGES = (-400, -30, -2, -1, 0, 1, 2, 30)
KINDS = ("enrolled", "placed", "dual_registered", "referred")


@dataclass
class Days:
    """From and until, both included."""

    first: date
    last: date | None

    def has(self, today: date) -> bool:
        return self.first <= today and (self.last is None or today <= self.last)


@dataclass
class Child:
    """What the model knows of one pupil."""

    id: UUID
    registered: list[tuple[UUID, str, Days]] = field(default_factory=list)
    placed: list[tuple[UUID, Days]] = field(default_factory=list)
    minded_by: list[tuple[int, Days]] = field(default_factory=list)


@dataclass
class Adult:
    """What the model knows of one account."""

    person: Person
    roles: list[tuple[str, str, Days]] = field(default_factory=list)


class Setting:
    """One trust, in which many small worlds live side by side; the model and the tables are filled together."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world, self.dice = world, dice
        self.today = datetime.now(ZoneInfo("Europe/London")).date()
        self.nest = world.base("The Nest", world.north)
        self.schools = {"north": world.north, "south": world.south, "partner": world.partner}
        self.bases = {"bubble": world.bubble, "nest": self.nest, "harbour": world.harbour}
        self.school_of = {"bubble": "north", "nest": "north", "harbour": "south"}
        self.places = {**self.schools, **self.bases, "trust": world.trust_id}
        self.children: list[Child] = []
        self.adults: list[Adult] = []

    def days(self) -> Days:
        first = self.today + timedelta(days=self.dice.choice(EDGES))
        open_end = self.dice.random() < 0.4
        return Days(first, None if open_end else self.today + timedelta(days=self.dice.choice(EDGES)))

    def small_world(self) -> None:
        """One adult with a role or two, and two children."""
        mine = [self.child(), self.child()]
        at = len(self.adults)
        adult = Adult(self.world.account(f"adult_{at}", "data_protection_officer", self.world.trust_id))
        self.adults.append(adult)
        for _ in range(self.dice.choice((1, 1, 2))):
            role = self.dice.choice(tuple(READS))
            where = self._held_at(role)
            if (role, where) in {(held, at_place) for held, at_place, _ in adult.roles}:
                continue
            days = Days(self.today - timedelta(days=9), None) if self.dice.random() < 0.8 else self.days()
            if days.last is not None and days.last < days.first:
                days.last = days.first
            adult.roles.append((role, where, days))
            self.world.add(
                HeldRole(
                    account_id=adult.person.account.id, role=role, place_id=self.places[where], starts_on=days.first,
                    ends_on=days.last,
                )
            )  # fmt: skip
        for child in mine:
            self._mind(child, at)

    def _held_at(self, role: str) -> str:
        if READS[role] == "base":
            return self.dice.choice(("bubble", "nest", "harbour", "bubble", "north", "trust"))
        if role == "referrer":
            return "partner"
        return self.dice.choice(("north", "south", "north", "partner", "trust"))

    def child(self) -> Child:
        row = self.world.add(
            Pupil(
                trust_id=self.world.trust_id, school_id=self.world.north, given_name="Child", family_name="Of The Test",
                search_name="child of the test", born_on=date(2017, 5, 4), sex="F",
            )
        )  # fmt: skip
        made = Child(row.id)
        self.children.append(made)
        for school in self.dice.sample(("north", "south", "partner"), self.dice.choice((1, 1, 2, 3))):
            kind, days = self.dice.choice(KINDS), self.days()
            made.registered.append((self.schools[school], kind, days))
            self.world.add(
                Registration(
                    school_id=self.schools[school], pupil_id=row.id, kind=kind, from_on=days.first, until_on=days.last
                )
            )
        self._place(made)
        return made

    def _place(self, child: Child) -> None:
        there = {school for school, _, _ in child.registered}
        for base, school in self.school_of.items():
            if self.schools[school] not in there or self.dice.random() < 0.4:
                continue
            days = self.days()
            if days.last is None and any(one.last is None for _, one in child.placed):
                days.last = self.today
            child.placed.append((self.bases[base], days))
            self.world.add(
                Placement(
                    school_id=self.schools[school], base_id=self.bases[base], pupil_id=child.id, from_on=days.first,
                    until_on=days.last,
                )
            )  # fmt: skip

    def _mind(self, child: Child, at: int) -> None:
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            days, account = self.days(), self.adults[at].person.account.id
            child.minded_by.append((at, days))
            self.world.add(
                Caseload(
                    school_id=child.registered[0][0], account_id=account, pupil_id=child.id, why="granted",
                    from_on=days.first, until_on=days.last,
                )
            )  # fmt: skip

    # the model

    def sees(self, at: int, child: Child) -> bool:
        return any(
            self._by_role(READS[role], where, at, child)
            for role, where, days in self.adults[at].roles
            if days.has(self.today)
        )

    def _by_role(self, reach: str, where: str, at: int, child: Child) -> bool:
        if reach == "own":
            return any(who == at and days.has(self.today) for who, days in child.minded_by)
        if reach == "base":
            bases = {"north": ("bubble", "nest"), "trust": ("bubble", "nest", "harbour")}.get(where, (where,))
            within = {self.bases[base] for base in bases}
            return any(base in within and days.has(self.today) for base, days in child.placed)
        if reach in ("school", "trust"):
            names = ("north", "south") if where == "trust" else (where,)
            within = {self.schools[name] for name in names}
            return any(school in within and self._open(kind, days) for school, kind, days in child.registered)
        return False

    def _open(self, kind: str, days: Days) -> bool:
        to_come = kind == "enrolled" and (days.last is None or self.today <= days.last)
        return to_come or days.has(self.today)

    def may_read(self, at: int) -> bool:
        return any(READS[role] != "nothing" and days.has(self.today) for role, _, days in self.adults[at].roles)


async def listed(person: Person) -> tuple[int, set[str]]:
    found: set[str] = set()
    path: Any = "/v1/pupils?limit=200"
    while path:
        answer = await person.get(path)
        if answer.status_code != 200:
            return answer.status_code, found
        found |= {one["id"] for one in answer.json()["items"]}
        path = answer.json()["next"]
    return 200, found


async def test_the_list_the_single_record_and_the_model_agree(world: World, database_url: str) -> None:
    dice = random.Random(SEED)
    setting = Setting(world, dice)
    for _ in range(200 if FULL or database_url.startswith("sqlite") else 40):
        setting.small_world()
    await world.save()
    every = {str(child.id) for child in setting.children}
    answers = {True: 0, False: 0}
    for at, adult in enumerate(setting.adults):
        expected = {str(child.id) for child in setting.children if setting.sees(at, child)}
        status, ids = await listed(adult.person)
        assert status == (200 if setting.may_read(at) else 403), adult.roles
        assert ids & every == expected, (adult.roles, ids & every ^ expected)
        for child in [*setting.children[2 * at : 2 * at + 2], dice.choice(setting.children)]:
            sees = setting.sees(at, child)
            answers[sees] += 1
            single = await adult.person.get(f"/v1/pupils/{child.id}")
            wanted = 200 if sees else 404 if setting.may_read(at) else 403
            assert single.status_code == wanted, (adult.roles, child)
    # dice that never let anybody see anybody would prove nothing
    assert min(answers.values()) > len(setting.adults) // 4, answers
