"""The table of visits: that a pupil was in a space, booked or not; a fact that is never refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from iap_api.core.tables import Codes, Record, UtcDateTime

_OPEN = text("ended_at IS NULL")


class Visit(Record, table=True):
    """One pupil in one space from `started_at`; open until it is ended, and holding its place until `holds_until`."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("school_id", "id", "pupil_id"),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "adult_staff_id"], ["staff.school_id", "staff.id"]),
        CheckConstraint("initiated_by IN ('pupil', 'staff_offer', 'staff_direct')", name="initiated_by"),
        CheckConstraint("door IN ('open', 'closed', 'none')", name="door"),
        CheckConstraint("ended_at >= started_at", name="ends_last"),
        CheckConstraint("holds_until >= started_at", name="holds"),
        CheckConstraint("withdrawn_at IS NULL OR ended_at = started_at", name="withdrawn_is_nowhere"),
        Index("ix_visits_pupil_id", "pupil_id", "started_at"),
        Index("ix_visits_space_id", "space_id", "started_at"),
        Index("uq_visits_open", "pupil_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    )
    school_id: UUID
    space_id: UUID
    pupil_id: UUID
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    initiated_by: str
    free_to_leave: bool
    believed_could_not_leave: bool | None = None
    door: str
    adult_in_sight: bool
    adult_staff_id: UUID | None = None
    zones_before: list[str] = Field(default_factory=list, sa_type=Codes)
    zones_after: list[str] = Field(default_factory=list, sa_type=Codes)
    note: str | None = None
    over_capacity: bool
    reported_late: bool
    holds_until: datetime = Field(sa_type=UtcDateTime)
    left_open_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    recorded_by: UUID
    ended_by: UUID | None = None
    # the visit whose beginning ended this one; it gives the time back if it is withdrawn
    ended_by_visit_id: UUID | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None
