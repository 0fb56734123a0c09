"""The tables of reviews: the meeting and its record, contributions, targets, addenda, and invitations to be heard."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from iap_api.core.tables import Codes, Identified, Record, UtcDateTime

OF_A_PUPIL = (["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"])
OF_A_REVIEW = (
    ["school_id", "review_id", "pupil_id"],
    ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
)


class Review(Record, table=True):
    """A meeting about one pupil, due on a day, and its record; rules of the database keep a closed one as it is."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("school_id", "id", "pupil_id"),
        ForeignKeyConstraint(*OF_A_PUPIL),
        ForeignKeyConstraint(["school_id", "chair_staff_id"], ["staff.school_id", "staff.id"]),
        ForeignKeyConstraint(
            ["school_id", "next_review_id", "pupil_id"], ["reviews.school_id", "reviews.id", "reviews.pupil_id"]
        ),
        CheckConstraint("kind IN ('six_weekly', 'termly', 'ehcp_annual', 'early')", name="kind"),
        CheckConstraint("status IN ('due', 'scheduled', 'held', 'closed', 'cancelled')", name="status"),
        CheckConstraint("status <> 'scheduled' OR scheduled_at IS NOT NULL", name="scheduled"),
        CheckConstraint("status NOT IN ('held', 'closed') OR held_at IS NOT NULL", name="held"),
        CheckConstraint("decision IN ('continue', 'step_up_reintegration', 'exit', 'refer_on')", name="decision"),
        CheckConstraint(
            "status <> 'closed' OR (decision IS NOT NULL AND closed_at IS NOT NULL"
            " AND (decision = 'exit' OR next_due_on IS NOT NULL))",
            name="closed",
        ),
        Index("ix_reviews_pupil_id", "pupil_id", "due_on"),
    )
    school_id: UUID
    pupil_id: UUID
    kind: str
    status: str = "due"
    due_on: date
    scheduled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    place: str | None = None
    chair_staff_id: UUID | None = None
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attendees: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    parent_present: bool = False
    decision: str | None = None
    decision_note: str | None = None
    next_due_on: date | None = None
    next_review_id: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: UUID | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_by: UUID | None = None


class Contribution(Record, table=True):
    """What one person has to say for a review, in their words; a child may decline, and that is kept too."""

    __tablename__ = "review_contributions"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REVIEW),
        ForeignKeyConstraint(*OF_A_PUPIL),
        CheckConstraint(
            "by IN ('pupil_voice', 'parent_voice', 'teaching_assistant', 'class_teacher', 'therapist', 'senco',"
            " 'referrer', 'other')",
            name="by",
        ),
        CheckConstraint("medium IN ('spoken', 'written', 'drawn', 'symbol', 'declined')", name="medium"),
        CheckConstraint("medium <> 'declined' OR words IS NULL", name="declined"),
        CheckConstraint("medium NOT IN ('spoken', 'written') OR words IS NOT NULL", name="words"),
        Index("ix_review_contributions_review_id", "review_id"),
        Index("ix_review_contributions_pupil_id", "pupil_id"),
    )
    school_id: UUID
    review_id: UUID
    pupil_id: UUID
    by: str
    medium: str
    words: str | None = None
    given_on: date
    written_by: UUID


class Target(Record, table=True):
    """What is to be reached, how it is measured and by when; its level is set once there is something to see."""

    __tablename__ = "targets"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REVIEW),
        ForeignKeyConstraint(*OF_A_PUPIL),
        CheckConstraint("weight BETWEEN 1 AND 10", name="weight"),
        CheckConstraint("level BETWEEN -2 AND 2", name="level"),
        Index("ix_targets_review_id", "review_id"),
        Index("ix_targets_pupil_id", "pupil_id"),
    )
    school_id: UUID
    review_id: UUID
    pupil_id: UUID
    text: str
    strand: str | None = None
    area: str | None = None
    baseline: str
    measure: str
    due_on: date
    weight: int = 1
    level: int | None = None
    level_note: str | None = None
    level_set_on: date | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None


class Addendum(Record, table=True):
    """What was said after a review was closed: added beside it, and itself never changed."""

    __tablename__ = "review_addenda"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REVIEW),
        ForeignKeyConstraint(*OF_A_PUPIL),
        Index("ix_review_addenda_review_id", "review_id"),
    )
    school_id: UUID
    review_id: UUID
    pupil_id: UUID
    words: str
    written_by: UUID


class Invitation(Identified, table=True):
    """That one guest may be heard for one review; it shares its id with the guest, where its code and its end stand."""

    __tablename__ = "invitations"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "id", "pupil_id"], ["guests.school_id", "guests.id", "guests.pupil_id"]),
        ForeignKeyConstraint(*OF_A_REVIEW),
        ForeignKeyConstraint(*OF_A_PUPIL),
        UniqueConstraint("contribution_id"),
        CheckConstraint("purpose IN ('contribute')", name="purpose"),
        Index("ix_invitations_review_id", "review_id"),
        Index("ix_invitations_pupil_id", "pupil_id"),
    )
    school_id: UUID
    review_id: UUID
    pupil_id: UUID
    purpose: str = "contribute"
    name: str | None = None
    contact_id: UUID | None = Field(default=None, foreign_key="contacts.id")
    shared: list[str] = Field(default_factory=list, sa_type=Codes)
    contribution_id: UUID | None = Field(default=None, foreign_key="review_contributions.id")
