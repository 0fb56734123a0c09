"""The tables of retention: rules, legal holds, runs with their lines and approvals, what was erased, rectifications."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from iap_api.core.tables import Record, UtcDateTime

OF_A_PUPIL = (["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"])
OF_A_RUN = (["school_id", "run_id"], ["retention_runs.school_id", "retention_runs.id"])


class RetentionRule(Record, table=True):
    """How long one trust keeps one class of records, where it is not the default of the schedule."""

    __tablename__ = "retention_rules"
    __table_args__ = (UniqueConstraint("trust_id", "record_class"),)
    trust_id: UUID = Field(foreign_key="trusts.id")
    record_class: str
    years: int
    reason: str | None = None


class LegalHold(Record, table=True):
    """That nothing about a pupil may be erased, and why; it stands until somebody ends it, and is looked at again."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_PUPIL),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index("ix_legal_holds_pupil_id", "pupil_id"),
    )
    school_id: UUID
    pupil_id: UUID
    reason: str
    review_on: date
    placed_by: UUID
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: UUID | None = None
    ended_why: str | None = None


class RetentionRun(Record, table=True):
    """What would go on a day, once looked at; two people approve it before anything goes.

    `digest` is that of its lines: what goes must still be what was looked at.
    """

    __tablename__ = "retention_runs"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        CheckConstraint("status IN ('proposed', 'executing', 'executed', 'withdrawn')", name="status"),
        CheckConstraint("(subject_request_id IS NULL) = (pupil_id IS NULL)", name="one_pupil"),
        Index("ix_retention_runs_school_id", "school_id"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    due_on: date
    subject_request_id: UUID | None = None
    pupil_id: UUID | None = None
    status: str = "proposed"
    digest: str
    made_by: UUID
    executed_by: UUID | None = None
    executed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RetentionRunLine(SQLModel, table=True):
    """One class of records of one pupil that a run takes, and how many rows it has; it names the pupil by id only."""

    __tablename__ = "retention_run_lines"
    __table_args__ = (ForeignKeyConstraint(*OF_A_RUN),)
    run_id: UUID = Field(primary_key=True)
    pupil_id: UUID = Field(primary_key=True)
    record_class: str = Field(primary_key=True)
    school_id: UUID
    rows: int


class RetentionApproval(SQLModel, table=True):
    """That one person approved one run: once, for good; a run needs two people."""

    __tablename__ = "retention_approvals"
    __table_args__ = (ForeignKeyConstraint(*OF_A_RUN),)
    run_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    school_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class ErasedPupil(SQLModel, table=True):
    """That a pupil was erased: an id, a day and a reason, so that a restored backup can be erased again."""

    __tablename__ = "erased_pupils"
    __table_args__ = (
        CheckConstraint("why IN ('schedule', 'subject_request')", name="why"),
        Index("ix_erased_pupils_run_id", "run_id"),
    )
    pupil_id: UUID = Field(primary_key=True)
    school_id: UUID
    erased_at: datetime = Field(sa_type=UtcDateTime)
    why: str
    run_id: UUID


class Erasing(SQLModel, table=True):
    """The eraser's pass: a row that is there only within the transaction that erases, so only that one sees it.

    The rules that forbid deleting look for it, and it cannot be written for a pupil whom no approved run names.
    """

    __tablename__ = "erasing"
    pupil_id: UUID = Field(primary_key=True)
    school_id: UUID
    run_id: UUID


class Rectification(Record, table=True):
    """What somebody says is wrong in a pupil's record, kept beside the original, and what was decided."""

    __tablename__ = "rectifications"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_PUPIL),
        CheckConstraint("decision IN ('corrected', 'statement_added', 'refused')", name="decision"),
        CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decision_reason IS NULL)",
            name="decided",
        ),
        Index("ix_rectifications_pupil_id", "pupil_id"),
    )
    school_id: UUID
    pupil_id: UUID
    resource: str
    resource_id: UUID
    field: str
    said_wrong: str
    statement: str
    asked_by: str
    recorded_by: UUID
    decision: str | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: UUID | None = None
