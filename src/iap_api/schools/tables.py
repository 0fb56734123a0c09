"""The tables of the setting: trusts, schools, bases, classes, staff and dated codes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from iap_api.core.tables import Codes, Ids, Record, UtcDateTime


class Trust(Record, table=True):
    """A multi-academy trust: the widest place a role can be held at."""

    __tablename__ = "trusts"
    __table_args__ = (ForeignKeyConstraint(["id"], ["places.id"]),)
    name: str


class School(Record, table=True):
    """A school; without a trust it is a partner: referrers and home pupils, and no base."""

    __tablename__ = "schools"
    __table_args__ = (
        ForeignKeyConstraint(["id"], ["places.id"]),
        UniqueConstraint("urn"),
        CheckConstraint("kind IN ('member', 'partner')", name="kind"),
        CheckConstraint("kind = 'member' OR trust_id IS NULL", name="partner_without_trust"),
    )
    trust_id: UUID | None = Field(default=None, foreign_key="trusts.id", index=True)
    kind: str = "member"
    name: str
    urn: str
    laestab: str | None = None
    ukprn: str | None = None
    phase: str = "primary"
    ended_on: date | None = None


class Base(Record, table=True):
    """An internal alternative provision inside one school."""

    __tablename__ = "bases"
    __table_args__ = (
        ForeignKeyConstraint(["id"], ["places.id"]),
        ForeignKeyConstraint(["school_id", "lead_staff_id"], ["staff.school_id", "staff.id"]),
        UniqueConstraint("school_id", "id"),
        CheckConstraint("kind IN ('support_base', 'specialist_base')", name="kind"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    name: str
    kind: str = "support_base"
    places: int
    lead_staff_id: UUID | None = None
    opened_on: date
    ended_on: date | None = None


class SchoolClass(Record, table=True):
    """A mainstream class of one academic year."""

    __tablename__ = "classes"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        UniqueConstraint("school_id", "academic_year", "name"),
        ForeignKeyConstraint(["school_id", "teacher_staff_id"], ["staff.school_id", "staff.id"]),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    name: str
    academic_year: int
    nc_years: list[str] = Field(sa_type=Codes)
    teacher_staff_id: UUID | None = None
    ended_on: date | None = None


class Staff(Record, table=True):
    """An adult who works in a school; an account lets them sign in."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        Index("ix_staff_account_id", "account_id"),
        Index(
            "uq_staff_one_per_account",
            "school_id",
            "account_id",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
            sqlite_where=text("ended_on IS NULL"),
        ),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    account_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    name: str
    job: str
    started_on: date
    ended_on: date | None = None


class Closure(Record, table=True):
    """A time at which a school, one of its bases or some of its spaces are closed, whatever the calendar says."""

    __tablename__ = "closures"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        CheckConstraint("until_at > from_at", name="until_at"),
        Index("ix_closures_school_id", "school_id", "until_at"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    base_id: UUID | None = None
    space_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    from_at: datetime = Field(sa_type=UtcDateTime)
    until_at: datetime = Field(sa_type=UtcDateTime)
    reason: str
    closed_by: UUID
    cancelled_booking_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    left_out_booking_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None


class DatedCode(SQLModel, table=True):
    """One code of one official set, with the days on which it may be used."""

    __tablename__ = "codes"
    set: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    label: str
    position: int
    active: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    verified: str = "verified"
    detail: str = "{}"
