"""The tables about pupils: the record, registrations, contacts, placements, caseload, check-ins, therapy notes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from iap_api.core.tables import Codes, Identified, Ids, Record, UtcDateTime


class Pupil(Record, table=True):
    """One child, once per trust; `school_id` is the school that keeps the file."""

    __tablename__ = "pupils"
    __table_args__ = (UniqueConstraint("trust_id", "upn"), UniqueConstraint("school_id", "id"))
    trust_id: UUID = Field(foreign_key="trusts.id")
    school_id: UUID = Field(foreign_key="schools.id")
    given_name: str
    family_name: str
    preferred_name: str | None = None
    search_name: str = Field(index=True)
    born_on: date
    sex: str
    nc_year_given: str | None = None
    upn: str | None = None
    upn_unknown_reason: str | None = None
    former_upn: str | None = None
    address: str | None = None
    first_language: str | None = None
    sen_provision: str = "N"
    sen_needs: list[str] = Field(default_factory=list, sa_type=Codes)
    ehcp_review_due_on: date | None = None
    pupil_premium: list[str] = Field(default_factory=list, sa_type=Codes)
    free_meals: bool = False
    looked_after: bool = False
    young_carer: str = "N"
    service_child: str = "N"
    allergens: list[str] = Field(default_factory=list, sa_type=Codes)
    allergies: str | None = None
    medical_note: str | None = None
    safeguarding_flag: bool = False
    safeguarding_where: str | None = None
    ended_on: date | None = None


class Registration(Record, table=True):
    """That a pupil has to do with a school: enrolled, placed, dual registered or referred, from and until."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("school_id", "pupil_id"),
        Index("ix_registrations_pupil_id", "pupil_id", "school_id"),
        ForeignKeyConstraint(["school_id", "class_id"], ["classes.school_id", "classes.id"]),
        CheckConstraint("kind IN ('enrolled', 'placed', 'dual_registered', 'referred')", name="kind"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    pupil_id: UUID = Field(foreign_key="pupils.id")
    kind: str = "enrolled"
    enrolment_status: str = "C"
    class_id: UUID | None = None
    from_on: date
    until_on: date | None = None
    ended_why: str | None = None


class RegistrationRequest(Record, table=True):
    """A school asks the school that keeps a file to be registered for that pupil; it learns nothing until decided.

    `asked_for` is a keyed digest of UPN and date of birth: what is asked twice is known without keeping either, and
    whether or not there is such a pupil.
    """

    __tablename__ = "registration_requests"
    __table_args__ = (
        CheckConstraint("status IN ('asked', 'agreed', 'declined')", name="status"),
        Index("ix_registration_requests_school_id", "school_id"),
        Index("ix_registration_requests_pupil_id", "pupil_id"),
        Index(
            "uq_registration_requests_open", "school_id", "asked_for", unique=True,
            postgresql_where=text("status = 'asked'"), sqlite_where=text("status = 'asked'"),
        ),
    )  # fmt: skip
    school_id: UUID = Field(foreign_key="schools.id")
    pupil_id: UUID | None = Field(default=None, foreign_key="pupils.id")
    asked_for: bytes = Field(sa_type=LargeBinary)
    kind: str
    from_on: date
    reason: str
    status: str = "asked"
    asked_by: UUID
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Contact(Record, table=True):
    """A parent, carer or other person to reach for a pupil, in the order to try them."""

    __tablename__ = "contacts"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        Index("ix_contacts_pupil_id", "pupil_id"),
    )
    school_id: UUID
    pupil_id: UUID
    name: str
    relationship: str
    priority: int
    phone: str | None = None
    email: str | None = None
    parental_responsibility: bool = False
    ended_on: date | None = None


class Placement(Record, table=True):
    """A pupil's time in a base; the pupil stays on the roll of the class.

    A last day before the first says that it never began.
    """

    __tablename__ = "placements"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "key_adult_staff_id"], ["staff.school_id", "staff.id"]),
        Index("ix_placements_base_id", "base_id", "pupil_id"),
        Index("ix_placements_pupil_id", "pupil_id"),
        Index(
            "uq_placements_one_at_a_time", "pupil_id", unique=True,
            postgresql_where=text("until_on IS NULL"), sqlite_where=text("until_on IS NULL"),
        ),
    )  # fmt: skip
    school_id: UUID
    base_id: UUID
    pupil_id: UUID
    from_on: date
    expected_until_on: date | None = None
    until_on: date | None = None
    sessions_per_week: int = 10
    key_adult_staff_id: UUID | None = None
    ended_by: UUID | None = None


class Caseload(Record, table=True):
    """Why one account may see one pupil on its own caseload, from and until."""

    __tablename__ = "caseloads"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        Index("ix_caseloads_account_id", "account_id", "pupil_id"),
        CheckConstraint(
            "why IN ('key_adult', 'class_teacher', 'therapy', 'referral', 'reintegration', 'granted')",
            name="why",
        ),
    )
    school_id: UUID
    account_id: UUID = Field(foreign_key="accounts.id")
    pupil_id: UUID
    why: str
    from_on: date
    until_on: date | None = None
    ended_by: UUID | None = None


class Group(Record, table=True):
    """Pupils of one base under a name; who is in it now is told by their placements too (pupils/groups)."""

    __tablename__ = "groups"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        UniqueConstraint("school_id", "id"),
        Index("ix_groups_base_id", "base_id"),
        Index(
            "uq_groups_live", "base_id", "name", unique=True,
            postgresql_where=text("ended_on IS NULL"), sqlite_where=text("ended_on IS NULL"),
        ),
    )  # fmt: skip
    school_id: UUID
    base_id: UUID
    # an erasure blanks it, for it may name anybody
    name: str | None = None
    pupil_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    ended_on: date | None = None


class ZoneCheckIn(Record, table=True):
    """The zones of regulation a pupil is in at one moment; no zone is bad, and it is never scored."""

    __tablename__ = "zone_check_ins"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        Index("ix_zone_check_ins_pupil_id", "pupil_id", "at"),
    )
    school_id: UUID
    pupil_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)
    zones: list[str] = Field(sa_type=Codes)
    said_by: str
    note: str | None = None
    recorded_by: UUID
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None


class TherapyNote(Record, table=True):
    """A therapist's note of one session; the text stands in `sealed` alone, and only `key_id`'s key opens it.

    `corrections` counts how often the text was written anew; each former text is kept, sealed too.
    """

    __tablename__ = "therapy_notes"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        UniqueConstraint("school_id", "id"),
        Index("ix_therapy_notes_account_id", "account_id", "pupil_id"),
        Index("ix_therapy_notes_pupil_id", "pupil_id"),
        CheckConstraint(
            "kind IN ('individual', 'group', 'family', 'parent_carer', 'assessment', 'consultation', 'other')",
            name="kind",
        ),
    )
    school_id: UUID
    pupil_id: UUID
    account_id: UUID = Field(foreign_key="accounts.id")
    session_on: date
    kind: str
    sealed: bytes = Field(sa_type=LargeBinary)
    key_id: str
    corrections: int = 0
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FormerNoteText(Identified, table=True):
    """A text that a correction of a therapy note replaced, sealed as it was, for rectification and erasure."""

    __tablename__ = "former_note_texts"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "note_id"], ["therapy_notes.school_id", "therapy_notes.id"]),
        UniqueConstraint("note_id", "corrections"),
        Index("ix_former_note_texts_pupil_id", "pupil_id"),
    )
    school_id: UUID
    note_id: UUID
    pupil_id: UUID
    account_id: UUID = Field(foreign_key="accounts.id")
    corrections: int
    sealed: bytes = Field(sa_type=LargeBinary)
    key_id: str
    replaced_at: datetime = Field(sa_type=UtcDateTime)
