"""What retention runs look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Shape

RunStatus = Literal["proposed", "executing", "executed", "withdrawn"]


class RunRead(Shape):
    """One run as lists show it."""

    id: UUID
    version: int
    school_id: UUID
    due_on: date
    subject_request_id: UUID | None
    status: str
    made_by: UUID
    created_at: datetime
    pupils: int
    rows: int
    approvals_count: int
    erased_count: int
    executed_by: UUID | None
    executed_at: datetime | None


class RunLineRead(Shape):
    """One class of records of one pupil, and how many rows would go."""

    pupil_id: UUID
    record_class: str
    rows: int


class ApprovalRead(Shape):
    """Who approved, and when."""

    account_id: UUID
    at: datetime


class RunWhole(RunRead):
    """One run with everything that would go; `whole` names the pupils of whom nothing would stay."""

    lines: list[RunLineRead]
    whole: list[UUID]
    approvals: list[ApprovalRead]


class RunCreate(Body):
    """Look at what would go: by the schedule on a day, or all of one pupil for a granted subject request."""

    school_id: Id
    due_on: Annotated[Day | None, Field(description="By default today; never a day to come.")] = None
    subject_request_id: Id | None = None
    pupil_id: Id | None = None


class RunFilters(Page):
    """Which runs."""

    school_id: Id | None = None
    status: RunStatus | None = None
