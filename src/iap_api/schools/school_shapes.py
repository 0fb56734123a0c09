"""What trusts, schools and bases look like on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of

SchoolKind = Literal["member", "partner"]
Phase = Literal[
    "nursery", "primary", "middle_deemed_primary", "middle_deemed_secondary", "secondary", "sixteen_plus",
    "all_through", "not_applicable",
]  # fmt: skip
BaseKind = Literal["support_base", "specialist_base"]
# domain.md 3.2: the formats of the national registers
Urn = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="Unique reference number: 6 digits.")]
Laestab = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{7}$",
        description="Local authority (3 digits) and establishment (4), without a stroke.",
    ),
]
Ukprn = Annotated[str, Field(pattern=r"^[0-9]{8}$", description="UK provider reference number: 8 digits.")]
Places = Annotated[int, Field(ge=1, le=200, description="How many pupils may be placed at once.")]


class TrustRead(Shape):
    """One multi-academy trust."""

    id: UUID
    version: int
    name: str


class SchoolRead(Shape):
    """One school; a partner belongs to no trust and has no base."""

    id: UUID
    version: int
    trust_id: UUID | None
    kind: str
    name: str
    urn: str
    laestab: str | None
    ukprn: str | None
    phase: str
    ended_on: date | None


class SchoolCreate(Body):
    """A school to enter: a member of the trust, or a partner that it works with."""

    trust_id: Annotated[
        Id | None,
        Field(description="The trust that enters the school; needed by an administrator of several."),
    ] = None
    kind: SchoolKind = "member"
    name: Line
    urn: Urn
    laestab: Laestab | None = None
    ukprn: Ukprn | None = None
    phase: Phase = "primary"


SchoolChange = change_of("SchoolChange", SchoolCreate, leaving_out=frozenset({"trust_id", "kind"}))


class SchoolEnd(Body):
    """The day from which the school is no more."""

    ended_on: Day


class SchoolFilters(Page):
    """Which schools of those within reach."""

    kind: SchoolKind | None = None
    urn: Urn | None = None


class BaseRead(Shape):
    """One base: an internal alternative provision inside one school."""

    id: UUID
    version: int
    school_id: UUID
    name: str
    kind: str
    places: int
    lead_staff_id: UUID | None
    opened_on: date
    ended_on: date | None


class BaseCreate(Body):
    """A base to open in a school of the trust."""

    school_id: Id
    name: Line
    kind: Annotated[
        BaseKind,
        Field(description="`support_base`: paid by school or trust; `specialist_base`: by the authority."),
    ] = "support_base"
    places: Places
    lead_staff_id: Annotated[Id | None, Field(description="The teacher in charge, of the same school.")] = None
    opened_on: Day


BaseChange = change_of("BaseChange", BaseCreate, leaving_out=frozenset({"school_id"}))


class BaseEnd(Body):
    """The day from which the base is no more."""

    ended_on: Day


class BaseFilters(Page):
    """Which bases of those within reach."""

    school_id: Id | None = None
    kind: BaseKind | None = None
