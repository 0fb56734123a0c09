"""The tables of the school calendar: academic years with their terms and days off, and the named periods of a day."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from iap_api.core.tables import Record

_LIVE = text("ended_on IS NULL")


class AcademicYear(Record, table=True):
    """One academic year of a school; terms and days off are lists of it, so that one version is the whole calendar.

    A rule of the database (migrations/rules/school_calendar) holds that no two of a school share a day.
    """

    __tablename__ = "academic_years"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        CheckConstraint("ends_on > starts_on", name="period"),
        Index("ix_academic_years_school_id", "school_id", "starts_on"),
    )
    school_id: UUID = Field(foreign_key="schools.id")
    name: str
    starts_on: date
    ends_on: date
    terms: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    days_off: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class DayPeriod(Record, table=True):
    """A named period of the school day on some weekdays, in local time; two may overlap (staggered breaks)."""

    __tablename__ = "day_periods"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        CheckConstraint("until_time > from_time", name="period"),
        Index(
            "uq_day_periods_live", "school_id", "name", "from_time", "until_time", unique=True,
            postgresql_where=_LIVE, sqlite_where=_LIVE,
        ),
    )  # fmt: skip
    school_id: UUID = Field(foreign_key="schools.id")
    name: str
    weekdays: list[int] = Field(sa_type=JSON)
    from_time: str
    until_time: str
    lesson: bool
    ended_on: date | None = None
