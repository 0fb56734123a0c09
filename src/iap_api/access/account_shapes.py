"""What accounts and the roles they hold look like on the wire; a password goes in and never comes out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from iap_api.core import clock
from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of

AccountKind = Literal["person", "client"]
RoleName = Literal[
    "teaching_assistant", "class_teacher", "base_lead", "senco", "headteacher", "safeguarding_lead",
    "therapist", "referrer", "office", "governor", "trust_inclusion_lead", "trust_analyst",
    "data_protection_officer", "administrator", "mis", "trust_feed",
]  # fmt: skip


def _no_nul(value: str) -> str:
    # the sign-in form refuses it, so such a password could be set and never used
    if "\x00" in value:
        raise ValueError("must not hold control characters")
    return value


Username = Annotated[
    str,
    Field(max_length=200, pattern=r"^[A-Za-z0-9._+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
    AfterValidator(str.lower),
]
# blanks at either end belong to a password: the sign-in form keeps them too
Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=200), AfterValidator(_no_nul)]


class AccountRead(Shape):
    """One account: somebody, or a program, that can sign in."""

    id: UUID
    version: int
    kind: str
    username: str
    name: str
    place_id: UUID
    has_password: bool
    disabled_at: datetime | None
    created_at: datetime


class AccountCreate(Body):
    """An account to open for a person; roles are granted afterwards."""

    username: Annotated[Username, Field(description="Like an e-mail address; upper and lower case are the same.")]
    name: Line
    place_id: Annotated[Id, Field(description="The trust, school or base that looks after the account.")]
    password: Annotated[
        Password | None,
        Field(description="At least 12 characters. Without one the person cannot sign in yet."),
    ] = None


AccountChange = change_of("AccountChange", AccountCreate, leaving_out=frozenset({"username", "place_id", "password"}))


class AccountFilters(Page):
    """Which accounts of those within reach."""

    place_id: Id | None = None
    kind: AccountKind | None = None


class AccountSearch(Body):
    """The user name to look for, whole."""

    username: Annotated[
        str,
        Field(max_length=200, description="Upper and lower case are the same."),
        AfterValidator(str.lower),
    ]


class PasswordSet(Body):
    """A password given by an administrator: the person should change it after signing in."""

    password: Password


class PasswordChange(Body):
    """One's own new password, and the present one to prove who asks."""

    current_password: Password
    new_password: Password


class HeldRoleRead(Shape):
    """One role held by one account at one place; both days are included."""

    id: UUID
    version: int
    account_id: UUID
    role: str
    place_id: UUID
    starts_on: date
    ends_on: date | None
    granted_by: UUID | None
    ended_at: datetime | None
    ended_by: UUID | None


class RoleGrant(Body):
    """A role to grant: from today unless said otherwise, and until the last day named, if any."""

    role: RoleName
    place_id: Id
    starts_on: Day | None = None
    ends_on: Day | None = None


class RoleDays(Body):
    """The days of a role that is still to come, or the last day of one that is held now (merge patch)."""

    starts_on: Day = Field(default_factory=clock.today)
    ends_on: Annotated[Day | None, Field(description="The last day; null for no end.")] = Field(
        default_factory=lambda: None
    )


class RoleEnd(Body):
    """When the role ends: at once, or at the end of a day to come."""

    ends_on: Annotated[Day | None, Field(description="The last day on which it is held; null ends it at once.")] = None


class HeldRoleFilters(Page):
    """Which of the roles held at places within reach."""

    place_id: Id | None = None
    role: RoleName | None = None
