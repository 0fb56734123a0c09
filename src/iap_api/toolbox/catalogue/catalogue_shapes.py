"""What the shipped catalogue looks like on the wire: strategies, and entries that a school can take over."""

from typing import Annotated, Literal

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Shape
from iap_api.pupils.zones import Zone
from iap_api.toolbox.resource_shapes import Category, NurturePrinciple, Strand

Cluster = Literal["making_sense", "steering_self", "holding_back", "early_needs", "guarding"]


class StrategyRead(Shape):
    """Something an adult can do tomorrow, and for which strands, clusters, zones and ages."""

    key: str
    title: str
    what_to_do: str
    why: str
    watch_for: str | None
    strands: list[str]
    clusters: list[str]
    nurture_principles: list[str]
    zones: list[str]
    youngest: int
    oldest: int


class CatalogueEntryRead(Shape):
    """Something a base can keep; `key` is what a school sends as `catalogue_key` to take it over."""

    key: str
    name: str
    category: str
    what_for: str
    how_to_use: str
    safety: str | None
    allergens: list[str]
    cleaning: str | None
    strands: list[str]
    clusters: list[str]
    nurture_principle: str
    zones: list[str]


class StrategyFilters(Page):
    """Which strategies: those that carry every tag asked for and hold every word."""

    strand: Strand | None = None
    cluster: Cluster | None = None
    nurture_principle: NurturePrinciple | None = None
    zone: Zone | None = None
    q: Annotated[
        str | None, Field(min_length=2, max_length=60, description="Words to search for in title and text.")
    ] = None


class CatalogueFilters(StrategyFilters):
    """Which entries: the same, and the category."""

    category: Category | None = None
