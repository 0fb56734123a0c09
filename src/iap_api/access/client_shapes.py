"""What clients look like on the wire; a secret goes out once, in the answer that makes it, and never again."""

from datetime import date, datetime
from ipaddress import ip_network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from iap_api.access.account_shapes import Username
from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Day, Id, Line, Shape, change_of

ClientRole = Literal["mis", "trust_feed"]


def _network(written: str) -> str:
    try:
        return str(ip_network(written))
    except ValueError:
        raise ValueError("is not a network such as 203.0.113.0/24 or 2001:db8::/48") from None


Network = Annotated[str, Field(max_length=50), AfterValidator(_network)]
PermissionName = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]
Networks = Annotated[list[Network], Field(max_length=50, description="Only from these; empty for anywhere.")]
Permissions = Annotated[
    list[PermissionName],
    Field(
        min_length=1,
        max_length=100,
        description="The most it may do, of what its role holds; writing takes the reading beside it.",
    ),
]


class SecretRead(Shape):
    """One live secret: since when, until when (null: as long as the client), and when it was last used."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ClientRead(Shape):
    """One client: a program of a supplier that may do what is listed here, at these places, until this day."""

    id: UUID
    version: int
    username: str
    name: str
    role: str
    place_id: UUID
    place_ids: list[UUID]
    permissions: list[str]
    networks: list[str]
    ends_on: date
    state: str
    revoked_at: datetime | None
    disabled_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class ClientWhole(ClientRead):
    """A client with its live secrets, the older first; of each only when, never what."""

    secrets: list[SecretRead]


class ClientMade(ClientWhole):
    """A client and the secret just made for it, shown here once; null when a repetition finds it made already."""

    secret: str | None


class ClientCreate(Body):
    """A client to make: for whom it works, what it may do at most, from where and until when."""

    username: Annotated[
        Username, Field(description="The client_id of its sign-ins; like an e-mail address, in lower case.")
    ]
    name: Annotated[Line, Field(description="The supplier and the product, for the people who look at lists.")]
    role: ClientRole
    place_id: Annotated[Id, Field(description="The trust or school that looks after the client.")]
    place_ids: Annotated[
        list[Id], Field(min_length=1, max_length=200, description="The schools, or the trust, where its role is held.")
    ]
    permissions: Permissions
    ends_on: Annotated[Day, Field(description="Its last day, three years ahead at most.")]
    networks: Networks = []


ClientChange = change_of(
    "ClientChange", ClientCreate, leaving_out=frozenset({"username", "name", "role", "place_id", "place_ids"})
)


class SecretRenew(Body):
    """How long the present secret stays good beside the new one."""

    keep_older_hours: Annotated[
        int, Field(ge=0, le=30 * 24, description="A week unless said otherwise; 0 for a secret that was lost.")
    ] = 7 * 24


class ClientFilters(Page):
    """Which clients of those within reach."""

    role: ClientRole | None = None
    place_id: Id | None = None
