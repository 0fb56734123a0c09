"""What is asked of the availability of spaces, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from iap_api.core.pages import Count
from iap_api.core.shapes import Day, Id, Shape
from iap_api.schools.calendar_shapes import LocalTime
from iap_api.schools.calendar_shapes import Reason as DayReason
from iap_api.spaces.bookings.booking_shapes import Purpose
from iap_api.spaces.space_shapes import Feature, SpaceKind

Several = Annotated[list[Id], Field(max_length=60, description="May stand several times.")]
Reason = Literal[
    "other-school", "too-few-places", "missing-feature", "walk-in-only", "not-your-space-to-book", "space-ended",
    "too-far-ahead", "not-a-school-day", "opening", "space-closed", "busy", "space-taken-whole", "space-full",
    "adults-missing",
]  # fmt: skip


class AvailabilityAsked(BaseModel):
    """Who is to come, for how long, on which days and between which hours of the school's clock."""

    model_config = ConfigDict(extra="forbid")

    pupil_ids: Several = []
    staff_ids: Several = []
    minutes: Annotated[Count, Field(ge=1, le=720)]
    from_on: Day
    until_on: Annotated[Day, Field(description="The last day, at most 14 days in all.")]
    from_time: Annotated[LocalTime, Field(description="The school's clock (Europe/London), HH:MM, on every day.")]
    until_time: LocalTime
    purpose: Purpose
    base_id: Id | None = None
    kind: SpaceKind | None = None
    features: Annotated[list[Feature], Field(max_length=20, description="All of them are needed.")] = []
    limit: Annotated[Count, Field(ge=1, le=200, description="How many options at most.")] = 20


class Option(Shape):
    """A space in which all of them can be together; it may be booked to begin at any minute until `latest_start`."""

    space_id: UUID
    base_id: UUID | None
    kind: str
    starts_at: datetime
    ends_at: datetime
    latest_start: datetime
    free_places: int = Field(description="How many pupils there is room for, theirs included, from start to end.")
    needs_approval: bool = Field(description="Whether a booking by you would wait for somebody's approval.")


class Out(Shape):
    """A space in which it cannot be, and why; `busy` names those of the people asked for who are elsewhere."""

    space_id: UUID
    reason: Reason
    pupil_ids: list[UUID]
    staff_ids: list[UUID]


class NotSchoolDay(Shape):
    """A day on which a school's calendar says that its pupils do not come."""

    school_id: UUID
    on: date
    reason: DayReason


class AvailabilityRead(Shape):
    """What can be booked, the soonest first, and why each other space cannot."""

    options: list[Option]
    more: bool = Field(description="Whether there are more options than `limit`.")
    out: list[Out]
    not_school_days: list[NotSchoolDay] = Field(
        description="The days asked for that were left out: of a school with an academic year, when pupils are to come."
    )
