"""What a package and its marked places look like on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Line, Note, Shape

Reason = Literal["about_somebody_else", "serious_harm", "child_abuse_data", "legal_privilege"]
Pointer = Annotated[
    str,
    Field(min_length=12, max_length=400, pattern=r"^/(records|accesses)/[^\x00-\x1f]+$", description="JSON Pointer."),
]  # fmt: skip


class PackagePart(Shape):
    """One table in the package."""

    table: str
    title: str
    rows: int


class PackageOmission(Shape):
    """One table that refers to pupils and is not in the package, and why."""

    table: str
    title: str
    why: str


class PackageContents(Shape):
    """What is in a package and what is not, and how many places somebody has still to decide about."""

    request_id: UUID
    built_at: datetime
    built_by: UUID
    released_at: datetime | None
    digest: str = Field(description="SHA-256 of the working copy; once released, of the ZIP file that was handed over.")
    parts: list[PackagePart]
    left_out: list[PackageOmission]
    undecided: int


class RedactionRead(Shape):
    """One place in a package that may have to be withheld; what stands there is in the working copy alone."""

    id: UUID
    version: int
    request_id: UUID
    pupil_id: UUID
    pointer: str
    reason: str
    found: str
    note: str | None
    status: str = Field(description="`proposed` until somebody decides: `withheld` or `shown`.")
    decided_by: UUID | None
    decided_at: datetime | None


class RedactionCreate(Body):
    """A place to withhold: a row of the package, something in it, or a sentence of who has seen the record."""

    pointer: Pointer
    reason: Reason
    note: Note | None = Field(default=None, description="Why, for the school alone; without the words themselves.")


class RedactionDecide(Body):
    """Whether the place is withheld or shown, and why."""

    decision: Literal["withheld", "shown"]
    reason: Reason | None = Field(default=None, description="Another reason than the one proposed.")
    note: Line | None = None


class RedactionFilters(Page):
    """Which places."""

    status: Literal["proposed", "withheld", "shown"] | None = None
