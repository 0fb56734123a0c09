"""Worlds made up at random: schools, bases, children who come and go, and people whose roles begin and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import insert
from sqlmodel import SQLModel

from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Caseload, Contact, Placement, Pupil, Registration, ZoneCheckIn
from iap_api.reviews.tables import Review
from iap_api.schools.tables import Trust
from iap_api.spaces.tables import Booking
from tests.house.oracle import Booked, Days, Fact, Facts, Grant
from tests.house.who_may import GUESTS, HELD_AT
from tests.world import Person, World, upn

ROLES = [role for role in Role if role not in GUESTS]
_PROGRAMS = (Role.mis, Role.trust_feed)
PEOPLE, CHILDREN = 4, 8
# first day and last day, counted from today; the first four hold today, the edges included
_PERIODS = ((-200, None), (-200, 40), (0, None), (-30, 0), (-200, -1), (1, None), (30, 60))
_KINDS = ("placed", "dual_registered", "referred", "enrolled")


@dataclass
class Made:
    """A world in the database, what is true of it, and who can be asked."""

    world: World
    facts: Facts
    people: list[Person]
    upns: dict[UUID, str]
    name: str


class _Making:
    def __init__(self, world: World, dice: Random) -> None:
        self.w, self.dice, self.today = world, dice, clock.today()
        self.facts = Facts(self.today, world.trust_id)
        self.upns: dict[UUID, str] = {}
        self.name = f"Zz{world.number}"

    def days(self, periods: Sequence[tuple[int, int | None]] = _PERIODS) -> Days:
        """A period that holds today more often than not."""
        begins, ends = self.dice.choice(periods if self.dice.random() < 0.45 else periods[:4])
        return Days(self._day(begins), None if ends is None else self._day(ends))

    def _day(self, away: int) -> date:
        return self.today + timedelta(days=away)

    def places(self) -> None:
        for at in range(self.dice.choice((2, 3))):
            school = self.w.school(f"School {at}", self.w.trust_id)
            self.facts.schools.add(school)
            for number in range(self.dice.choice((1, 1, 2))):
                self.facts.base_school[self.w.base(f"Base {number}", school)] = school
        self.w.partner = self.w.school("Partner Lane", None)

    def child(self) -> None:
        schools = sorted(self.facts.schools)
        home = self.dice.choice(schools)
        given = f"Child {len(self.facts.children)}"
        row = self.w.add(
            Pupil(trust_id=self.w.trust_id, school_id=home, given_name=given, family_name=self.name, sex="F",
                  search_name=f"{given} {self.name}".lower(), born_on=date(2017, 5, 4), upn=upn(next(self.w.upns)))
        )  # fmt: skip
        self.facts.children.append(row.id)
        self.upns[row.id] = row.upn
        there = [home]
        self._registered(row.id, home, "enrolled")
        for school in schools:
            if school != home and self.dice.random() < 0.4:
                self._registered(row.id, school, self.dice.choice(_KINDS))
                there.append(school)
        self._placed(row.id, there)
        school = self.dice.choice(there)
        about = {"school_id": school, "pupil_id": row.id}
        at = datetime.now(UTC)
        for path, made in (
            ("zone-check-ins", ZoneCheckIn(**about, at=at, zones=["green"], said_by="pupil", recorded_by=new_id())),
            ("reviews", Review(**about, kind="termly", due_on=self.today)),
            ("contacts", Contact(**about, name="Ada", relationship="CAR", priority=1)),
        ):
            self.facts.rows.setdefault(path, {})[self.w.add(made).id] = row.id

    def _registered(self, child: UUID, school: UUID, kind: str) -> None:
        days = self.days()
        row = self.w.add(Registration(school_id=school, pupil_id=child, kind=kind, **vars(days)))
        self.facts.registrations.append(Fact(row.id, child, school, days, kind))
        self.facts.rows.setdefault("registrations", {})[row.id] = child

    def _placed(self, child: UUID, there: list[UUID]) -> None:
        bases = [base for base, school in self.facts.base_school.items() if school in there]
        is_open = False
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            days, base = self.days(), self.dice.choice(bases)
            if days.until_on is None and is_open:
                continue  # one at a time
            is_open = is_open or days.until_on is None
            row = self.w.add(Placement(school_id=self.facts.base_school[base], base_id=base, pupil_id=child,
                                       **vars(days)))  # fmt: skip
            self.facts.placements.append(Fact(row.id, child, base, days))
            self.facts.rows.setdefault("placements", {})[row.id] = child

    def bookings(self) -> None:
        """One after another, so that nobody is in two rooms at once."""
        for hour in range(6):
            school = self.dice.choice(sorted(self.facts.schools))
            bases = sorted(base for base, of in self.facts.base_school.items() if of == school)
            base = self.dice.choice([None, *bases])
            space = self.w.space(f"Room {hour}", "classroom", 10, base, school)
            known = sorted({one.child for one in self.facts.registrations if one.at == school})
            if not known:
                continue
            children = self.dice.sample(known, min(len(known), self.dice.choice((1, 2))))
            starts = datetime(2027, 3, 1, 8 + hour, tzinfo=UTC)
            row = self.w.add(
                Booking(school_id=school, space_id=space, starts_at=starts, ends_at=starts + timedelta(minutes=30),
                        purpose="lesson", pupil_ids=children, booked_by=new_id())
            )  # fmt: skip
            self.facts.bookings.append(Booked(row.id, school, base, frozenset(children)))

    def person(self, number: int) -> Person:
        roles = self.dice.sample(ROLES, self.dice.choice((1, 1, 2, 3)))
        # a program holds the one role it was made for, and nobody else holds it
        kind = "client" if roles[0] in _PROGRAMS else "person"
        roles = roles[:1] if kind == "client" else [role for role in roles if role not in _PROGRAMS]
        grants = [self._granted(role) for role in roles]
        name = f"person {number}"
        person = self.w.account(name, roles[0].value, grants[0].place, kind)
        self.w.rows = [row for row in self.w.rows if not (isinstance(row, HeldRole)
                                                          and row.account_id == person.account.id)]  # fmt: skip
        for grant in grants:
            ended = {"ended_at": clock.now(), "ends_on": self.today} if grant.taken_away else {}
            days = {"starts_on": grant.days.from_on, "ends_on": grant.days.until_on}
            self.w.add(HeldRole(account_id=person.account.id, role=grant.role.value, place_id=grant.place,
                                **{**days, **ended}))  # fmt: skip
        self.facts.grants[person.account.id] = grants
        self._caseload(person.account.id)
        return person

    def _granted(self, role: Role) -> Grant:
        places = {
            "base": list(self.facts.base_school),
            "school": sorted(self.facts.schools),
            "trust": [self.w.trust_id],
            "partner school": [self.w.partner],
        }[HELD_AT[role]]
        days = self.days(_PERIODS)
        taken_away = days.from_on <= self.today and self.dice.random() < 0.1
        return Grant(role, self.dice.choice(places), days, taken_away)

    def _caseload(self, account: UUID) -> None:
        for child in self.dice.sample(self.facts.children, self.dice.choice((0, 2, 4))):
            days = self.days()
            school = self.dice.choice([one.at for one in self.facts.registrations if one.child == child])
            row = self.w.add(Caseload(school_id=school, account_id=account, pupil_id=child, why="granted",
                                      **vars(days)))  # fmt: skip
            self.facts.caseloads.append(Fact(row.id, child, account, days))
            self.facts.rows.setdefault("caseloads", {})[row.id] = child


async def made(app: FastAPI, client: Any, seed: int) -> Made:
    """The world of one seed; two of the same seed differ in nothing but their ids."""
    world = World(app, client)
    world.trust_id = world.place("trust", f"Trust {seed}", None)
    world.add(Trust(id=world.trust_id, name=f"Trust {seed}"))
    making = _Making(world, Random(seed))
    making.places()
    for _ in range(CHILDREN):
        making.child()
    making.bookings()
    people = [making.person(number) for number in range(PEOPLE)]
    for path in ("placements", "caseloads"):
        making.facts.rows.setdefault(path, {})
    await _save(app, world.rows)
    return Made(world, making.facts, people, making.upns, making.name)


async def _save(app: FastAPI, rows: list[Any]) -> None:
    """Write the rows, each table in one statement, parents before children."""
    by_table: dict[type[SQLModel], list[dict[str, Any]]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row.model_dump())
    order = {table.name: at for at, table in enumerate(SQLModel.metadata.sorted_tables)}
    async with app.state.database.transaction() as session:
        for table in sorted(by_table, key=lambda one: order[str(one.__tablename__)]):
            await session.execute(insert(table), by_table[table])
