"""The tables of profiles: instruments as versioned data, profiles, and each answer as a row of its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from iap_api.core.tables import Record, UtcDateTime

_SHIPPED = text("trust_id IS NULL")
_STANDS = text("status <> 'withdrawn'")


class Instrument(Record, table=True):
    """One version of an instrument; without a trust it came with the software and is for everybody.

    `instrument_version` is the definition's own; `version` counts changes of this row, as everywhere.
    """

    __tablename__ = "instruments"
    __table_args__ = (
        UniqueConstraint("trust_id", "key", "instrument_version"),
        Index(
            "uq_instruments_shipped",
            "key",
            "instrument_version",
            unique=True,
            postgresql_where=_SHIPPED,
            sqlite_where=_SHIPPED,
        ),
        CheckConstraint("(trust_id IS NULL) = (school_id IS NULL)", name="owner"),
        CheckConstraint("status IN ('in_use', 'retired')", name="status"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        Index("ix_instruments_school_id", "school_id"),
    )
    trust_id: UUID | None = Field(default=None, foreign_key="trusts.id")
    school_id: UUID | None = Field(default=None, foreign_key="schools.id")
    key: str
    instrument_version: str
    title: str
    wording_owner: str
    youngest: int
    oldest: int
    re_assessment_interval_weeks: int
    item_count: int
    norm_version: str | None = None
    definition: str
    status: str = "in_use"
    imported_by: UUID | None = None
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retired_by: UUID | None = None


class Profile(Record, table=True):
    """One assessment of one pupil with one instrument version: a draft until it is signed, and the same ever after."""

    __tablename__ = "profiles"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "supersedes_id"], ["profiles.school_id", "profiles.id"]),
        Index(
            "uq_profiles_superseded_once",
            "supersedes_id",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
        CheckConstraint("status IN ('draft', 'completed', 'superseded', 'withdrawn')", name="status"),
        CheckConstraint(
            "(status IN ('completed', 'superseded')) ="
            " (completed_at IS NOT NULL AND completed_by IS NOT NULL AND scores IS NOT NULL)",
            name="signed",
        ),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        CheckConstraint("supersedes_id <> id", name="another"),
        CheckConstraint("(totals IS NULL) = (totals_source IS NULL)", name="totals"),
        Index("ix_profiles_pupil_id", "pupil_id", "id"),
        Index("ix_profiles_instrument_id", "instrument_id"),
    )
    school_id: UUID
    pupil_id: UUID
    instrument_id: UUID = Field(foreign_key="instruments.id")
    norm_version: str | None = None
    observed_on: date
    age_years: int
    note: str | None = None
    status: str = "draft"
    started_by: UUID
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    completed_by: UUID | None = None
    scores: str | None = None
    totals: dict[str, int] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    totals_source: str | None = None
    supersedes_id: UUID | None = None
    correction_reason: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None


class ProfileAnswer(SQLModel, table=True):
    """One adult's answer to one item; null says that an answer was taken back. It goes when its profile is erased."""

    __tablename__ = "profile_answers"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "profile_id"], ["profiles.school_id", "profiles.id"], ondelete="CASCADE"),
        CheckConstraint("value BETWEEN 0 AND 10", name="value"),
    )
    profile_id: UUID = Field(primary_key=True)
    item: str = Field(primary_key=True)
    school_id: UUID
    value: int | None = None
    answered_by: UUID
    answered_at: datetime = Field(sa_type=UtcDateTime)
