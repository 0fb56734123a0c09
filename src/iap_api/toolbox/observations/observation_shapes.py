"""What an observation looks like on the wire, with the words of its two scales."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Instant, Line, Shape, change_of

# our own words: what an adult in the room can see, said of the lesson and never of the child
ENGAGEMENT = (
    "How far the child was with the learning. 1: not with it today; 2: looked in now and then; 3: joined in with help;"
    " 4: joined in on their own for most of it; 5: was absorbed in it."
)
BEHAVIOUR = (
    "How being with the others went. 1: it was too much, and we stopped; 2: needed an adult beside them nearly all the"
    " time; 3: went well with some help; 4: went well with a reminder or two; 5: went well all by themselves."
)
Engagement = Annotated[int, Field(ge=1, le=5, description=ENGAGEMENT)]
Behaviour = Annotated[int, Field(ge=1, le=5, description=BEHAVIOUR)]
Smiley = Annotated[
    Literal["very_sad", "sad", "so_so", "happy", "very_happy"], Field(description="What the child pointed at.")
]
SAYS = ("engagement", "behaviour", "smiley", "proud_moment", "incident")


class ObservationRead(Shape):
    """What was seen of one child; null where nobody said anything, which is not a low answer."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    booking_id: UUID | None
    at: datetime
    engagement: int | None = Field(description=ENGAGEMENT)
    behaviour: int | None = Field(description=BEHAVIOUR)
    smiley: str | None
    proud_moment: str | None
    incident: str | None
    recorded_by: UUID
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None


class ObservationCreate(Body):
    """One tap is enough: at least one of the two scales, the smiley, a proud moment and an incident."""

    pupil_id: Id
    booking_id: Id | None = Field(default=None, description="The lesson it was in, if it was booked for the pupil.")
    at: Instant | None = Field(default=None, description="When it was, if it is told later; without it, now.")
    engagement: Engagement | None = None
    behaviour: Behaviour | None = None
    smiley: Smiley | None = None
    proud_moment: Line | None = None
    incident: Line | None = Field(
        default=None, description="In a few words. Being kept in, held or moved by force has a record of its own."
    )


ObservationChange = change_of(
    "ObservationChange", ObservationCreate, leaving_out=frozenset({"pupil_id", "booking_id", "at"})
)


class ObservationFilters(Page):
    """Which observations, by when they were: `from_at` included, `until_at` not."""

    pupil_id: Id | None = None
    booking_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None
    status: Literal["recorded", "withdrawn"] | None = None
