"""The tables of subject requests: the request, the pauses of its clock, its package, and what is withheld from it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from iap_api.core.tables import Record, UtcDateTime

KINDS = ("access", "erasure", "rectification", "objection", "portability", "educational_record", "complaint")
OF_A_REQUEST = (
    ["school_id", "request_id", "pupil_id"],
    ["subject_requests.school_id", "subject_requests.id", "subject_requests.pupil_id"],
)
_OPEN = text("until_on IS NULL")


class SubjectRequest(Record, table=True):
    """What a parent, a pupil or their representative asks under data-protection law, and how far it has come."""

    __tablename__ = "subject_requests"
    __table_args__ = (
        UniqueConstraint("school_id", "id", "pupil_id"),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("requester IN ('parent', 'pupil', 'representative')", name="requester"),
        CheckConstraint(
            "status IN ('received', 'in_progress', 'paused', 'ready', 'released', 'refused', 'withdrawn')",
            name="status",
        ),
        CheckConstraint("kind <> 'educational_record' OR requester <> 'pupil'", name="educational_record"),
        CheckConstraint("(extended_on IS NULL) = (extension_reason IS NULL)", name="extended"),
        CheckConstraint("(identity_checked_on IS NULL) = (identity_how IS NULL)", name="identity"),
        CheckConstraint(
            "status <> 'released' OR (identity_checked_on IS NOT NULL AND ended_at IS NOT NULL)", name="released"
        ),
        CheckConstraint("status <> 'refused' OR (ended_why IS NOT NULL AND ended_at IS NOT NULL)", name="refused"),
        Index("ix_subject_requests_pupil_id", "pupil_id"),
    )
    school_id: UUID
    pupil_id: UUID
    kind: str
    requester: str
    requester_name: str
    asked_for: str | None = None
    received_on: date
    due_on: date | None = None
    counted_by: str | None = None
    status: str = "received"
    identity_checked_on: date | None = None
    identity_how: str | None = None
    acknowledged_on: date | None = None
    extended_on: date | None = None
    extension_reason: str | None = None
    package_built_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    recorded_by: UUID
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: UUID | None = None
    ended_why: str | None = None


class RequestPause(Record, table=True):
    """Days on which the clock stands still because the school waits for the requester."""

    __tablename__ = "subject_request_pauses"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REQUEST),
        CheckConstraint("why IN ('identity', 'clarification')", name="why"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="period"),
        Index(
            "uq_subject_request_pauses_open", "request_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN
        ),
        Index("ix_subject_request_pauses_request_id", "request_id"),
    )  # fmt: skip
    school_id: UUID
    request_id: UUID
    pupil_id: UUID
    why: str
    from_on: date
    until_on: date | None = None
    asked: str


class SubjectPackage(SQLModel, table=True):
    """The copy of a pupil's record for one request: whole while it is worked on, redacted and sealed once released.

    From its release on there is no unredacted one: `working` is gone, and `archive` is what was handed over.
    """

    __tablename__ = "subject_packages"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REQUEST),
        CheckConstraint("(released_at IS NULL) = (archive IS NULL)", name="archive"),
        CheckConstraint("(released_at IS NULL) = (working IS NOT NULL)", name="working"),
    )
    request_id: UUID = Field(primary_key=True)
    school_id: UUID
    pupil_id: UUID
    built_at: datetime = Field(sa_type=UtcDateTime)
    built_by: UUID
    working: bytes | None = Field(default=None, sa_type=LargeBinary)
    archive: bytes | None = Field(default=None, sa_type=LargeBinary)
    contents: str
    digest: str
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    released_by: UUID | None = None


class Redaction(Record, table=True):
    """One place in a package that may have to be withheld: proposed by the software or marked by the officer."""

    __tablename__ = "redactions"
    __table_args__ = (
        ForeignKeyConstraint(*OF_A_REQUEST),
        UniqueConstraint("request_id", "pointer"),
        CheckConstraint(
            "reason IN ('about_somebody_else', 'serious_harm', 'child_abuse_data', 'legal_privilege')", name="reason"
        ),
        CheckConstraint("status IN ('proposed', 'withheld', 'shown')", name="status"),
        CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at"),
    )
    school_id: UUID
    request_id: UUID
    pupil_id: UUID
    pointer: str
    reason: str
    found: str
    value_digest: str
    note: str | None = None
    status: str = "proposed"
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
