"""What a resource of the catalogue looks like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Day, Id, Line, Note, Shape, change_of
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
# The strands of the shipped SEMH instrument, which the lettered instruments of other owners share (domain.md 2.1).
Strand = Literal["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z"]


class ResourceRead(Shape):
    """One resource; `issued` of `stock` are in toolboxes now; `catalogue_key` is the shipped entry it came from.

    Another `photo_id` says that there is another photo.
    """

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID | None
    catalogue_key: str | None
    name: str
    category: str
    zones: list[str]
    strands: list[str]
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


class _Told(Body):
    zones: Annotated[list[Zone], Field(max_length=4)] = Field(
        default=[], description="The zones of regulation it helps with."
    )
    strands: Annotated[list[Strand], Field(max_length=20)] = Field(
        default=[], description="The strands of need it helps with; suggestions go by them."
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


class ResourceCreate(_Told):
    """A resource to enter into the catalogue of a school, or of one of its bases.

    With `catalogue_key` an entry of the shipped catalogue is taken over: what is not sent is copied from it.
    """

    school_id: Id
    base_id: Id | None = Field(default=None, description="The base that keeps it; none: the whole school's.")
    catalogue_key: Code | None = Field(default=None, description="The entry of GET /v1/catalogue to take over.")
    name: Line | None = Field(default=None, description="Needed unless `catalogue_key` is sent.")
    category: Category | None = Field(default=None, description="Needed unless `catalogue_key` is sent.")


class _Entered(_Told):
    name: Line
    category: Category


ResourceChange = change_of("ResourceChange", _Entered)


class ResourceEnd(Body):
    """The day from which none is issued any more; not in the future."""

    ended_on: Day


class ResourceFilters(Page):
    """Which resources."""

    school_id: Id | None = None
    base_id: Id | None = None
    category: Category | None = None
    zone: Zone | None = None
    strand: Strand | None = None
    nurture_principle: NurturePrinciple | None = None
    catalogue_key: Code | None = None
    status: Literal["open", "ended"] | None = None
