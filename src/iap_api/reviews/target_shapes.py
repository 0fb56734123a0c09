"""What a target looks like on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Day, Id, Note, Shape, change_of


class TargetRead(Shape):
    """One target; `level` is null until somebody has looked at what was reached."""

    id: UUID
    version: int
    review_id: UUID
    pupil_id: UUID
    text: str
    strand: str | None
    area: str | None
    baseline: str
    measure: str
    due_on: date
    weight: int
    level: int | None
    level_note: str | None
    level_set_on: date | None
    withdrawn_at: datetime | None


class TargetCreate(Body):
    """What is to be reached: specific, measurable, achievable, relevant, and by a day."""

    review_id: Id
    text: Note = Field(description="What the pupil will do, in words the pupil and the parents understand.")
    strand: Code | None = Field(default=None, description="The strand of the instrument it is meant to move.")
    area: Code | None = Field(default=None, description="The area of need it belongs to.")
    baseline: Note = Field(description="What is seen today.")
    measure: Note = Field(description="How all will know that it is reached.")
    due_on: Day
    weight: Annotated[int, Field(ge=1, le=10, description="How much it counts beside the others.")] = 1


TargetChange = change_of("TargetChange", TargetCreate, leaving_out=frozenset({"review_id"}))


class TargetRating(Body):
    """How far the target was reached, by goal attainment scaling."""

    level: Annotated[
        int,
        Field(ge=-2, le=2, description="0 as expected, 1 and 2 better than that, -1 and -2 less; none is a failure."),
    ]
    note: Note | None = Field(default=None, description="What was seen.")


class TargetFilters(Page):
    """Which targets."""

    review_id: Id | None = None
    pupil_id: Id | None = None
