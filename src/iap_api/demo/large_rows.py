"""The rows of the large world: who works and learns where, and who is booked into which space when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from iap_api.access.passwords import hashed_now
from iap_api.access.tables import Account, HeldRole, Place, SignIn
from iap_api.core import clock
from iap_api.demo.dealing import FIRST_DAY, PERIOD, PURPOSES, SPACES, people_of, slot
from iap_api.demo.large_names import FAMILY, GIVEN
from iap_api.demo.loading import Rows
from iap_api.pupils.roll import search_name
from iap_api.pupils.tables import Contact, Placement, Pupil, Registration
from iap_api.pupils.upn import check_letter
from iap_api.schools.code_sets import shipped
from iap_api.schools.tables import Base, DatedCode, School, SchoolClass, Staff, Trust
from iap_api.spaces.tables import Booking, Presence, Space

Tables = dict[type[SQLModel], list[dict[str, Any]]]

IN_A_CLASS = 30
IN_A_BASE = 12
ADULTS = 12  # one for each space of the school, so that no adult is wanted twice at once
SIGNED_IN_FOR = timedelta(days=30)


@dataclass
class LargeWorld:
    """The ids of what was made; lists by school stand in the order of `school_ids`."""

    trust_id: UUID
    school_ids: list[UUID] = field(default_factory=list)
    base_ids: list[UUID] = field(default_factory=list)
    class_ids: list[list[UUID]] = field(default_factory=list)
    space_ids: list[list[UUID]] = field(default_factory=list)
    staff_ids: list[list[UUID]] = field(default_factory=list)
    pupil_ids: list[list[UUID]] = field(default_factory=list)
    senco_ids: list[UUID] = field(default_factory=list)
    senco_sign_in_ids: list[UUID] = field(default_factory=list)
    places: tuple[int, ...] = tuple(places for _, _, places in SPACES)


class Making:
    """Makes the rows, table by table, in the order in which they refer to each other; `world` keeps their ids."""

    def __init__(self, pupils: int, bookings: int, schools: int, seed: int, password: str | None) -> None:
        self.seed = str(seed).encode()
        self.random = Random(seed)
        self.born = datetime.combine(FIRST_DAY, time(6), UTC)
        self.booked = bookings
        self.world = LargeWorld(self._id("trust", 0))
        self.sizes = [pupils // schools + (at < pupils % schools) for at in range(schools)]
        self.password_hash = hashed_now(password) if password else None

    def _id(self, kind: str, number: int) -> UUID:
        """A UUIDv7 that the seed, the kind and the number alone decide: a millisecond for each number."""
        noise = int.from_bytes(blake2b(b"%b %b %d" % (self.seed, kind.encode(), number), digest_size=10).digest())
        at = int(self.born.timestamp() * 1000) + number
        return UUID(int=at << 80 | 7 << 76 | (noise >> 64 & 0xFFF) << 64 | 2 << 62 | noise & (1 << 62) - 1)

    def _rows(self, table: type[SQLModel], rows: list[dict[str, Any]]) -> Rows:
        names = tuple(rows[0])
        return Rows(table, names, [tuple(row[name] for name in names) for row in rows], len(rows), self.born)

    def people(self) -> list[Rows]:
        """Everything but the bookings."""
        w = self.world
        places: list[dict[str, Any]] = [
            {"id": w.trust_id, "kind": "trust", "name": "Large Trust", "trust_id": None, "school_id": None}
        ]
        tables: Tables = {
            Place: places,
            Trust: [{"id": w.trust_id, "name": "Large Trust"}],
            School: [],
            Base: [],
            SchoolClass: [],
            Account: [],
            HeldRole: [],
            SignIn: [],
            Staff: [],
            Space: [],
            Pupil: [],
            Registration: [],
            Placement: [],
            Contact: [],
        }
        for at, size in enumerate(self.sizes):
            self._school(at, size, tables)
            self._senco(at, tables)
            self._staff_and_spaces(at, tables)
            self._pupils(at, size, tables)
        codes = self._rows(DatedCode, shipped())
        return [codes, *(self._rows(table, rows) for table, rows in tables.items() if rows)]

    def _school(self, at: int, size: int, tables: Tables) -> None:
        w = self.world
        school_id, base_id = self._id("school", at), self._id("base", at)
        w.school_ids.append(school_id)
        w.base_ids.append(base_id)
        name = f"Large Primary {at + 1}"
        tables[Place] += [
            {"id": school_id, "kind": "school", "name": name, "trust_id": w.trust_id, "school_id": school_id},
            {"id": base_id, "kind": "base", "name": "The Bubble", "trust_id": w.trust_id, "school_id": school_id},
        ]
        tables[School].append({"id": school_id, "trust_id": w.trust_id, "name": name, "urn": f"{190000 + at}"})
        tables[Base].append(
            {"id": base_id, "school_id": school_id, "name": "The Bubble", "places": IN_A_BASE, "opened_on": FIRST_DAY}
        )
        classes = range(-(-size // IN_A_CLASS))
        w.class_ids.append([self._id("class", at * 10_000 + one) for one in classes])
        tables[SchoolClass] += [
            {
                "id": w.class_ids[-1][one],
                "school_id": school_id,
                "name": f"C{one + 1}",
                "academic_year": 2025,
                "nc_years": [f"{one % 6 + 1}"],
            }
            for one in classes
        ]

    def _senco(self, at: int, tables: Tables) -> None:
        w = self.world
        account_id, sign_in_id = self._id("senco", at), self._id("sign-in", at)
        w.senco_ids.append(account_id)
        w.senco_sign_in_ids.append(sign_in_id)
        tables[Account].append(
            {
                "id": account_id,
                "username": f"senco.{at + 1}@large.iap.example",
                "name": f"Senco {at + 1}",
                "place_id": w.school_ids[at],
                "password_hash": self.password_hash,
            }
        )
        tables[HeldRole].append(
            {
                "id": self._id("role", at),
                "account_id": account_id,
                "role": "senco",
                "place_id": w.school_ids[at],
                "starts_on": FIRST_DAY,
            }
        )
        now = clock.now()
        tables[SignIn].append(
            {"id": sign_in_id, "account_id": account_id, "started_at": now, "expires_at": now + SIGNED_IN_FOR}
        )

    def _staff_and_spaces(self, at: int, tables: Tables) -> None:
        w = self.world
        school_id = w.school_ids[at]
        w.staff_ids.append([self._id("staff", at * 100 + one) for one in range(ADULTS)])
        tables[Staff] += [
            {
                "id": staff_id,
                "school_id": school_id,
                "name": f"{self.random.choice(GIVEN)} {self.random.choice(FAMILY)}",
                "job": "teaching_assistant",
                "started_on": FIRST_DAY,
            }
            for staff_id in w.staff_ids[-1]
        ]
        w.space_ids.append([self._id("space", at * 100 + one) for one in range(len(SPACES))])
        tables[Space] += [
            {
                "id": space_id,
                "school_id": school_id,
                "base_id": None if kind == "outdoor" else w.base_ids[at],
                "name": name,
                "kind": kind,
                "places": places,
                "walk_in_only": kind == "retreat",
            }
            for space_id, (name, kind, places) in zip(w.space_ids[-1], SPACES, strict=True)
        ]

    def _pupils(self, at: int, size: int, tables: Tables) -> None:
        w, choice = self.world, self.random.choice
        school_id = w.school_ids[at]
        w.pupil_ids.append([self._id("pupil", sum(self.sizes[:at]) + one) for one in range(size)])
        for one, pupil_id in enumerate(w.pupil_ids[-1]):
            given, family = choice(GIVEN), choice(FAMILY)
            rest = f"9{at:02d}{2000 + one // 100_000:04d}{one // 1000 % 100:02d}{one % 1000:03d}"
            provision = "E" if one % 25 == 0 else "K" if one % 6 == 0 or one < IN_A_BASE else "N"
            tables[Pupil].append(
                {
                    "id": pupil_id,
                    "trust_id": w.trust_id,
                    "school_id": school_id,
                    "given_name": given,
                    "family_name": family,
                    "search_name": search_name(given, family),
                    "born_on": date(2015, 9, 1) + timedelta(days=self.random.randrange(2556)),
                    "sex": choice("FM"),
                    "upn": check_letter(rest) + rest,
                    "address": f"{one + 1} Quay Street, Tidewater",
                    "first_language": "English",
                    "sen_provision": provision,
                    "sen_needs": [] if provision == "N" else ["SEMH"],
                    "pupil_premium": ["DPP"] if one % 4 == 0 else [],
                    "free_meals": one % 4 == 0,
                    "allergies": "Peanuts" if one % 20 == 0 else None,
                }
            )
            number = sum(self.sizes[:at]) + one
            tables[Registration].append(
                {
                    "id": self._id("registration", number),
                    "school_id": school_id,
                    "pupil_id": pupil_id,
                    "class_id": w.class_ids[at][one // IN_A_CLASS],
                    "from_on": FIRST_DAY,
                }
            )
            tables[Contact].append(
                {
                    "id": self._id("contact", number),
                    "school_id": school_id,
                    "pupil_id": pupil_id,
                    "name": f"{choice(GIVEN)} {family}",
                    "relationship": "PAM",
                    "priority": 1,
                    "phone": f"01632 960{one % 1000:03d}",
                    "parental_responsibility": True,
                }
            )
            if one < IN_A_BASE:
                tables[Placement].append(
                    {
                        "id": self._id("placement", number),
                        "school_id": school_id,
                        "base_id": w.base_ids[at],
                        "pupil_id": pupil_id,
                        "from_on": FIRST_DAY,
                    }
                )

    def _planned(self) -> Iterator[tuple[UUID, UUID, UUID, datetime, datetime, int, list[UUID], list[UUID], UUID]]:
        w = self.world
        rooms = [(at, one) for one in range(len(SPACES)) for at in range(len(w.school_ids))]
        for made in range(self.booked):
            number, room = divmod(made, len(rooms))
            at, one = rooms[room]
            starts_at = slot(number)
            pupils, staff = people_of(number, one, w.pupil_ids[at], w.staff_ids[at])
            yield (
                self._id("booking", made),
                w.school_ids[at],
                w.space_ids[at][one],
                starts_at,
                starts_at + PERIOD,
                made,
                pupils,
                staff,
                w.senco_ids[at],
            )

    def bookings(self) -> Rows:
        """The bookings, period by period."""
        names = "id school_id space_id starts_at ends_at purpose pupil_ids staff_ids booked_by".split()
        rows = (
            (booking_id, school_id, space_id, starts_at, ends_at, PURPOSES[made % 6], pupils, staff, senco_id)
            for booking_id, school_id, space_id, starts_at, ends_at, made, pupils, staff, senco_id in self._planned()
        )
        return Rows(Booking, names, rows, self.booked, self.born)

    def presences(self) -> Rows:
        """What the triggers would derive from the bookings: each person for the whole of it."""
        names = "booking_id school_id space_id pupil_id staff_id starts_at ends_at".split()
        rows = (
            (booking_id, school_id, space_id, pupil_id, staff_id, starts_at, ends_at)
            for booking_id, school_id, space_id, starts_at, ends_at, _, pupils, staff, _ in self._planned()
            for pupil_id, staff_id in [*((one, None) for one in pupils), *((None, one) for one in staff)]
        )
        return Rows(Presence, names, rows, None, self.born)
