"""What suggestions look like on the wire: what was looked at, what fits and why, and what was left out for health."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from iap_api.core.pages import Count
from iap_api.core.shapes import Shape, hidden_as_a_whole

Kind = Literal["resource", "strategy", "catalogue"]


class NeedRead(Shape):
    """A strand outside the usual range by `outside` points of `maximum`; the furthest are the ones to plan for."""

    strand: str
    title: str
    cluster: str
    total: int
    maximum: int
    outside: int
    furthest: bool


class ProfileUsed(Shape):
    """The profile that was looked at, and its strands of need, the furthest first."""

    profile_id: UUID
    observed_on: date
    instrument: str
    norm_version: str | None
    norm_provisional: bool | None
    needs: list[NeedRead]


class ZonesUsed(Shape):
    """In how many records since that day each zone was named; `words` says so where they are too few."""

    since_on: date
    records: int
    blue: int
    green: int
    yellow: int
    red: int
    words: str | None


class ReasonRead(Shape):
    """One reason: its points, `times` out of `of`, and the same in a sentence."""

    code: str
    about: str | None
    points: int
    times: int
    of: int
    words: str


class SuggestionRead(Shape):
    """Something that may help: a strategy or entry of the catalogue (`key`), or what the school has (`resource_id`)."""

    kind: Kind
    key: str | None
    resource_id: UUID | None
    title: str
    points: int
    reasons: list[ReasonRead]
    allergens: list[str]
    left: int | None
    in_toolbox: bool


class LeftOut(Shape):
    """Something left out because the note of allergies names what it holds."""

    key: str | None
    resource_id: UUID | None
    title: str
    allergens: list[str]


class SuggestionHealth(Shape):
    """What allergies change, for those who may see them: left out, and listed things to check against the note."""

    allergies_noted: bool
    left_out: list[LeftOut]
    to_check: list[str]


class SuggestionsRead(Shape):
    """What may help one pupil, most points first; `health` only for those who may see the pupil's health."""

    model_config = ConfigDict(json_schema_extra=hidden_as_a_whole("health"))

    pupil_id: UUID
    profile: ProfileUsed | None
    zones: ZonesUsed
    suggestions: list[SuggestionRead]
    health: SuggestionHealth | None


class SuggestionsAsked(BaseModel):
    """How many, and of which kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Kind | None, Field(description="Only what the school has, strategies, or the catalogue.")] = None
    limit: Annotated[Count, Field(ge=1, le=100, description="How many at most.")] = 20
