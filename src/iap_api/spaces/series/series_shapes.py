"""What a series of bookings looks like on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Note, Shape, change_of
from iap_api.schools.calendar_shapes import LocalTime, Weekday
from iap_api.spaces.bookings.booking_shapes import Purpose, Several, Subject

Outcome = Literal["booked", "requested", "skipped", "not_a_school_day", "declined", "cancelled", "released"]


class OccurrenceRead(Shape):
    """One day of a series, and what became of it."""

    on: date
    outcome: Outcome
    reason: str | None = Field(
        description="Why it was skipped (the kind of problem a booking of that day would have been), why it is not a "
        "school day (as in /v1/school-days), or `closure` where one cancelled it."
    )
    booking_id: UUID | None
    changed_alone: bool = Field(description="Changed by itself: changes of the series leave it as it is.")


class SeriesRead(Shape):
    """One series as it stands; read because of a child, it shows the children within reach alone, as a booking does."""

    id: UUID
    version: int
    school_id: UUID
    space_id: UUID
    from_on: date
    until_on: date
    weekdays: list[int]
    every_weeks: int
    from_time: str
    until_time: str
    purpose: str
    subject: str | None
    note: str | None = Field(description="Null where there is none, and to whoever is not shown every pupil.")
    whole_base: bool
    pupil_ids: list[UUID] = Field(description="Empty for a whole base: its pupils are those placed there on the day.")
    others: int = Field(description="How many more pupils are booked, whom you are not shown.")
    staff_ids: list[UUID]
    booked_by: UUID
    ended_at: datetime | None


class SeriesWhole(SeriesRead):
    """One series with each of its days."""

    occurrences: list[OccurrenceRead]


class _Booked(Body):
    space_id: Id
    from_time: LocalTime
    until_time: LocalTime
    purpose: Purpose
    subject: Subject | None = Field(default=None, description="Of a lesson or a re-integration lesson.")
    pupil_ids: Several = []
    staff_ids: Several = []
    note: Note | None = None


class SeriesCreate(_Booked):
    """A space at a local time on weekdays of term time, and who is to be there."""

    from_on: Day
    until_on: Annotated[Day, Field(description="At the latest the last day of the academic year of from_on.")]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    every_weeks: Annotated[
        int, Field(ge=1, le=2, description="2 is every second week of the calendar, from the week of from_on on.")
    ] = 1
    whole_base: bool = Field(default=False, description="Every pupil placed in the space's base on each day.")
    group_id: Id | None = Field(default=None, description="Instead of pupil_ids: whom the group holds today.")
    on_conflict: Annotated[
        Literal["fail", "skip"],
        Field(description="`fail`: what stands in the way of one day lets nothing be booked. `skip`: the others are."),
    ] = "fail"


class _Scoped(_Booked):
    scope: Annotated[
        Literal["all", "following"],
        Field(description="`all` that is still ahead, or what follows from `from_on` on."),
    ]
    from_on: Annotated[Day | None, Field(description="The first day to change; goes with `following`.")] = None


SeriesChange = change_of("SeriesChange", _Scoped)


class SeriesEnd(Body):
    """The first day on which it is no more."""

    ended_on: Day


class SeriesFilters(Page):
    """Which series."""

    space_id: Id | None = None
