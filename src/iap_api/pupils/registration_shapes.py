"""What registrations and requests for them look like on the wire."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Day, Id, Note, Shape
from iap_api.pupils.pupil_shapes import Upn

Kind = Literal["enrolled", "placed", "dual_registered", "referred"]


class RegistrationRead(Shape):
    """That a pupil has to do with a school, from and until; a last day before the first says that it never began."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    kind: str
    enrolment_status: str
    class_id: UUID | None
    from_on: date
    until_on: date | None
    ended_why: str | None


class RegistrationChange(Body):
    """The class and the enrolment status (merge patch)."""

    class_id: Id | None = None
    enrolment_status: Code = Field(default_factory=lambda: "")


class RegistrationEnd(Body):
    """The last day."""

    until_on: Day


class RegistrationFilters(Page):
    """Which registrations."""

    school_id: Id | None = None
    pupil_id: Id | None = None


class RequestRead(Shape):
    """A request to be registered for a pupil; `pupil_id` only for the school that keeps the file, and once agreed."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID | None
    kind: str
    from_on: date
    reason: str
    status: str
    created_at: datetime
    decided_at: datetime | None


class RequestCreate(Body):
    """The pupil as the asking school knows them: UPN and date of birth must both fit."""

    school_id: Id
    upn: Upn
    born_on: Day
    kind: Kind
    from_on: Day
    reason: Note
