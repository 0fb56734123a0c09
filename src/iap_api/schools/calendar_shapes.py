"""What academic years, day periods and school days look like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of

DayOffKind = Literal["half_term", "inset", "bank_holiday", "holiday"]
Reason = Literal["weekend", "out_of_term", "half_term", "inset", "bank_holiday", "holiday", "no_calendar"]
LocalTime = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="The school's clock (Europe/London): HH:MM.")
]
Weekday = Annotated[int, Field(ge=1, le=7, description="1 is Monday, 7 is Sunday.")]


class TermRead(Shape):
    """From the first to the last day of a term, both in it."""

    name: str
    starts_on: date
    ends_on: date


class DayOffRead(Shape):
    """One or more days, both ends included, on which pupils do not come."""

    kind: str
    name: str
    from_on: date
    until_on: date


class AcademicYearRead(Shape):
    """One academic year of a school, whole: its terms and its days off, each in the order of their days."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    starts_on: date
    ends_on: date
    terms: list[TermRead]
    days_off: list[DayOffRead]


class Term(Body):
    """A term: autumn, spring, summer, or as the school names them."""

    name: Line
    starts_on: Day
    ends_on: Day


class DayOff(Body):
    """Days on which pupils do not come; a bank holiday may lie inside a half-term."""

    kind: Annotated[DayOffKind, Field(description="`inset`: staff work, pupils do not come.")]
    name: Line
    from_on: Day
    until_on: Annotated[Day, Field(description="The last day of it; the same day for a single one.")]


class AcademicYearCreate(Body):
    """A whole academic year, with its terms and days off as the school has published them."""

    school_id: Id
    name: Annotated[Line, Field(description="Such as 2026/27.")]
    starts_on: Annotated[Day, Field(description="Usually 1 September; no two years of a school share a day.")]
    ends_on: Annotated[Day, Field(description="Usually 31 August.")]
    terms: Annotated[list[Term], Field(min_length=1, max_length=12)]
    days_off: Annotated[
        list[DayOff], Field(max_length=100, description="Holidays between terms need no entry: they are out of term.")
    ] = Field(default_factory=list)


AcademicYearChange = change_of("AcademicYearChange", AcademicYearCreate, leaving_out=frozenset({"school_id"}))


class AcademicYearFilters(Page):
    """Which academic years of the schools within reach."""

    school_id: Id | None = None
    on: Annotated[Day | None, Field(description="Only the year in which that day lies.")] = None


class DayPeriodRead(Shape):
    """One named period of the school day; `lesson` periods are those that figures count as teaching."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    weekdays: list[int]
    from_time: str
    until_time: str
    lesson: bool
    ended_on: date | None


class DayPeriodCreate(Body):
    """A period to name; one that begins earlier on Fridays is entered twice, once for each time."""

    school_id: Id
    name: Annotated[Line, Field(description="Such as Period 1, Break or Lunch.")]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    from_time: LocalTime
    until_time: LocalTime
    lesson: Annotated[bool, Field(description="Whether it is teaching time, for the figures.")]


DayPeriodChange = change_of("DayPeriodChange", DayPeriodCreate, leaving_out=frozenset({"school_id"}))


class DayPeriodEnd(Body):
    """The day from which the school no longer has the period."""

    ended_on: Day


class DayPeriodFilters(Page):
    """Which periods of the schools within reach."""

    school_id: Id | None = None


class SchoolDayRead(Shape):
    """One day: whether pupils come, and if not, why not."""

    on: date
    is_school_day: bool | None = Field(description="Null where nobody can tell: a weekday without a calendar.")
    reason: Reason | None = Field(description="Why it is not, or not known to be, a school day.")
    name: str | None = Field(description="What the day off is called.")
    term: str | None = Field(description="The term in which the day lies.")


class SchoolDaysRead(Shape):
    """The days asked for, one by one, and how many of them are school days."""

    school_id: UUID
    school_days: int
    items: list[SchoolDayRead]


class SchoolDaysAsked(BaseModel):
    """Which school and which days: at most 400, both ends included."""

    model_config = ConfigDict(extra="forbid")

    school_id: Id
    from_on: Day
    until_on: Day
