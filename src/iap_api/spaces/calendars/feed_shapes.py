"""What a calendar feed looks like on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Shape


class CalendarFeedRead(Shape):
    """One feed, without its address: of a space, a member of staff or a base, whichever is not null."""

    id: UUID
    version: int
    school_id: UUID
    space_id: UUID | None
    staff_id: UUID | None
    base_id: UUID | None
    made_by: UUID
    created_at: datetime
    expires_on: date | None
    revoked_at: datetime | None
    revoked_by: UUID | None
    last_used_on: date | None


class CalendarFeedMade(CalendarFeedRead):
    """A feed just made; `address` is the path a calendar program subscribes to, shown here once, else null."""

    address: str | None


class CalendarFeedCreate(Body):
    """Name exactly one of space, member of staff and base."""

    space_id: Id | None = None
    staff_id: Id | None = None
    base_id: Id | None = None
    expires_on: Day | None = Field(default=None, description="The last day on which the address answers.")


class CalendarFeedFilters(Page):
    """Which feeds."""

    space_id: Id | None = None
    staff_id: Id | None = None
    base_id: Id | None = None
