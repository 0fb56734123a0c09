"""What an access record looks like on the wire, as a list and in words a parent could be given."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Code, Id, Instant, Shape


class AccessRecordRead(Shape):
    """Who saw or changed what about whom, and when: names of fields, never a value."""

    id: UUID
    school_id: UUID = Field(description="Whose ledger it stands in: a school's, or the trust's own.")
    number: int = Field(description="Its place in that ledger, which has no gaps.")
    at: datetime
    account_id: UUID | None
    account_name: str | None
    roles: list[str] = Field(
        description="The roles with that permission which the account held there at that time, or all it held there."
    )
    kind: str = Field(description="`read`, `created`, `updated`, `ended`, or an event such as `review.closed`.")
    resource: str
    resource_id: UUID | None = Field(description="Null for a list.")
    pupil_ids: list[UUID]
    fields: list[str]
    permission: str | None
    request_id: str | None = Field(description="The X-Request-Id of the answer.")


class AccessRecordFilters(Page):
    """Which access records."""

    pupil_id: Id | None = None
    account_id: Id | None = Field(default=None, description="Only what this account saw or changed.")
    school_id: Id | None = None
    from_at: Instant | None = None
    until_at: Instant | None = Field(default=None, description="Only those before this instant.")
    kind: Code | None = None
    resource: Code | None = None


class PlainFilters(Page):
    """Whose access records, and of which time."""

    pupil_id: Id
    from_at: Instant | None = None
    until_at: Instant | None = Field(default=None, description="Only those before this instant.")


class PlainDay(Shape):
    """What happened on one day, in sentences."""

    on: date
    sentences: list[str]


class PlainAccess(Shape):
    """One page of access records in plain words; a day may go on over the page."""

    pupil_id: UUID
    items: list[PlainDay]
    next: str | None
