"""What a toolbox looks like on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Note, Shape, change_of
from iap_api.toolbox.lockers import locker_key


def _seen(label: str) -> str:
    if not locker_key(label):
        raise ValueError("must show something")
    return label


Locker = Annotated[Line, Field(max_length=40), AfterValidator(_seen)]


class ToolboxRead(Shape):
    """One pupil's toolbox and the locker it stands in; what is in it is a list of its own."""

    id: UUID
    version: int
    school_id: UUID
    base_id: UUID
    pupil_id: UUID
    locker: str
    note: str | None
    created_at: datetime
    ended_on: date | None


class ToolboxCreate(Body):
    """A toolbox for one pupil who has a place in the base."""

    pupil_id: Id
    base_id: Id
    locker: Locker = Field(description="The label on the locker: one open toolbox of the base each.")
    note: Note | None = None


ToolboxChange = change_of("ToolboxChange", ToolboxCreate, leaving_out=frozenset({"pupil_id", "base_id"}))


class ToolboxEnd(Body):
    """The day on which the toolbox was cleared out; not in the future."""

    ended_on: Day


class ToolboxFilters(Page):
    """Which toolboxes."""

    pupil_id: Id | None = None
    base_id: Id | None = None
    status: Literal["open", "ended"] | None = None
