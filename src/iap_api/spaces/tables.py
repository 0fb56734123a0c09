"""The tables of spaces: spaces, series and their days, bookings, which takes pupils out of which, and presences."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from iap_api.core.tables import BigId, Codes, Ids, Numbers, Record, UtcDateTime

STATUSES = ("requested", "booked", "declined", "cancelled", "released")

KINDS = (
    "sensory_room", "classroom", "stem_room", "economics_room", "sensory_circuit", "reintegration_classroom",
    "retreat", "outdoor",
)  # fmt: skip


class Space(Record, table=True):
    """A room, retreat or outdoor place; without a base it is open to the whole school."""

    __tablename__ = "spaces"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("places BETWEEN 1 AND 500", name="places"),
        CheckConstraint("pupils_per_adult BETWEEN 1 AND 100", name="pupils_per_adult"),
        CheckConstraint("usual_minutes BETWEEN 1 AND 240", name="usual_minutes"),
        CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 60 AND buffer_after_minutes BETWEEN 0 AND 60", name="buffers"
        ),
        CheckConstraint("kind <> 'retreat' OR walk_in_only", name="retreat_is_walked_into"),
        Index("ix_spaces_base_id", "base_id"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    base_id: UUID | None = None
    name: str
    kind: str
    places: int
    features: list[str] = Field(default_factory=list, sa_type=Codes)
    opening: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    pupils_per_adult: int | None = None
    usual_minutes: int = 20
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    walk_in_only: bool = False
    bookable_by: list[str] = Field(default_factory=list, sa_type=Codes)
    days_ahead: int | None = None
    needs_approval: bool = False
    grace_minutes: int | None = None
    ended_on: date | None = None


class Series(Record, table=True):
    """A booking every week or fortnight at a local time, on the school days between two dates."""

    __tablename__ = "series"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        CheckConstraint("every_weeks IN (1, 2)", name="every_weeks"),
        CheckConstraint("until_on >= from_on", name="until_on"),
    )
    school_id: UUID
    space_id: UUID
    from_on: date
    until_on: date
    weekdays: list[int] = Field(sa_type=Numbers)
    every_weeks: int = 1
    from_time: time
    until_time: time
    purpose: str
    subject: str | None = None
    note: str | None = None
    whole_base: bool = False
    pupil_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    staff_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    booked_by: UUID
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SeriesOccurrence(SQLModel, table=True):
    """One day of a series and what became of it when it was made; its booking says what became of it since."""

    __tablename__ = "series_occurrences"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "series_id"], ["series.school_id", "series.id"]),
        CheckConstraint("outcome IN ('booked', 'skipped', 'not_a_school_day')", name="outcome"),
        CheckConstraint("(outcome = 'booked') = (reason IS NULL)", name="reason"),
    )
    school_id: UUID
    series_id: UUID = Field(primary_key=True)
    on_day: date = Field(primary_key=True)
    outcome: str
    reason: str | None = None
    changed_alone: bool = False


class Booking(Record, table=True):
    """A space, a half-open period, who is to be there and why; triggers derive every presence from this row."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        ForeignKeyConstraint(["school_id", "series_id"], ["series.school_id", "series.id"]),
        ForeignKeyConstraint(["school_id", "closure_id"], ["closures.school_id", "closures.id"]),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("(series_id IS NULL) = (series_on IS NULL)", name="series_on"),
        Index("ix_bookings_space_id", "space_id", "starts_at"),
        Index(
            "uq_bookings_series_on",
            "series_id",
            "series_on",
            unique=True,
            postgresql_where=text("series_id IS NOT NULL"),
            sqlite_where=text("series_id IS NOT NULL"),
        ),
    )
    school_id: UUID
    space_id: UUID
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    purpose: str
    subject: str | None = None
    note: str | None = None
    status: str = "booked"
    whole_base: bool = False
    pupil_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    staff_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    takes_from: list[UUID] = Field(default_factory=list, sa_type=Ids)
    booked_by: UUID
    series_id: UUID | None = None
    series_on: date | None = None
    decided_by: UUID | None = None
    checked_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closure_id: UUID | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_by: UUID | None = None


class BookingTaking(SQLModel, table=True):
    """That an inner booking takes its people out of an outer one; kept by the triggers on bookings."""

    __tablename__ = "booking_takings"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "inner_id"], ["bookings.school_id", "bookings.id"]),
        ForeignKeyConstraint(["school_id", "outer_id"], ["bookings.school_id", "bookings.id"]),
    )
    school_id: UUID
    inner_id: UUID = Field(primary_key=True)
    outer_id: UUID = Field(primary_key=True)


class Presence(SQLModel, table=True):
    """One person in one space for one unbroken period; kept by the triggers on bookings."""

    __tablename__ = "presences"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "booking_id"], ["bookings.school_id", "bookings.id"]),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "staff_id"], ["staff.school_id", "staff.id"]),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    school_id: UUID
    booking_id: UUID
    space_id: UUID
    pupil_id: UUID | None = None
    staff_id: UUID | None = None
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
