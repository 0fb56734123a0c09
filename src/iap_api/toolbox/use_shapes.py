"""What a use looks like on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Instant, Note, Shape, change_of
from iap_api.pupils.zones import Zone

SeveralZones = Annotated[list[Zone], Field(max_length=4)]


class UseRead(Shape):
    """One use; zones are what was seen or said, several at once, never a score."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    resource_id: UUID
    toolbox_item_id: UUID | None
    started_at: datetime
    ended_at: datetime
    zones_before: list[str]
    zones_after: list[str]
    zone_wanted: str
    helped: str | None
    note: str | None
    recorded_by: UUID
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None


class UseCreate(Body):
    """Something out of the pupil's toolbox (`toolbox_item_id`), or any resource (`resource_id` and `pupil_id`)."""

    toolbox_item_id: Id | None = None
    resource_id: Id | None = None
    pupil_id: Id | None = None
    started_at: Instant
    ended_at: Instant | None = Field(default=None, description="When it ended; or send `minutes`.")
    minutes: Annotated[int, Field(ge=1, le=720)] | None = Field(
        default=None, description="How long it took; or send `ended_at`."
    )
    zones_before: SeveralZones = []
    zones_after: SeveralZones = []
    zone_wanted: Zone = Field(default="green", description="The zone the pupil wanted to be in.")
    helped: Literal["yes", "partly", "no"] | None = Field(
        default=None, description="Whether it helped, in the pupil's own view; null where nobody asked."
    )
    note: Note | None = None


UseChange = change_of(
    "UseChange",
    UseCreate,
    leaving_out=frozenset({"toolbox_item_id", "resource_id", "pupil_id", "started_at", "ended_at", "minutes"}),
)


class UseFilters(Page):
    """Which uses, by when they started: `from_at` included, `until_at` not."""

    pupil_id: Id | None = None
    resource_id: Id | None = None
    toolbox_item_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None
    status: Literal["recorded", "withdrawn"] | None = None
