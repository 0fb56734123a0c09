"""What an invitation looks like on the wire: to the staff who send it, and to the guest who opens it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Instant, Line, Note, Shape
from iap_api.reviews.contribution_shapes import Medium

GuestRole = Literal["parent_carer", "pupil", "outside_professional"]
Shared = Literal["targets", "summary"]
# what a guest's words are called beside the others said for the review
VOICES = {"parent_carer": "parent_voice", "pupil": "pupil_voice", "outside_professional": "other"}


def _once_each(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("must name each part once")
    return value


class InvitationRead(Shape):
    """One invitation: who is asked for what until when, and what became of it; never its code."""

    id: UUID
    version: int
    school_id: UUID
    review_id: UUID
    pupil_id: UUID
    role: str
    purpose: str
    name: str | None
    contact_id: UUID | None
    adult_beside_id: UUID | None
    shared: list[str]
    status: str = Field(description="`open`, `used`, `withdrawn` or `expired`.")
    invited_by: UUID
    expires_at: datetime
    opened_at: datetime | None
    used_at: datetime | None
    withdrawn_at: datetime | None
    contribution_id: UUID | None
    created_at: datetime


class InvitationMade(InvitationRead):
    """An invitation just made or renewed; `code` belongs into the guest's link and is shown here once, else null."""

    code: str | None


class InvitationCreate(Body):
    """Whom to ask for what they have to say."""

    role: GuestRole
    name: Line | None = Field(
        default=None, description="Whom the guest is greeted as, such as Mum; needed but for a pupil, who has none."
    )
    contact_id: Id | None = Field(default=None, description="The contact it is sent to; for a parent or carer only.")
    adult_beside_id: Id | None = Field(
        default=None,
        description="For a pupil only: the account of the adult who is beside them; left out, whoever invites is.",
    )
    shared: Annotated[list[Shared], Field(max_length=2), AfterValidator(_once_each)] = Field(
        default=[],
        description="What of the review the guest is shown: `targets`, and `summary` of what was decided last time.",
    )
    expires_at: Instant = Field(description="60 days from now at most.")


class InvitationRenew(Body):
    """Until when the new code is good."""

    expires_at: Instant


class InvitationFilters(Page):
    """Which invitations."""


class SharedTarget(Shape):
    """A target as it is shared with a guest."""

    text: str
    measure: str
    due_on: date
    level: int | None


class SharedSummary(Shape):
    """What was decided at the review before this one."""

    held_at: datetime | None
    decision: str | None
    decision_note: str | None


class InvitationOpened(Shape):
    """What a guest sees of their invitation: what it is for and what is shared with them, nothing else of the file."""

    id: UUID
    role: str
    purpose: str
    name: str | None
    by: str = Field(description="Whose voice is asked for.")
    school_name: str
    base_name: str | None
    pupil_given_name: str
    invited_by: str
    adult_beside: str | None
    review_kind: str
    review_due_on: date
    scheduled_at: datetime | None
    place: str | None
    prompts: list[str]
    expires_at: datetime
    possible: bool = Field(description="Whether a contribution can still be given.")
    given_at: datetime | None
    targets: list[SharedTarget] | None = Field(description="Null unless shared, and once the review is over.")
    summary: SharedSummary | None = Field(description="Null unless shared, and once the review is over.")


class InvitedContribution(Body):
    """What the guest has to say, or that they would rather not."""

    medium: Medium = "written"
    words: Note | None = Field(
        default=None,
        description="In their own words; needed if spoken or written, what a drawing or symbol says, none if declined.",
    )


class GivenContribution(Shape):
    """What the guest has given."""

    id: UUID
    by: str
    medium: str
    words: str | None
    given_on: date
    created_at: datetime
