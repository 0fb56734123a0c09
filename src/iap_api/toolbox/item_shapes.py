"""What an item in a toolbox looks like on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Note, Shape, change_of


class ToolboxItemRead(Shape):
    """One piece of a resource in a toolbox; name, category, who may use it and its risks are the resource's."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    toolbox_id: UUID
    resource_id: UUID
    resource_name: str
    category: str
    who_may_use: str | None
    risk_note: str | None
    allergens: list[str]
    allergy_note: str | None
    cleaning_note: str | None
    why: str | None
    instructions: str | None
    allergy_override: str | None
    allergy_override_by: UUID | None
    review_on: date | None
    issued_at: datetime
    issued_by: UUID
    returned_at: datetime | None
    returned_by: UUID | None
    lost_at: datetime | None
    lost_by: UUID | None


class ToolboxItemIssue(Body):
    """One piece of a resource to put into the toolbox."""

    resource_id: Id
    why: Note | None = Field(default=None, description="Why it was chosen for this child.")
    instructions: Note | None = Field(
        default=None, description="How this child uses it, in words made with them: two minutes, then choose."
    )
    review_on: Day | None = Field(default=None, description="The day to ask again whether it helps.")


class ToolboxItemDespite(ToolboxItemIssue):
    """One piece of a resource that the pupil is allergic to something in, and why it is issued all the same."""

    allergy_override: Note = Field(description="Why, and what keeps the child safe; it stands in the record.")


ToolboxItemChange = change_of("ToolboxItemChange", ToolboxItemIssue, leaving_out=frozenset({"resource_id"}))


class ItemsOfToolboxFilters(Page):
    """Which items of one toolbox."""

    status: Literal["issued", "returned", "lost"] | None = None


class ToolboxItemFilters(ItemsOfToolboxFilters):
    """Which items of all toolboxes within reach."""

    pupil_id: Id | None = None
    resource_id: Id | None = None
    review_until: Day | None = Field(default=None, description="To be reviewed on this day or before it.")
