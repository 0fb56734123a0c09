"""The tables of spaces: spaces, bookings, which booking takes pupils out of which, and presences."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from iap_api.core.tables import BigId, Codes, Ids, Record, UtcDateTime

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
        Index("ix_spaces_base_id", "base_id"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    base_id: UUID | None = None
    name: str
    kind: str
    places: int
    features: list[str] = Field(default_factory=list, sa_type=Codes)
    ended_on: date | None = None


class Booking(Record, table=True):
    """A space, a half-open period, who is to be there and why; triggers derive every presence from this row."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        CheckConstraint("status IN ('booked', 'cancelled')", name="status"),
        Index("ix_bookings_space_id", "space_id", "starts_at"),
    )
    school_id: UUID
    space_id: UUID
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    purpose: str
    note: str | None = None
    status: str = "booked"
    whole_base: bool = False
    pupil_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    staff_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    takes_from: list[UUID] = Field(default_factory=list, sa_type=Ids)
    booked_by: UUID
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
