"""What a visit looks like on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Instant, Note, Shape, change_of
from iap_api.pupils.zones import Zone
from iap_api.spaces.visits.intervention_shapes import RestrictiveInterventionPart

SeveralZones = Annotated[list[Zone], Field(max_length=4)]


class VisitRead(Shape):
    """One visit; `over_capacity` and `reported_late` say how it was when it was written down.

    `reopened_visit_id` is the visit that this one had ended and that was opened again when this one was withdrawn.
    """

    id: UUID
    version: int
    school_id: UUID
    space_id: UUID
    pupil_id: UUID
    started_at: datetime
    ended_at: datetime | None
    initiated_by: str
    free_to_leave: bool
    believed_could_not_leave: bool | None
    door: str
    adult_in_sight: bool
    adult_staff_id: UUID | None
    zones_before: list[str]
    zones_after: list[str]
    note: str | None
    over_capacity: bool
    reported_late: bool
    holds_until: datetime
    left_open_at: datetime | None
    recorded_by: UUID
    created_at: datetime
    withdrawn_at: datetime | None
    reopened_visit_id: UUID | None
    restrictive_intervention_id: UUID | None


class VisitCreate(Body):
    """A pupil in a space: now, or reported later with its times."""

    space_id: Id
    pupil_id: Id
    started_at: Instant | None = Field(default=None, description="When it began; without it, now.")
    ended_at: Instant | None = Field(default=None, description="When it ended, if it is reported later.")
    initiated_by: Literal["pupil", "staff_offer", "staff_direct"]
    free_to_leave: bool = Field(description="Whether the pupil could have left at any moment.")
    believed_could_not_leave: bool | None = Field(
        default=None, description="Whether the pupil believed that leaving was not possible or would be punished."
    )
    door: Literal["open", "closed", "none"]
    adult_in_sight: bool
    adult_staff_id: Id | None = Field(default=None, description="The adult who was in sight.")
    zones_before: SeveralZones = []
    zones_after: SeveralZones = []
    note: Note | None = None
    restrictive_intervention: RestrictiveInterventionPart | None = Field(
        default=None, description="What is known of it already; without it the server opens an empty record if it must."
    )


class VisitEnd(Body):
    """How a visit ended; without `ended_at`, now."""

    ended_at: Instant | None = None
    zones_after: SeveralZones = []
    note: Note | None = None


VisitChange = change_of(
    "VisitChange", VisitCreate, leaving_out=frozenset({"space_id", "pupil_id", "restrictive_intervention"})
)


class VisitFilters(Page):
    """Which visits, by when they started: `from_at` included, `until_at` not."""

    pupil_id: Id | None = None
    space_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None
    status: Literal["open", "ended", "withdrawn"] | None = None
    free_to_leave: bool | None = None
