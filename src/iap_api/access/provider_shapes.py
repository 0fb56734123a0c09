"""What identity providers, and who is who at them, look like on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from iap_api.access.account_shapes import Password
from iap_api.access.provider_rules import ProviderKind, TokenType
from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Id, Line, Shape, change_of

# no blanks and nothing beyond ASCII: what tokens hold is compared exactly
Exact = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")]


class IdentityProviderRead(Shape):
    """Where the staff of a trust sign in."""

    id: UUID
    version: int
    trust_id: UUID
    name: str
    kind: str
    token_type: str
    issuer: str
    tenant: str
    audience: str
    ended_at: datetime | None
    ended_by: UUID | None


class IdentityProviderCreate(Body):
    """An identity provider to connect: Google and Microsoft by their tenant, another by its issuer."""

    trust_id: Id
    name: Line
    kind: ProviderKind
    token_type: Annotated[
        TokenType, Field(description="Which token apps send here; from Google an ID token always.")
    ] = "id_token"  # noqa: S105 - the name of a kind of token
    issuer: Annotated[
        Exact | None,
        Field(description="For `other` alone: one that this server's operator allows, spelt exactly."),
    ] = None
    tenant: Annotated[
        Exact | None,
        Field(description="Google: the domain of the school's Workspace. Microsoft: the directory (tenant) id."),
    ] = None
    audience: Annotated[Exact, Field(description="The client id that the app has at the provider.")]


IdentityProviderChange = change_of(
    "IdentityProviderChange",
    IdentityProviderCreate,
    leaving_out=frozenset({"trust_id", "kind", "token_type", "issuer", "tenant"}),
)


class IdentityProviderFilters(Page):
    """Which of the providers within reach."""

    trust_id: Id | None = None


class IdentityRead(Shape):
    """Who an account is at an identity provider."""

    id: UUID
    version: int
    account_id: UUID
    provider_id: UUID
    tenant: str
    subject: str
    linked_by: UUID
    created_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None


class IdentityCreate(Body):
    """Who somebody is at a provider, as its own administration shows it: never an e-mail address."""

    provider_id: Id
    subject: Annotated[Exact, Field(description="Google: the user's numeric id. Microsoft: the user's object id.")]


class OwnIdentity(Body):
    """A provider's token that shows who the caller is there."""

    subject_token: Annotated[str, Field(min_length=1, max_length=8192)]
    subject_token_type: Annotated[
        Literal[
            "urn:ietf:params:oauth:token-type:id_token",
            "urn:ietf:params:oauth:token-type:access_token",
            "urn:ietf:params:oauth:token-type:jwt",
        ],
        Field(description="As in a token exchange (RFC 8693, 3)."),
    ]
    current_password: Annotated[
        Password | None, Field(description="One's present password; an account without one leaves it out.")
    ] = None
