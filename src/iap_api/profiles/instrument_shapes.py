"""What an instrument looks like on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import WithJsonSchema

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Id, Shape

Definition = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": "Sections, strands, items, scale and norms, as GET /v1/instrument-schema describes them.",
        }
    ),
]


class InstrumentRead(Shape):
    """One version of an instrument, without its items; without a school it came with the software."""

    id: UUID
    version: int
    school_id: UUID | None
    key: str
    instrument_version: str
    title: str
    wording_owner: str
    youngest: int
    oldest: int
    re_assessment_interval_weeks: int
    item_count: int
    norm_version: str | None
    status: str
    created_at: datetime
    retired_at: datetime | None


class InstrumentWhole(InstrumentRead):
    """One version of an instrument with its definition."""

    definition: Definition


class InstrumentImport(Body):
    """A definition that a school may use: its own, or one it holds a licence for."""

    school_id: Id
    definition: Definition


class InstrumentFilters(Page):
    """Which instruments."""

    key: Code | None = None
    status: Literal["in_use", "retired"] | None = None
