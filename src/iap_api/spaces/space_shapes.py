"""What a space looks like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of

SpaceKind = Literal[
    "sensory_room", "classroom", "stem_room", "economics_room", "sensory_circuit", "reintegration_classroom",
    "retreat", "outdoor",
]  # fmt: skip
Feature = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]


class SpaceRead(Shape):
    """One space."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID | None
    name: str
    kind: str
    places: int
    features: list[str]
    ended_on: date | None


class SpaceCreate(Body):
    """A space to set up; without a base it is open to the whole school."""

    school_id: Id
    base_id: Id | None = None
    name: Line
    kind: SpaceKind
    places: Annotated[int, Field(ge=1, le=500, description="How many pupils at once; adults take no place.")]
    features: Annotated[list[Feature], Field(max_length=20)] = []


SpaceChange = change_of("SpaceChange", SpaceCreate, leaving_out=frozenset({"school_id", "base_id", "kind"}))


class SpaceEnd(Body):
    """The day from which the space is no more."""

    ended_on: Day


class SpaceFilters(Page):
    """Which spaces."""

    base_id: Id | None = None
    kind: SpaceKind | None = None
