"""What a contribution to a review looks like on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Note, Shape, change_of

Voice = Literal[
    "pupil_voice", "parent_voice", "teaching_assistant", "class_teacher", "therapist", "senco", "referrer", "other"
]
Medium = Literal["spoken", "written", "drawn", "symbol", "declined"]


class ContributionRead(Shape):
    """One contribution; `by` is whose words these are, `written_by` the account that wrote them down.

    What a guest gave names the invitation, and is `written_by` the guest: the id of the invitation once more.
    """

    id: UUID
    version: int
    review_id: UUID
    pupil_id: UUID
    by: str
    medium: str
    words: str | None
    given_on: date
    written_by: UUID
    invitation_id: UUID | None
    created_at: datetime
    updated_at: datetime


class ContributionCreate(Body):
    """What somebody has to say, or that they were asked and declined."""

    review_id: Id
    by: Voice = Field(description="Whose words these are.")
    medium: Medium
    words: Note | None = Field(
        default=None,
        description="In their own words; needed if spoken or written, what a drawing or symbol says, none if declined.",
    )
    given_on: Day


ContributionChange = change_of("ContributionChange", ContributionCreate, leaving_out=frozenset({"review_id"}))


class ContributionFilters(Page):
    """Which contributions."""

    review_id: Id | None = None
    pupil_id: Id | None = None
    by: Voice | None = None
