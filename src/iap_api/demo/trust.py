"""The demo trust: three schools and a partner, The Bubble with its spaces and staff, and an account for every role."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from iap_api.access.client_secrets import digest
from iap_api.access.passwords import hashed_now
from iap_api.access.policy import permissions_of
from iap_api.access.roles import Role
from iap_api.access.tables import Account, Client, ClientSecret, HeldRole, Place
from iap_api.core.clock import LONDON
from iap_api.demo.names import TEACHERS
from iap_api.pupils.year_group import academic_year
from iap_api.schools.tables import Base, School, SchoolClass, Staff, Trust
from iap_api.spaces.tables import Space

Row = TypeVar("Row", bound=SQLModel)

SEED = 20261124
HOME, SISTER, THIRD, PARTNER = "Willow Bank Primary", "Mill Lane Primary", "Heron Park Primary", "St Brannoc's Primary"
# Numbers that were never given to a school.
LAESTABS = {HOME: "2089901", SISTER: "2089902", THIRD: "2089903", PARTNER: "2089904"}
YEARS = ("R", "1", "2", "3", "4", "5", "6")
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
OF_THE_TRUST = (
    Role.trust_inclusion_lead, Role.trust_analyst, Role.data_protection_officer, Role.administrator, Role.trust_feed,
)  # fmt: skip


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a school day: London's clock, in UTC."""
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


@dataclass
class DemoTrust:
    """What was made, by name; `rows` are to be saved as they are, then `changes` made to them in this order."""

    today: date
    password: str
    seed: int = SEED
    rows: list[SQLModel] = field(default_factory=list)
    changes: list[tuple[SQLModel, dict[str, Any]]] = field(default_factory=list)
    schools: dict[str, UUID] = field(default_factory=dict)
    bases: dict[str, UUID] = field(default_factory=dict)
    classes: dict[str, UUID] = field(default_factory=dict)
    spaces: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)
    trust_id: UUID = field(init=False)
    random: Random = field(init=False)
    year: int = field(init=False)
    opened: date = field(init=False)
    began: date = field(init=False)
    made: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Make the places, the spaces and the people; history begins a year ago, in a base that was open by then."""
        self.random = Random(self.seed)
        self.year = academic_year(self.today)
        self.opened = date(self.year - 1, 9, 1)
        self.began = max(self.opened, self.today - timedelta(days=365))
        self.trust_id = self.new_id(at(self.opened, 6))
        self._places()
        self._spaces()
        self._people()
        self._classes()

    def new_id(self, moment: datetime) -> UUID:
        """Return a UUIDv7 of that moment; the same seed and day give the same ids, and ids of one moment keep order."""
        self.made += 1
        milliseconds = int(moment.timestamp() * 1000)
        return UUID(
            int=milliseconds << 80 | 7 << 76 | (self.made & 0xFFF) << 64 | 2 << 62 | self.random.getrandbits(62)
        )

    def add(self, row: Row, moment: datetime | None = None) -> Row:
        """Keep a row to save, made at that moment (else when the base opened): its id and dates tell so."""
        then = moment or at(self.opened, 6) + timedelta(milliseconds=len(self.rows))
        given = row.model_fields_set
        for name in ("created_at", "updated_at"):
            if name in type(row).model_fields:
                setattr(row, name, then)
        if "id" in type(row).model_fields and "id" not in given:
            row.id = self.new_id(then)
        self.rows.append(row)
        return row

    def change(self, row: SQLModel, moment: datetime, **values: Any) -> None:
        """Keep what becomes of a saved row later: rules of the database want some rows to begin as something else."""
        self.changes.append((row, {**values, "version": 2, "updated_at": moment}))

    @property
    def home(self) -> UUID:
        """The school that The Bubble is in."""
        return self.schools[HOME]

    @property
    def bubble(self) -> UUID:
        """The base."""
        return self.bases["The Bubble"]

    def _place(self, kind: str, name: str, place_id: UUID, trust_id: UUID | None, school_id: UUID | None) -> UUID:
        self.add(Place(id=place_id, kind=kind, name=name, trust_id=trust_id, school_id=school_id))
        return place_id

    def _places(self) -> None:
        opened, named = at(self.opened, 6), "Riverside Learning Trust"
        self._place("trust", named, self.trust_id, None, None)
        self.add(Trust(id=self.trust_id, name=named))
        for number, (name, laestab) in enumerate(LAESTABS.items()):
            trust_id = None if name == PARTNER else self.trust_id
            made = self.schools[name] = self.new_id(opened)
            self._place("school", name, made, trust_id, made)
            kind = "partner" if name == PARTNER else "member"
            self.add(
                School(id=made, trust_id=trust_id, kind=kind, name=name, urn=f"{990101 + number}", laestab=laestab)
            )
        made = self.bases["The Bubble"] = self.new_id(opened)
        self._place("base", "The Bubble", made, self.trust_id, self.home)

    def _spaces(self) -> None:
        for name, kind, places, features in SPACES:
            row = Space(
                school_id=self.home, base_id=self.bubble, name=name, kind=kind, places=places, features=features,
                walk_in_only=kind == "retreat",
            )  # fmt: skip
            self.spaces[name] = self.add(row).id
        dome = Space(school_id=self.home, name="Solar dome", kind="outdoor", places=15, features=["quiet"])
        self.spaces["Solar dome"] = self.add(dome).id

    def _people(self) -> None:
        held_at = {
            Role.teaching_assistant: self.bubble, Role.base_lead: self.bubble, Role.referrer: self.schools[PARTNER],
        }  # fmt: skip
        kept = hashed_now(self.password)
        named = [(role.value, role, *about) for role, about in PEOPLE.items()]
        named.append(("second_assistant", Role.teaching_assistant, "Tomas Reeve", "teaching assistant"))
        for name, role, person, job in named:
            place = self.trust_id if role in OF_THE_TRUST else held_at.get(role, self.home)
            kind = "client" if job == "client" else "person"
            username = f"{name}@demo.iap.example"
            hashed = kept if kind == "person" else None
            account = self.add(Account(kind=kind, username=username, name=person, place_id=place, password_hash=hashed))
            self.accounts[name] = account.id
            if kind == "client":
                self._client(account.id, role)
            self.add(HeldRole(account_id=account.id, role=role.value, place_id=place, starts_on=self.opened))
            if kind == "person" and place in (self.home, self.bubble) and role is not Role.governor:
                self.staff[name] = self._works(self.home, person, job, account.id)
        self.add(
            Base(
                id=self.bubble, school_id=self.home, name="The Bubble", places=12, opened_on=self.opened,
                lead_staff_id=self.staff["base_lead"],
            )
        )  # fmt: skip

    def _client(self, account_id: UUID, role: Role) -> None:
        every = [permission.name for permission in permissions_of(role)]
        ends_on = date(self.year + 5, 8, 31)
        self.add(Client(id=account_id, role=role.value, permissions=every, networks=[], ends_on=ends_on))
        self.add(ClientSecret(client_id=account_id, digest=digest(self.password), created_at=at(self.opened, 6)))

    def _works(self, school_id: UUID, person: str, job: str, account_id: UUID | None = None) -> UUID:
        row = Staff(school_id=school_id, account_id=account_id, name=person, job=job, started_on=self.opened)
        return self.add(row).id

    def _classes(self) -> None:
        teachers = iter(TEACHERS)
        for school_name, school_id in self.schools.items():
            # a partner's own classes are no business of the trust
            for label in YEARS if school_name != PARTNER else ():
                own = (school_name, label) == (HOME, "3")
                teacher = (
                    self.staff["class_teacher"] if own else self._works(school_id, next(teachers), "class teacher")
                )
                row = SchoolClass(
                    school_id=school_id, name="Reception" if label == "R" else f"Year {label}",
                    academic_year=self.year, nc_years=[label], teacher_staff_id=teacher,
                )  # fmt: skip
                self.classes[f"{school_name}/{label}"] = self.add(row).id
