"""What a resource of the catalogue looks like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Note, Shape, change_of
from iap_api.pupils.allergens import Allergens
from iap_api.pupils.zones import Zone

Category = Literal["sensory", "movement", "calm", "communication", "learning"]
# The six principles of nurture, in their usual order (domain.md 1).
NurturePrinciple = Literal[
    "learning_understood_developmentally",
    "classroom_offers_safe_base",
    "nurture_for_wellbeing",
    "language_as_communication",
    "behaviour_is_communication",
    "transitions_matter",
]


class ResourceRead(Shape):
    """One resource; `issued` of `stock` are in toolboxes now. Another `photo_id` says that there is another photo."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID | None
    name: str
    category: str
    zones: list[str]
    nurture_principle: str | None
    purpose: str | None
    who_may_use: str | None
    note: str | None
    risk_note: str | None
    allergens: list[str]
    allergy_note: str | None
    cleaning_note: str | None
    photo_id: UUID | None
    stock: int
    issued: int
    ended_on: date | None


class ResourceCreate(Body):
    """A resource to enter into the catalogue of a school, or of one of its bases."""

    school_id: Id
    base_id: Id | None = Field(default=None, description="The base that keeps it; none: the whole school's.")
    name: Line
    category: Category
    zones: Annotated[list[Zone], Field(max_length=4)] = Field(
        default=[], description="The zones of regulation it helps with."
    )
    nurture_principle: NurturePrinciple | None = None
    purpose: Line | None = Field(default=None, description="What it is for, in one line.")
    who_may_use: Line | None = Field(default=None, description="Who may use it, in words.")
    note: Note | None = Field(default=None, description="How it is used.")
    risk_note: Note | None = Field(default=None, description="Risks and what keeps it safe, shown wherever it is.")
    allergens: Allergens = Field(default=[], description="What is in it: not issued to a pupil allergic to it.")
    allergy_note: Note | None = Field(default=None, description="What to know about them, in words.")
    cleaning_note: Note | None = Field(default=None, description="How it is cleaned, and how often.")
    stock: Annotated[int, Field(ge=0, le=10_000, description="How many there are, in toolboxes or not.")] = 1


ResourceChange = change_of("ResourceChange", ResourceCreate, leaving_out=frozenset({"school_id", "base_id"}))


class ResourceEnd(Body):
    """The day from which none is issued any more; not in the future."""

    ended_on: Day


class ResourceFilters(Page):
    """Which resources."""

    school_id: Id | None = None
    base_id: Id | None = None
    category: Category | None = None
    zone: Zone | None = None
    nurture_principle: NurturePrinciple | None = None
    status: Literal["open", "ended"] | None = None
