"""What a restrictive intervention looks like on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Instant, Line, Note, Shape, change_of

# an open list: the law's words change, and a client must accept what it does not know
Kind = Literal["seclusion", "restraint", "other_force"]


class RestrictiveInterventionRead(Shape):
    """One record; `missing` names the members that must be written down before it can be signed."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    visit_id: UUID | None
    kind: str
    what_led_to_it: str | None
    started_at: datetime
    ended_at: datetime | None
    staff_ids: list[UUID]
    injury: str | None
    injury_note: str | None
    parents_told_at: datetime | None
    parents_told_how: str | None
    debrief_at: datetime | None
    debrief: str | None
    missing: list[str]
    due_at: datetime
    overdue_at: datetime | None
    recorded_by: UUID
    created_at: datetime
    signed_at: datetime | None
    signed_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None
    withdrawn_why: str | None


class RestrictiveInterventionPart(Body):
    """What is known already, in the call that begins or reports a visit; all of it may come later."""

    kind: Kind = "seclusion"
    what_led_to_it: Note | None = None
    started_at: Instant | None = Field(default=None, description="When it began; without it, when the visit did.")
    ended_at: Instant | None = Field(default=None, description="When it ended; without it, when the visit does.")
    staff_ids: Annotated[list[Id], Field(max_length=20, description="The adults who took part.")] = []
    injury: Literal["none", "pupil", "staff", "both"] | None = Field(default=None, description="Who was hurt.")
    injury_note: Note | None = None
    parents_told_at: Instant | None = None
    parents_told_how: Line | None = Field(default=None, description="By telephone, in person, in writing.")
    debrief_at: Instant | None = None
    debrief: Note | None = Field(default=None, description="What was said with the pupil afterwards.")


class RestrictiveInterventionCreate(RestrictiveInterventionPart):
    """What happened to one pupil, on a visit or elsewhere."""

    pupil_id: Id
    visit_id: Id | None = None
    kind: Kind


RestrictiveInterventionChange = change_of(
    "RestrictiveInterventionChange",
    RestrictiveInterventionCreate,
    leaving_out=frozenset({"pupil_id", "visit_id", "kind"}),
)


class RestrictiveInterventionWithdraw(Body):
    """Why a record is withdrawn."""

    withdrawn_why: Note = Field(description="What was wrong with it; it stays readable beside the record.")


class RestrictiveInterventionFilters(Page):
    """Which records, by when it began: `from_at` included, `until_at` not."""

    pupil_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None
    status: Literal["unsigned", "signed", "withdrawn"] | None = None


class Counted(Shape):
    """How often in one base (null: in none), in one way, in one London month; `withdrawn` stands beside `count`."""

    school_id: UUID
    base_id: UUID | None
    kind: str
    month: str = Field(pattern=r"^\d{4}-\d\d$", description="The London month, such as 2026-11.")
    count: int
    unsigned: int
    withdrawn: int


class InterventionFigures(Shape):
    """Counts, in order of school, base, month and kind."""

    items: list[Counted]


class FigureFilters(Page):
    """Which period: `from_at` included, `until_at` not; without them, the year until now."""

    from_at: Instant | None = None
    until_at: Instant | None = None
