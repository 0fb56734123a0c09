"""What a booking looks like on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Instant, Note, Shape, change_of

Purpose = Literal[
    "lesson",
    "regulation",
    "therapy",
    "sensory_circuit",
    "reintegration_lesson",
    "meeting",
    "maintenance",
    "other",
]
# the subjects of the National Curriculum in England (framework document, 2014), RE, RSHE and the early years
Subject = Literal[
    "english", "mathematics", "science", "art_and_design", "citizenship", "computing", "design_and_technology",
    "geography", "history", "languages", "music", "physical_education", "religious_education",
    "relationships_and_health_education", "early_years", "other",
]  # fmt: skip
# these take their space whole (migrations/rules/taken_whole)
WHOLE = frozenset({"meeting", "maintenance"})
LESSONS = frozenset({"lesson", "reintegration_lesson"})
Status = Literal["requested", "booked", "declined", "cancelled", "released"]
Several = Annotated[list[Id], Field(max_length=60)]


class BookingRead(Shape):
    """One booking; whoever another booking takes out of it for a while is named here all the same.

    Whoever reads it because of a child, not of its school or base, is shown the children within reach alone.
    """

    id: UUID
    version: int
    school_id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime
    purpose: str
    subject: str | None
    note: str | None = Field(description="Null where there is none, and to whoever is not shown every pupil.")
    status: str
    whole_base: bool
    pupil_ids: list[UUID]
    others: int = Field(description="How many more pupils are booked, whom you are not shown.")
    staff_ids: list[UUID]
    takes_from: list[UUID]
    booked_by: UUID
    series_id: UUID | None
    series_on: date | None
    decided_by: UUID | None
    checked_in_at: datetime | None
    closure_id: UUID | None
    cancelled_at: datetime | None


class BookingCreate(Body):
    """A space, a half-open period within one day, and who is to be there."""

    space_id: Id
    starts_at: Instant
    ends_at: Instant
    purpose: Purpose
    subject: Subject | None = Field(default=None, description="Of a lesson or a re-integration lesson.")
    pupil_ids: Several = []
    staff_ids: Several = []
    whole_base: bool = Field(default=False, description="Every pupil placed in the space's base on that day.")
    takes_from: Annotated[list[Id], Field(max_length=20)] = Field(
        default=[], description="Bookings out of which these people are taken for this period."
    )
    group_id: Id | None = Field(default=None, description="Instead of pupil_ids: whom the group holds today.")
    note: Note | None = None


BookingChange = change_of(
    "BookingChange", BookingCreate, leaving_out=frozenset({"whole_base", "takes_from", "group_id"})
)


class BookingFilters(Page):
    """Which bookings."""

    space_id: Id | None = None
    pupil_id: Id | None = None
    on: Day | None = Field(default=None, description="The school day (London) they touch.")
    status: Status | None = None
    series_id: Id | None = None
    closure_id: Id | None = None
