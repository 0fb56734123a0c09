"""What a booking looks like on the wire."""

from datetime import datetime
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
Several = Annotated[list[Id], Field(max_length=60)]


class BookingRead(Shape):
    """One booking; whoever another booking takes out of it for a while is named here all the same."""

    id: UUID
    version: int
    school_id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime
    purpose: str
    note: str | None
    status: str
    whole_base: bool
    pupil_ids: list[UUID]
    staff_ids: list[UUID]
    takes_from: list[UUID]
    booked_by: UUID
    cancelled_at: datetime | None


class BookingCreate(Body):
    """A space, a half-open period, and who is to be there."""

    space_id: Id
    starts_at: Instant
    ends_at: Instant
    purpose: Purpose
    pupil_ids: Several = []
    staff_ids: Several = []
    whole_base: bool = Field(default=False, description="Every pupil placed in the space's base on that day.")
    takes_from: Annotated[list[Id], Field(max_length=20)] = Field(
        default=[], description="Bookings out of which these people are taken for this period."
    )
    note: Note | None = None


BookingChange = change_of("BookingChange", BookingCreate, leaving_out=frozenset({"whole_base", "takes_from"}))


class BookingFilters(Page):
    """Which bookings."""

    space_id: Id | None = None
    pupil_id: Id | None = None
    on: Day | None = Field(default=None, description="The school day (London) they touch.")
    status: Literal["booked", "cancelled"] | None = None
