"""What a review looks like on the wire: in a list, as a whole, and at each step."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Instant, Line, Note, Shape, change_of
from iap_api.reviews.contribution_shapes import ContributionRead
from iap_api.reviews.target_shapes import TargetRead

ReviewKind = Literal["six_weekly", "termly", "ehcp_annual", "early"]
ReviewStatus = Literal["due", "scheduled", "held", "closed", "cancelled"]
Decision = Literal["continue", "step_up_reintegration", "exit", "refer_on"]
AttendeeRole = Literal[
    "pupil", "parent_carer", "teaching_assistant", "class_teacher", "base_lead", "senco", "headteacher",
    "safeguarding_lead", "therapist", "referrer", "local_authority", "health", "social_care", "interpreter", "other",
]  # fmt: skip


class AttendeeRead(Shape):
    """Somebody who was there."""

    role: str
    name: str | None
    staff_id: UUID | None


class ReviewRead(Shape):
    """One review as lists show it; `late` says that its day has passed and it was neither held nor cancelled."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    kind: str
    status: str
    due_on: date
    late: bool
    scheduled_at: datetime | None
    place: str | None
    chair_staff_id: UUID | None
    held_at: datetime | None
    attendees: list[AttendeeRead]
    parent_present: bool
    decision: str | None
    decision_note: str | None
    next_due_on: date | None
    next_review_id: UUID | None = Field(description="The review that became due when this one was closed.")
    closed_at: datetime | None
    closed_by: UUID | None
    cancelled_at: datetime | None
    addenda_count: int


class ReviewWhole(ReviewRead):
    """One review with everything that was said for it and the targets agreed in it."""

    contributions: list[ContributionRead]
    targets: list[TargetRead]
    gas_t_score: float | None = Field(
        description="Goal attainment T score over the targets that have a level: 50 is all as expected. The formula "
        "is the usual one, but nobody has checked it for this service yet: do not decide by it alone."
    )


class ReviewCreate(Body):
    """A review that is due; with `scheduled_at` it is scheduled at once."""

    pupil_id: Id
    kind: ReviewKind
    due_on: Day
    scheduled_at: Instant | None = None
    place: Line | None = Field(default=None, description="Where to meet.")
    chair_staff_id: Id | None = None


ReviewChange = change_of("ReviewChange", ReviewCreate, leaving_out=frozenset({"pupil_id", "scheduled_at"}))


class ReviewSchedule(Body):
    """When the meeting is to be."""

    scheduled_at: Instant


class Attendee(Body):
    """Somebody who was there: by role, and by name or as a member of staff where that helps."""

    role: AttendeeRole
    name: Line | None = None
    staff_id: Id | None = None


class ReviewHold(Body):
    """When the meeting was and who was there."""

    held_at: Instant
    attendees: Annotated[list[Attendee], Field(min_length=1, max_length=40)]


class ReviewClose(Body):
    """What was decided, why, and when to meet next; only after an exit may the next day be left out."""

    decision: Decision
    decision_note: Note
    next_due_on: Day | None = None


class ReviewFilters(Page):
    """Which reviews."""

    pupil_id: Id | None = None
    status: ReviewStatus | None = None
    due_before: Day | None = Field(
        default=None, description="Only those still to be held (due or scheduled) whose day lies before this one."
    )
