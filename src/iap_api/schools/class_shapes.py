"""What classes and the adults of a school look like on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Count, Page
from iap_api.core.shapes import Body, Code, Day, Id, Line, Shape, change_of

AcademicYear = Annotated[
    int, Field(ge=2000, le=2100, description="The calendar year in which it begins: 2026 for 2026/27.")
]


class ClassRead(Shape):
    """One mainstream class of one academic year."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    academic_year: int
    nc_years: list[str]
    teacher_staff_id: UUID | None
    ended_on: date | None


class ClassCreate(Body):
    """A class to set up for one academic year."""

    school_id: Id
    name: Line
    academic_year: AcademicYear
    nc_years: Annotated[
        list[Code],
        Field(min_length=1, max_length=8, description="The national curriculum years taught in it."),
    ]
    teacher_staff_id: Annotated[Id | None, Field(description="Its teacher, of the same school.")] = None


ClassChange = change_of("ClassChange", ClassCreate, leaving_out=frozenset({"school_id", "academic_year"}))


class ClassEnd(Body):
    """The day from which the class is no more."""

    ended_on: Day


class ClassFilters(Page):
    """Which classes of those within reach."""

    school_id: Id | None = None
    academic_year: Annotated[Count | None, Field(ge=2000, le=2100)] = None
    teacher_staff_id: Id | None = None


class StaffRead(Shape):
    """One adult who works in one school."""

    id: UUID
    version: int
    school_id: UUID
    account_id: UUID | None
    name: str
    job: str
    started_on: date
    ended_on: date | None


class StaffCreate(Body):
    """An adult to enter: who works in two schools is entered in both."""

    school_id: Id
    account_id: Annotated[Id | None, Field(description="The account with which the adult signs in.")] = None
    name: Line
    job: Annotated[Line, Field(description="What the school calls the job, such as Teaching assistant.")]
    started_on: Day


StaffChange = change_of("StaffChange", StaffCreate, leaving_out=frozenset({"school_id"}))


class StaffEnd(Body):
    """The last day on which the adult works in the school."""

    ended_on: Day


class StaffFilters(Page):
    """Which adults of those within reach."""

    school_id: Id | None = None
    account_id: Id | None = None
    on: Annotated[Day | None, Field(description="Only who works there on that day.")] = None
