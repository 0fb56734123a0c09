"""What the live board looks like on the wire: now, next, and who is where."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from iap_api.core.pages import Count
from iap_api.core.shapes import Shape


class BoardPupil(Shape):
    """A pupil as a screen on a wall may name them."""

    pupil_id: UUID
    given_name: str
    initials: str


class BoardPresence(BoardPupil):
    """A pupil in a space: by a booking or on a visit, and since when."""

    since_at: datetime
    until_at: datetime | None = Field(description="Null while a visit is open.")
    booking_id: UUID | None
    visit_id: UUID | None


class BoardElsewhere(BoardPupil):
    """A pupil of the base who is in a space of somebody else's."""

    space_id: UUID
    space_name: str


class BoardAdult(Shape):
    """An adult whom a booking names."""

    staff_id: UUID
    name: str
    until_at: datetime
    booking_id: UUID


class BoardBooking(Shape):
    """A booking of a space, now or next."""

    booking_id: UUID
    purpose: str
    starts_at: datetime
    ends_at: datetime
    pupil_count: int


class BoardSpace(Shape):
    """One space of the base; `others` counts the pupils who are there and beyond the caller's reach."""

    space_id: UUID
    name: str
    kind: str
    places: int
    free_places: int
    pupils: list[BoardPresence]
    others: int
    adults: list[BoardAdult]
    now: list[BoardBooking]
    next: BoardBooking | None


class BoardRead(Shape):
    """The board of one base; a pupil of the base stands in exactly one place of it."""

    base_id: UUID
    school_id: UUID
    spaces: list[BoardSpace]
    elsewhere: list[BoardElsewhere]
    nowhere: list[BoardPupil] = Field(description="Pupils of the base for whom no booking and no visit says where.")


class StreamAsked(BaseModel):
    """How long to listen."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[Count, Field(ge=0, le=900, description="For how long at most; 0: the board once.")] = 900
