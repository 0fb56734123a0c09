"""A small made-up trust for one test: two schools, a partner, The Bubble, an account or an invitation per role."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import insert
from sqlmodel import SQLModel

from iap_api.access.client_secrets import digest
from iap_api.access.guests import new_code
from iap_api.access.places import GUEST_ROLES
from iap_api.access.policy import permissions_of
from iap_api.access.roles import Role
from iap_api.access.tables import Account, Client, ClientSecret, Guest, HeldRole, Place, SignIn
from iap_api.access.tokens import GUEST_SCOPE, issue
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Caseload, Placement, Pupil, Registration
from iap_api.pupils.upn import check_letter
from iap_api.reviews.tables import Invitation, Review
from iap_api.schools.tables import Base, School, SchoolClass, Staff, Trust
from iap_api.spaces.tables import Space

LONG_AGO = date(2025, 9, 1)
# a database given from outside may hold the worlds of an earlier run
_serial = count(int(time.time() * 10) % 10**9)


def upn(serial: int) -> str:
    """A valid UPN; the check letter itself is tested against printed examples and python-stdnum elsewhere."""
    rest = f"2080016{serial:05d}"[:12]
    return check_letter(rest) + rest


class Person:
    """Somebody signed in, with the verbs of HTTP; a guest's `account` is their invitation's row."""

    def __init__(self, client: httpx.AsyncClient, token: str, account: Account | Guest) -> None:
        self.client, self.token, self.account = client, token, account

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {"Authorization": f"Bearer {self.token}"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and method == "PATCH":
            named.setdefault("Content-Type", "application/merge-patch+json")
        if isinstance(body, bytes):
            named.setdefault("Content-Type", "application/octet-stream")
            return await self.client.request(method, path, content=body, headers=named)
        return await self.client.request(method, path, json=body, headers=named)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.ask("POST", path, body, **headers)

    async def put(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.ask("PUT", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.ask("PATCH", path, body, **headers)

    async def change(self, path: str, body: Any) -> httpx.Response:
        """Read the ETag and patch with it, as a careful client does."""
        tag = (await self.get(path)).headers["ETag"]
        return await self.patch(path, body, If_Match=tag)

    async def verb(self, path: str, verb: str, body: Any = None) -> httpx.Response:
        """Read the ETag and ask for a change of state."""
        tag = (await self.get(path)).headers["ETag"]
        return await self.post(f"{path}/{verb}", body, If_Match=tag)


@dataclass
class World:
    """The trust and everybody in it."""

    app: FastAPI
    client: httpx.AsyncClient
    number: int = field(default_factory=lambda: next(_serial))
    rows: list[Any] = field(default_factory=list)
    upns: Iterator[int] = field(default_factory=lambda: count(1))
    people: dict[str, Person] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)

    def add(self, row: Any) -> Any:
        self.rows.append(row)
        return row

    async def save(self) -> None:
        """Write what was added: all rows of a table at once, what others point at first."""
        async with self.app.state.database.transaction() as session:
            for table in SQLModel.metadata.sorted_tables:
                if rows := [row.model_dump() for row in self.rows if row.__table__ is table]:
                    await session.execute(insert(table), rows)
        self.rows.clear()

    def place(self, kind: str, name: str, trust_id: UUID | None, school_id: UUID | None = None) -> UUID:
        made = new_id()
        school = made if kind == "school" else school_id
        self.add(Place(id=made, kind=kind, name=name, trust_id=trust_id, school_id=school))
        return made

    def school(self, name: str, trust_id: UUID | None) -> UUID:
        made = self.place("school", name, trust_id)
        kind = "member" if trust_id else "partner"
        self.add(School(id=made, trust_id=trust_id, kind=kind, name=name, urn=made.hex[-12:]))
        return made

    def base(self, name: str, school_id: UUID) -> UUID:
        made = self.place("base", name, self.trust_id, school_id)
        self.add(Base(id=made, school_id=school_id, name=name, places=12, opened_on=LONG_AGO))
        return made

    def space(self, name: str, kind: str, places: int, base_id: UUID | None, school_id: UUID) -> UUID:
        walked = kind == "retreat"
        row = Space(school_id=school_id, base_id=base_id, name=name, kind=kind, places=places, walk_in_only=walked)
        return self.add(row).id

    def pupil(self, given: str, school_id: UUID, base_id: UUID | None = None, **more: Any) -> UUID:
        serial = next(self.upns)
        row = self.add(
            Pupil(
                trust_id=self.trust_id,
                school_id=school_id,
                given_name=given,
                family_name="Okafor",
                search_name=f"{given} okafor".lower(),
                born_on=date(2017, 5, 4),
                sex="F",
                upn=upn(serial),
                **more,
            )
        )
        self.add(Registration(school_id=school_id, pupil_id=row.id, from_on=LONG_AGO))
        if base_id:
            self.add(Placement(school_id=school_id, base_id=base_id, pupil_id=row.id, from_on=LONG_AGO))
        return row.id

    def account(
        self, name: str, role: str, place_id: UUID, kind: str = "person", *, secret: str | None = None, **more: Any
    ) -> Person:
        row = self.add(
            Account(
                username=f"{name}.{self.number}@world.example",
                name=name,
                place_id=place_id,
                kind=kind,
                **more,
            )
        )
        self.add(HeldRole(account_id=row.id, role=role, place_id=place_id, starts_on=LONG_AGO))
        if kind == "client":
            every = [permission.name for permission in permissions_of(Role(role))]
            ends_on = clock.today() + timedelta(days=300)
            self.add(Client(id=row.id, role=role, permissions=every, networks=[], ends_on=ends_on))
            if secret:
                self.add(ClientSecret(client_id=row.id, digest=digest(secret), created_at=clock.now()))
        now = datetime.now(UTC)
        opened = self.add(SignIn(account_id=row.id, started_at=now, expires_at=now + timedelta(days=1)))
        state = self.app.state
        token = issue(
            state.keys, state.profile, account_id=row.id, sign_in_id=opened.id, kind=kind, now=now.timestamp()
        )
        self.people[name] = Person(self.client, token, row)
        return self.people[name]

    def guest(self, role: Role, review: Review, invited_by: Person) -> Person:
        """Somebody with an open invitation, who has just followed its link."""
        now = datetime.now(UTC)
        row = self.add(
            Guest(
                school_id=review.school_id, pupil_id=review.pupil_id, role=role.value, for_whom=new_id().bytes,
                adult_beside_id=invited_by.account.id if role is Role.pupil else None,
                invited_by=invited_by.account.id, code_digest=new_code()[1], expires_at=now + timedelta(days=7),
            )
        )  # fmt: skip
        name = None if role is Role.pupil else role.value
        self.add(
            Invitation(id=row.id, school_id=review.school_id, review_id=review.id, pupil_id=review.pupil_id, name=name)
        )
        state = self.app.state
        token = issue(
            state.keys, state.profile, account_id=row.id, sign_in_id=row.session_id, kind="guest", scope=GUEST_SCOPE,
            now=now.timestamp(),
        )  # fmt: skip
        self.people[role.value] = Person(self.client, token, row)
        return self.people[role.value]

    def works_at(self, name: str, school_id: UUID) -> UUID:
        row = self.add(
            Staff(
                school_id=school_id,
                account_id=self.people[name].account.id,
                name=name,
                job=name,
                started_on=LONG_AGO,
            )
        )
        self.staff[name] = row.id
        return row.id

    def caseload(self, name: str, pupil_id: UUID, school_id: UUID, why: str) -> None:
        account_id = self.people[name].account.id
        self.add(Caseload(school_id=school_id, account_id=account_id, pupil_id=pupil_id, why=why, from_on=LONG_AGO))

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


async def build(app: FastAPI, client: httpx.AsyncClient) -> World:
    """Make and save a fresh world; nothing of it is shared with another test."""
    w = World(app, client)
    w.trust_id = w.place("trust", "Tidewater Trust", None)
    w.add(Trust(id=w.trust_id, name="Tidewater Trust"))
    w.north = w.school("North Quay Primary", w.trust_id)
    w.south = w.school("South Quay Primary School", w.trust_id)
    w.partner = w.school("Partner Lane", None)
    w.bubble = w.base("The Bubble", w.north)
    w.harbour = w.base("The Harbour", w.south)
    w.class_3 = w.add(SchoolClass(school_id=w.north, name="3A", academic_year=2026, nc_years=["3"])).id
    w.amira = w.pupil("Amira", w.north, w.bubble, sen_provision="K", sen_needs=["SEMH"], safeguarding_flag=True)
    w.ben = w.pupil("Ben", w.north, w.bubble)
    w.cara = w.pupil("Cara", w.north, w.bubble)
    w.dev = w.pupil("Dev", w.north, w.bubble)
    w.mainstream = w.pupil("Mina", w.north)
    w.southerner = w.pupil("Sol", w.south, w.harbour)
    w.sensory = w.space("Sensory room", "sensory_room", 3, w.bubble, w.north)
    w.classroom = w.space("Classroom", "classroom", 10, w.bubble, w.north)
    w.stem = w.space("STEM room", "stem_room", 6, w.bubble, w.north)
    w.retreat = w.space("Cocoon 1", "retreat", 1, w.bubble, w.north)
    w.dome = w.space("Solar dome", "outdoor", 12, None, w.north)
    w.south_room = w.space("South room", "classroom", 10, w.harbour, w.south)
    places = {
        "teaching_assistant": w.bubble,
        "base_lead": w.bubble,
        "referrer": w.partner,
        "trust_inclusion_lead": w.trust_id,
        "trust_analyst": w.trust_id,
        "data_protection_officer": w.trust_id,
        "administrator": w.trust_id,
        "trust_feed": w.trust_id,
    }
    for role in (role for role in Role if role not in GUEST_ROLES):
        kind = "client" if role in (Role.mis, Role.trust_feed) else "person"
        w.account(role.value, role.value, places.get(role.value, w.north), kind)
    meeting = w.add(Review(school_id=w.north, pupil_id=w.amira, kind="termly", due_on=date(2027, 7, 1)))
    for role in sorted(GUEST_ROLES):
        w.guest(role, meeting, w.base_lead)
    w.account("second_assistant", "teaching_assistant", w.bubble)
    w.account("south_senco", "senco", w.south)
    for name in ("teaching_assistant", "second_assistant", "base_lead", "class_teacher", "therapist"):
        w.works_at(name, w.north)
    w.caseload("class_teacher", w.amira, w.north, "reintegration")
    w.caseload("class_teacher", w.mainstream, w.north, "class_teacher")
    w.caseload("therapist", w.amira, w.north, "therapy")
    w.caseload("referrer", w.ben, w.north, "referral")
    await w.save()
    return w
