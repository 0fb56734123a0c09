"""What is told of how things went: numbers, with the count beside every rate."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from iap_api.core.shapes import Shape

# nothing is claimed under five, of uses and of records of zones alike
FEWEST = 5


class Went(Shape):
    """How one thing went: nothing is claimed under five uses whose zone afterwards was written down."""

    resource_id: UUID
    name: str
    pupils: int
    uses: int
    last_used_at: datetime
    known: int = Field(description="Uses after which a zone was written down.")
    reached: int = Field(description="Of these, uses after which the pupil came into the zone they wanted.")
    stayed: int = Field(description="Of these, uses after which the pupil was still in the zone they wanted.")
    percent: int | None = Field(description="Reached or stayed, of those known; null under five.")
    asked: int = Field(description="Uses after which the pupil was asked whether it helped.")
    said_yes: int
    said_partly: int
    said_no: int


class WhatWorks(Shape):
    """What a pupil has used, most helpful first; what nothing can be said of yet comes last."""

    pupil_id: UUID
    items: list[Went]


class WhatWorked(Shape):
    """How one resource went with the pupils within reach; null where none of them has used it, or you see none."""

    resource_id: UUID
    went: Went | None
