"""What a subject request looks like on the wire, and at each step."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Note, Shape, change_of
from iap_api.records.request_clock import Why

RequestKind = Literal[
    "access", "erasure", "rectification", "objection", "portability", "educational_record", "complaint"
]  # fmt: skip
Requester = Literal["parent", "pupil", "representative"]
RequestStatus = Literal["received", "in_progress", "paused", "ready", "released", "refused", "withdrawn"]


class PauseRead(Shape):
    """Days on which the clock stands still."""

    why: str
    from_on: date
    until_on: date | None
    asked: str


class SubjectRequestRead(Shape):
    """One request as lists show it; `late` says that its day has passed and it was not answered."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    kind: str
    requester: str
    requester_name: str
    asked_for: str | None
    received_on: date
    status: str
    due_on: date | None = Field(
        description="The last day for the answer; null while the clock stands still, and for a complaint."
    )
    counted_by: Literal["school_calendar", "weekdays"] | None = Field(
        description="How the 15 school days of an educational record were counted when it was recorded: by the school's"
        " calendar or, where none was set up for all of them, by weekdays, which is early, never late."
    )
    late: bool
    acknowledge_by: date | None = Field(description="For a complaint: the last day for confirming that it came in.")
    acknowledged_on: date | None
    identity_checked_on: date | None
    identity_how: str | None
    extended_on: date | None
    extension_reason: str | None
    package_built_at: datetime | None
    recorded_by: UUID
    ended_at: datetime | None
    ended_by: UUID | None
    ended_why: str | None


class SubjectRequestWhole(SubjectRequestRead):
    """One request with the pauses of its clock and what can be done now."""

    pauses: list[PauseRead]
    possible: list[str]


class SubjectRequestCreate(Body):
    """A request that came in, in whatever form: nobody needs a form of words."""

    pupil_id: Id
    kind: RequestKind
    requester: Requester
    requester_name: Line
    asked_for: Note | None = Field(default=None, description="In the requester's words.")
    received_on: Day = Field(description="The day it reached anybody at the school, whatever day it is read.")
    maintained_school: bool | None = Field(
        default=None,
        description="Needed, and true, for `educational_record`: academies owe that right to nobody; use `access`.",
    )


SubjectRequestChange = change_of(
    "SubjectRequestChange", SubjectRequestCreate,
    leaving_out=frozenset({"pupil_id", "kind", "received_on", "maintained_school"}),
)  # fmt: skip


class SubjectRequestFilters(Page):
    """Which requests."""

    pupil_id: Id | None = None
    status: RequestStatus | None = None
    kind: RequestKind | None = None
    due_before: Day | None = Field(default=None, description="Only those not ended whose day lies before this one.")


class IdentityCheck(Body):
    """When and how it was made sure that the requester is who they say, and may ask for this pupil."""

    checked_on: Day
    how: Line = Field(description="For example: known in person; passport seen. Keep no copy.")


class RequestPausing(Body):
    """From which day the school waits for the requester, and what it asked."""

    why: Why
    from_on: Day
    asked: Note


class RequestResuming(Body):
    """On which day the answer came."""

    until_on: Day


class RequestExtension(Body):
    """When the requester was told that it takes up to two further months, and why: complex, or one of many."""

    told_on: Day
    reason: Note


class RequestAcknowledgement(Body):
    """On which day it was confirmed that the request came in."""

    acknowledged_on: Day


class RequestRefusal(Body):
    """Why it is refused, as the requester is told, with their right to complain to the ICO."""

    reason: Note


class RequestWithdrawal(Body):
    """What the requester said."""

    reason: Line | None = None


class PupilFind(Body):
    """Exactly one child: given and family name with the date of birth, or the UPN; nothing is found by parts."""

    given_name: Line | None = None
    family_name: Line | None = None
    born_on: Day | None = None
    upn: str | None = Field(default=None, min_length=13, max_length=16)


class FoundPupil(Shape):
    """A pupil as far as it needs to record a request: no more than was known already."""

    id: UUID
    given_name: str
    family_name: str
    school_id: UUID
    school_name: str


class FoundPupils(Shape):
    """Whom the exact words fit."""

    items: list[FoundPupil]
