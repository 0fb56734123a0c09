"""The table of restrictive interventions: seclusion, restraint and other force, each with what must be written down."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from iap_api.core.tables import Ids, Record, UtcDateTime

_OF_VISIT = text("visit_id IS NOT NULL AND withdrawn_at IS NULL")
# what is missing must not be signed, whoever writes beside the API; the words for it are in `completing`. That it names
# adults is for a trigger to ask (migrations/rules/interventions_whole.py): each database has an empty list of its own
_WHOLE = (
    "signed_at IS NULL OR (signed_by IS NOT NULL AND what_led_to_it IS NOT NULL AND ended_at IS NOT NULL"
    " AND injury IS NOT NULL AND (injury = 'none' OR injury_note IS NOT NULL) AND parents_told_at IS NOT NULL"
    " AND parents_told_how IS NOT NULL AND debrief_at IS NOT NULL AND debrief IS NOT NULL)"
)


class RestrictiveIntervention(Record, table=True):
    """That a pupil was kept in, held or moved by force: due by the end of the day, signed by the headteacher."""

    __tablename__ = "restrictive_interventions"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(
            ["school_id", "visit_id", "pupil_id"], ["visits.school_id", "visits.id", "visits.pupil_id"]
        ),
        CheckConstraint("ended_at >= started_at", name="ends_last"),
        CheckConstraint("injury IN ('none', 'pupil', 'staff', 'both')", name="injury"),
        CheckConstraint(_WHOLE, name="signed_whole"),
        Index("ix_restrictive_interventions_pupil_id", "pupil_id", "started_at"),
        Index("ix_restrictive_interventions_school_id", "school_id", "started_at"),
        Index(
            "uq_restrictive_interventions_visit", "visit_id", "kind", unique=True,
            postgresql_where=_OF_VISIT, sqlite_where=_OF_VISIT,
        ),
        Index(
            "ix_restrictive_interventions_due", "due_at",
            postgresql_where=text("signed_at IS NULL AND overdue_at IS NULL"),
            sqlite_where=text("signed_at IS NULL AND overdue_at IS NULL"),
        ),
    )  # fmt: skip
    school_id: UUID
    pupil_id: UUID
    visit_id: UUID | None = None
    kind: str
    what_led_to_it: str | None = None
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # the visit whose beginning ended this one's visit, and this seclusion with it
    ended_by_visit_id: UUID | None = None
    staff_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    injury: str | None = None
    injury_note: str | None = None
    parents_told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    parents_told_how: str | None = None
    debrief_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    debrief: str | None = None
    due_at: datetime = Field(sa_type=UtcDateTime)
    overdue_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    recorded_by: UUID
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    signed_by: UUID | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None
    withdrawn_why: str | None = None
