"""What a space looks like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.access.account_shapes import RoleName
from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of
from iap_api.schools.calendar_shapes import LocalTime, Weekday

SpaceKind = Literal[
    "sensory_room", "classroom", "stem_room", "economics_room", "sensory_circuit", "reintegration_classroom",
    "retreat", "outdoor",
]  # fmt: skip
Buffer = Annotated[int, Field(ge=0, le=60)]
Feature = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]


class Opening(Body):
    """A time of the week at which a space may be booked."""

    weekday: Weekday
    from_time: LocalTime
    until_time: LocalTime


class OpeningRead(Shape):
    """A time of the week at which a space may be booked."""

    weekday: int
    from_time: str
    until_time: str


class SpaceRead(Shape):
    """One space, and what it asks of whoever books it."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID | None
    name: str
    kind: str
    places: int
    features: list[str]
    opening: list[OpeningRead]
    pupils_per_adult: int | None
    usual_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    walk_in_only: bool
    bookable_by: list[str]
    days_ahead: int | None
    needs_approval: bool
    grace_minutes: int | None
    ended_on: date | None


class SpaceCreate(Body):
    """A space to set up; without a base it is open to the whole school."""

    school_id: Id
    base_id: Id | None = None
    name: Line
    kind: SpaceKind
    places: Annotated[int, Field(ge=1, le=500, description="How many pupils at once; adults take no place.")]
    features: Annotated[list[Feature], Field(max_length=20)] = []
    opening: Annotated[list[Opening], Field(max_length=42)] = Field(
        default=[], description="When it may be booked; empty: at any time."
    )
    pupils_per_adult: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="One adult must be there for every so many pupils begun; null: none need be."
    )
    usual_minutes: Annotated[int, Field(ge=1, le=240)] = Field(
        default=20, description="How long somebody who walks in usually stays: so long the place is kept for them."
    )
    buffer_before_minutes: Buffer = Field(default=0, description="Kept free before each booking.")
    buffer_after_minutes: Buffer = Field(default=0, description="Kept free after each booking.")
    walk_in_only: bool = Field(
        default=False, description="Not to be booked for pupils; a retreat never is, whatever is said here."
    )
    bookable_by: Annotated[list[RoleName], Field(max_length=19)] = Field(
        default=[], description="Which roles may book it; empty: all that may book."
    )
    days_ahead: Annotated[int, Field(ge=0, le=400)] | None = Field(
        default=None, description="How many days ahead it may be booked; null: any number."
    )
    needs_approval: bool = Field(default=False, description="A booking holds the place once somebody has approved it.")
    grace_minutes: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="Released when nobody has checked in so long after the start; null: never."
    )


SpaceChange = change_of("SpaceChange", SpaceCreate, leaving_out=frozenset({"school_id", "base_id", "kind"}))


class SpaceEnd(Body):
    """The day from which the space is no more."""

    ended_on: Day


class SpaceFilters(Page):
    """Which spaces."""

    base_id: Id | None = None
    kind: SpaceKind | None = None
