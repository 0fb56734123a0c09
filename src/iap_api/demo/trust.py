"""The demo trust: three schools and a partner, The Bubble with its spaces and staff, and an account for every role."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from iap_api.access.passwords import hashed_now
from iap_api.access.roles import Role
from iap_api.access.tables import Account, HeldRole, Place
from iap_api.pupils.year_group import academic_year
from iap_api.schools.tables import Base, School, SchoolClass, Staff, Trust
from iap_api.spaces.tables import Space

SEED = 20261124
SPACES: tuple[tuple[str, str, int, list[str]], ...] = (
    ("Sensory room", "sensory_room", 3, ["dimmable", "weighted_blankets"]),
    ("Classroom", "classroom", 10, ["work_stations"]),
    ("STEM room", "stem_room", 6, ["sink"]),
    ("Economics room", "economics_room", 6, ["kitchen", "till"]),
    ("Sensory circuit", "sensory_circuit", 2, ["trampoline", "crash_mats"]),
    ("Re-integration classroom", "reintegration_classroom", 8, []),
    ("Cocoon 1", "retreat", 1, ["dimmable"]),
    ("Cocoon 2", "retreat", 1, ["dimmable"]),
    ("Cocoon 3", "retreat", 1, ["dimmable"]),
    ("Cocoon 4", "retreat", 1, ["dimmable"]),
)
PEOPLE = {
    Role.teaching_assistant: ("Tess Marlow", "teaching assistant"),
    Role.class_teacher: ("Colin Birch", "class teacher"),
    Role.base_lead: ("Beth Lander", "teacher in charge of The Bubble"),
    Role.senco: ("Sunita Rao", "inclusion leader"),
    Role.headteacher: ("Helen Moor", "headteacher"),
    Role.safeguarding_lead: ("Sam Lyle", "safeguarding lead"),
    Role.therapist: ("Thea Quill", "integrative therapist"),
    Role.referrer: ("Rory Fenn", "SENCO of another school"),
    Role.office: ("Olive Penn", "school office"),
    Role.governor: ("Gus Hartley", "governor"),
    Role.trust_inclusion_lead: ("Tilda Ives", "trust inclusion lead"),
    Role.trust_analyst: ("Anil Trent", "trust analyst"),
    Role.data_protection_officer: ("Dora Pike", "data protection officer"),
    Role.administrator: ("Ade Minns", "administrator"),
    Role.mis: ("MIS link", "client"),
    Role.trust_feed: ("Trust feed", "client"),
}


@dataclass
class DemoTrust:
    """What was made, by name; `rows` are to be saved in this order."""

    today: date
    password: str
    random: Random = field(default_factory=lambda: Random(SEED))
    rows: list[Any] = field(default_factory=list)
    schools: dict[str, UUID] = field(default_factory=dict)
    bases: dict[str, UUID] = field(default_factory=dict)
    classes: dict[str, UUID] = field(default_factory=dict)
    spaces: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)
    trust_id: UUID = field(init=False)
    year: int = field(init=False)

    def __post_init__(self) -> None:
        """Make the places, the spaces and the people."""
        self.year = academic_year(self.today)
        self.trust_id = self.new_id()
        self._places()
        self._spaces()
        self._people()

    def new_id(self) -> UUID:
        """Return an id that is the same for the same seed (version 7, made at a fixed moment)."""
        number = (0x019AB0000000 + self.random.getrandbits(20)) << 80 | self.random.getrandbits(80)
        return UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)

    def add(self, row: Any) -> Any:
        """Keep a row to save."""
        self.rows.append(row)
        return row

    @property
    def began(self) -> date:
        """The first day of the academic year."""
        return date(self.year, 9, 1)

    def _place(self, kind: str, name: str, trust_id: UUID | None, school_id: UUID | None = None) -> UUID:
        made = self.new_id() if kind != "trust" else self.trust_id
        self.add(
            Place(
                id=made,
                kind=kind,
                name=name,
                trust_id=trust_id,
                school_id=school_id or (made if kind == "school" else None),
            )
        )
        return made

    def _places(self) -> None:
        self._place("trust", "Riverside Learning Trust", None)
        self.add(Trust(id=self.trust_id, name="Riverside Learning Trust"))
        named = (
            ("Willow Bank Primary", "100101", "2082101"),
            ("Mill Lane Primary", "100102", "2082102"),
            ("Heron Park Primary", "100103", "2082103"),
            ("St Brannoc's Primary", "100104", "2083104"),
        )
        for name, urn, laestab in named:
            partner = name.startswith("St")
            trust_id = None if partner else self.trust_id
            made = self.schools[name] = self._place("school", name, trust_id)
            kind = "partner" if partner else "member"
            self.add(School(id=made, trust_id=trust_id, kind=kind, name=name, urn=urn, laestab=laestab))
        home = self.schools["Willow Bank Primary"]
        for name, school, places in (("The Bubble", home, 12), ("The Nook", self.schools["Mill Lane Primary"], 8)):
            made = self.bases[name] = self._place("base", name, self.trust_id, school)
            self.add(Base(id=made, school_id=school, name=name, places=places, opened_on=date(self.year - 1, 9, 1)))
        for school_name, school in self.schools.items():
            for label in ("R", "1", "2", "3", "4", "5", "6"):
                row = SchoolClass(
                    id=self.new_id(), school_id=school, name=f"Year {label}" if label != "R" else "Reception",
                    academic_year=self.year, nc_years=[label],
                )  # fmt: skip
                self.classes[f"{school_name}/{label}"] = self.add(row).id

    def _spaces(self) -> None:
        home, bubble = self.schools["Willow Bank Primary"], self.bases["The Bubble"]
        for name, kind, places, features in SPACES:
            row = Space(
                id=self.new_id(), school_id=home, base_id=bubble, name=name, kind=kind, places=places, features=features
            )
            self.spaces[name] = self.add(row).id
        dome = Space(id=self.new_id(), school_id=home, name="Solar dome", kind="outdoor", places=15, features=["quiet"])
        self.spaces["Solar dome"] = self.add(dome).id

    def _people(self) -> None:
        home, bubble = self.schools["Willow Bank Primary"], self.bases["The Bubble"]
        held_at = {
            Role.teaching_assistant: bubble, Role.base_lead: bubble,
            Role.referrer: self.schools["St Brannoc's Primary"],
        }  # fmt: skip
        wide = (
            Role.trust_inclusion_lead,
            Role.trust_analyst,
            Role.data_protection_officer,
            Role.administrator,
            Role.trust_feed,
        )
        kept = hashed_now(self.password)
        named = [(role.value, role, *about) for role, about in PEOPLE.items()]
        named.append(("second_assistant", Role.teaching_assistant, "Tomas Reeve", "teaching assistant"))
        for name, role, person, job in named:
            place = self.trust_id if role in wide else held_at.get(role, home)
            kind = "client" if role in (Role.mis, Role.trust_feed) else "person"
            account = Account(
                id=self.new_id(), kind=kind, username=f"{name}@demo.iap.example", name=person, place_id=place,
                password_hash=kept,
            )  # fmt: skip
            self.accounts[name] = self.add(account).id
            self.add(
                HeldRole(
                    id=self.new_id(),
                    account_id=account.id,
                    role=role.value,
                    place_id=place,
                    starts_on=date(self.year - 1, 9, 1),
                )
            )
            if kind == "person" and place in (home, bubble) and role is not Role.governor:
                row = Staff(
                    id=self.new_id(), school_id=home, account_id=account.id, name=person, job=job,
                    started_on=date(self.year - 1, 9, 1),
                )  # fmt: skip
                self.staff[name] = self.add(row).id
