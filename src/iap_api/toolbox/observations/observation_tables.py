"""The table of observations: what an adult saw of one child at one time, and the child's own smiley beside it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from iap_api.core.tables import Record, UtcDateTime

SMILEYS = ("very_sad", "sad", "so_so", "happy", "very_happy")


class Observation(Record, table=True):
    """What was seen of one child, most often in a booking; a slip is corrected, a wrong one withdrawn."""

    __tablename__ = "observations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "booking_id"], ["bookings.school_id", "bookings.id"]),
        CheckConstraint("engagement BETWEEN 1 AND 5", name="engagement"),
        CheckConstraint("behaviour BETWEEN 1 AND 5", name="behaviour"),
        CheckConstraint(f"smiley IN {SMILEYS}", name="smiley"),
        CheckConstraint(
            "engagement IS NOT NULL OR behaviour IS NOT NULL OR smiley IS NOT NULL OR proud_moment IS NOT NULL"
            " OR incident IS NOT NULL",
            name="says_something",
        ),
        Index("ix_observations_pupil_id", "pupil_id", "at"),
        Index("ix_observations_booking_id", "booking_id"),
    )
    school_id: UUID
    pupil_id: UUID
    booking_id: UUID | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    engagement: int | None = None
    behaviour: int | None = None
    smiley: str | None = None
    proud_moment: str | None = None
    incident: str | None = None
    recorded_by: UUID
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None
