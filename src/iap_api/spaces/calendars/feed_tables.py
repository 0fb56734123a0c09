"""The table of calendar feeds: which secret address shows the bookings of which space, member of staff or base."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from iap_api.core.tables import Record, UtcDateTime

_ONE = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in ("space_id", "staff_id", "base_id"))


class CalendarFeed(Record, table=True):
    """One secret address, kept as its digest; it shows what whoever made it may still read."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        UniqueConstraint("digest"),
        ForeignKeyConstraint(["school_id", "space_id"], ["spaces.school_id", "spaces.id"]),
        ForeignKeyConstraint(["school_id", "staff_id"], ["staff.school_id", "staff.id"]),
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        CheckConstraint(f"{_ONE} = 1", name="of_one_thing"),
        Index("ix_calendar_feeds_made_by", "made_by"),
        Index("ix_calendar_feeds_school_id", "school_id"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    space_id: UUID | None = None
    staff_id: UUID | None = None
    base_id: UUID | None = None
    digest: bytes = Field(sa_type=LargeBinary)
    made_by: UUID = Field(foreign_key="accounts.id")
    expires_on: date | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: UUID | None = None
    last_used_on: date | None = None
