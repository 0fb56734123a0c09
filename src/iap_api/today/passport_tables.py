"""The table of passports: a pupil's own words about what helps, written down by an adult."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from iap_api.core.tables import Record


class Passport(Record, table=True):
    """A pupil's own words, one page for the whole pupil: it goes with them to the next school."""

    __tablename__ = "passports"
    __table_args__ = (
        UniqueConstraint("pupil_id"),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
    )
    school_id: UUID
    pupil_id: UUID
    call_me: str | None = None
    about_me: str | None = None
    hard_for_me: str | None = None
    you_can_tell: str | None = None
    helps: str | None = None
    does_not_help: str | None = None
    said_on: date
    written_by: UUID = Field(foreign_key="accounts.id")
