"""The tables of the toolbox: resources and their stock, toolboxes, what was put into them, and uses."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, col

from iap_api.core.tables import Codes, Record, UtcDateTime
from iap_api.files.tables import StoredFile

CATEGORIES = ("sensory", "movement", "calm", "communication", "learning")
OPEN = text("ended_on IS NULL")
# a base keeps an entry of the shipped catalogue once, and so does a school outside its bases
_OF_SCHOOL = text("ended_on IS NULL AND base_id IS NULL")


class Resource(Record, table=True):
    """An entry of a school's catalogue; `issued` counts the toolbox items out, and only their triggers write it."""

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        ForeignKeyConstraint(["school_id", "photo_id"], [col(StoredFile.school_id), col(StoredFile.id)]),
        UniqueConstraint("photo_id"),
        CheckConstraint(f"category IN {CATEGORIES}", name="category"),
        CheckConstraint("issued BETWEEN 0 AND stock", name="issued"),
        Index("ix_resources_base_id", "base_id"),
        Index(
            "uq_resources_school_id_catalogue_key", "school_id", "catalogue_key", unique=True,
            postgresql_where=_OF_SCHOOL, sqlite_where=_OF_SCHOOL,
        ),
        Index(
            "uq_resources_base_id_catalogue_key", "base_id", "catalogue_key", unique=True,
            postgresql_where=OPEN, sqlite_where=OPEN,
        ),
    )  # fmt: skip
    school_id: UUID = Field(foreign_key="schools.id")
    base_id: UUID | None = None
    catalogue_key: str | None = None
    name: str
    category: str
    zones: list[str] = Field(default_factory=list, sa_type=Codes)
    strands: list[str] = Field(default_factory=list, sa_type=Codes)
    nurture_principle: str | None = None
    purpose: str | None = None
    who_may_use: str | None = None
    note: str | None = None
    risk_note: str | None = None
    allergens: list[str] = Field(default_factory=list, sa_type=Codes)
    allergy_note: str | None = None
    cleaning_note: str | None = None
    photo_id: UUID | None = None
    stock: int = 1
    issued: int = 0
    ended_on: date | None = None


class Toolbox(Record, table=True):
    """One pupil's own toolbox in a base, in a locker; a pupil has one open at a time, and so has a locker."""

    __tablename__ = "toolboxes"
    __table_args__ = (
        UniqueConstraint("school_id", "pupil_id", "id"),
        ForeignKeyConstraint(["school_id", "base_id"], ["bases.school_id", "bases.id"]),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        Index(
            "uq_toolboxes_one_per_pupil", "pupil_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN
        ),
        Index(
            "uq_toolboxes_one_per_locker", "base_id", "locker_key", unique=True,
            postgresql_where=OPEN, sqlite_where=OPEN,
        ),
        Index("ix_toolboxes_pupil_id", "pupil_id"),
    )  # fmt: skip
    school_id: UUID
    base_id: UUID
    pupil_id: UUID
    locker: str
    locker_key: str
    note: str | None = None
    ended_on: date | None = None


class ToolboxItem(Record, table=True):
    """One piece of a resource in a pupil's toolbox, from the day it was issued until it is returned, or lost."""

    __tablename__ = "toolbox_items"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        ForeignKeyConstraint(
            ["school_id", "pupil_id", "toolbox_id"],
            ["toolboxes.school_id", "toolboxes.pupil_id", "toolboxes.id"],
        ),
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "resource_id"], ["resources.school_id", "resources.id"]),
        CheckConstraint("returned_at IS NULL OR returned_at >= issued_at", name="period"),
        CheckConstraint("lost_at IS NULL OR (lost_at >= issued_at AND returned_at IS NULL)", name="lost"),
        CheckConstraint("(allergy_override IS NULL) = (allergy_override_by IS NULL)", name="allergy_override"),
        Index("ix_toolbox_items_toolbox_id", "toolbox_id"),
        Index("ix_toolbox_items_pupil_id", "pupil_id"),
        Index("ix_toolbox_items_resource_id", "resource_id"),
    )
    school_id: UUID
    pupil_id: UUID
    toolbox_id: UUID
    resource_id: UUID
    why: str | None = None
    instructions: str | None = None
    allergy_override: str | None = None
    allergy_override_by: UUID | None = None
    review_on: date | None = None
    issued_at: datetime = Field(sa_type=UtcDateTime)
    issued_by: UUID
    returned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    returned_by: UUID | None = None
    lost_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lost_by: UUID | None = None


class Use(Record, table=True):
    """One time a pupil used a resource, and the zones before and after; a slip is corrected, a wrong one withdrawn."""

    __tablename__ = "uses"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"]),
        ForeignKeyConstraint(["school_id", "resource_id"], ["resources.school_id", "resources.id"]),
        ForeignKeyConstraint(["school_id", "toolbox_item_id"], ["toolbox_items.school_id", "toolbox_items.id"]),
        CheckConstraint("ended_at > started_at", name="period"),
        CheckConstraint("helped IS NULL OR helped IN ('yes', 'partly', 'no')", name="helped"),
        CheckConstraint("zone_wanted IN ('blue', 'green', 'yellow', 'red')", name="zone_wanted"),
        Index("ix_uses_pupil_id", "pupil_id", "started_at"),
        Index("ix_uses_resource_id", "resource_id", "started_at"),
    )
    school_id: UUID
    pupil_id: UUID
    resource_id: UUID
    toolbox_item_id: UUID | None = None
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime)
    zones_before: list[str] = Field(default_factory=list, sa_type=Codes)
    zones_after: list[str] = Field(default_factory=list, sa_type=Codes)
    zone_wanted: str = "green"
    helped: str | None = None
    note: str | None = None
    recorded_by: UUID
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None
