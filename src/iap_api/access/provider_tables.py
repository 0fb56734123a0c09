"""The tables of sign-in through a school: identity providers, and who is who at each of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from iap_api.core.tables import Record, UtcDateTime


class IdentityProvider(Record, table=True):
    """Where the staff of a trust sign in: Google, Microsoft Entra ID, or another that the operator allows."""

    __tablename__ = "identity_providers"
    __table_args__ = (
        CheckConstraint("kind IN ('google', 'entra', 'other')", name="kind"),
        CheckConstraint("token_type IN ('id_token', 'access_token')", name="token_type"),
        # without a tenant every customer of Google or Microsoft would be let in
        CheckConstraint("kind = 'other' OR tenant <> ''", name="tenant"),
        Index("ix_identity_providers_issuer", "issuer"),
        Index(
            "uq_identity_providers_open", "trust_id", "issuer", "tenant", unique=True,
            postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip
    trust_id: UUID = Field(foreign_key="places.id")
    name: str
    kind: str
    token_type: str
    issuer: str
    tenant: str = ""
    audience: str
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: UUID | None = None


class Identity(Record, table=True):
    """Who an account is at an identity provider: tenant and subject, never an e-mail address."""

    __tablename__ = "identities"
    __table_args__ = (
        Index("ix_identities_account_id", "account_id"),
        Index(
            "uq_identities_open", "provider_id", "tenant", "subject", unique=True,
            postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip
    provider_id: UUID = Field(foreign_key="identity_providers.id")
    account_id: UUID = Field(foreign_key="accounts.id")
    tenant: str = ""
    subject: str
    linked_by: UUID
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: UUID | None = None
