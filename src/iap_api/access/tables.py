"""The tables of access: places, accounts, clients, the roles they hold, sign-ins, guests, refusals, kept keys."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from iap_api.core.tables import Codes, Identified, Record, UtcDateTime, new_id

_REFUSED = text("kind = 'booking.refused'")
_SEALED = text("number IS NOT NULL")


class Place(SQLModel, table=True):
    """A trust, school or base as a place where roles are held; schools and bases share its id."""

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("kind IN ('trust', 'school', 'base')", name="kind"),
        Index("ix_places_trust_id", "trust_id"),
        Index("ix_places_school_id", "school_id"),
    )
    id: UUID = Field(primary_key=True)
    kind: str
    name: str
    trust_id: UUID | None = Field(default=None, foreign_key="places.id")
    school_id: UUID | None = Field(default=None, foreign_key="places.id")


class Account(Record, table=True):
    """Somebody who can sign in: a person, or a client of the API."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("username"),
        CheckConstraint("kind IN ('person', 'client')", name="kind"),
    )
    kind: str = "person"
    username: str
    name: str
    place_id: UUID = Field(foreign_key="places.id", index=True)
    password_hash: str | None = None
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_by: UUID | None = None


class Client(Record, table=True):
    """What an account of kind `client` may do at most, from where, and until which day (included)."""

    __tablename__ = "clients"
    id: UUID = Field(primary_key=True, foreign_key="accounts.id")
    role: str
    permissions: list[str] = Field(sa_type=Codes)
    networks: list[str] = Field(sa_type=Codes)
    ends_on: date
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: UUID | None = None


class ClientSecret(Identified, table=True):
    """One secret of a client, kept as its digest; two may be live while an integration changes from one to the next."""

    __tablename__ = "client_secrets"
    __table_args__ = (Index("ix_client_secrets_client_id", "client_id"),)
    client_id: UUID = Field(foreign_key="clients.id")
    digest: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HeldRole(Record, table=True):
    """One role held by one account at one place, from a day and until a day (both included), or until it was ended."""

    __tablename__ = "held_roles"
    __table_args__ = (
        Index("ix_held_roles_account_id", "account_id"),
        Index("ix_held_roles_place_id", "place_id"),
        Index(
            "uq_held_roles_open",
            "account_id",
            "role",
            "place_id",
            unique=True,
            postgresql_where=text("ends_on IS NULL"),
            sqlite_where=text("ends_on IS NULL"),
        ),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
    )
    account_id: UUID = Field(foreign_key="accounts.id")
    role: str
    place_id: UUID = Field(foreign_key="places.id")
    starts_on: date
    ends_on: date | None = None
    granted_by: UUID | None = None
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: UUID | None = None


class SignIn(Identified, table=True):
    """One sign-in and the chain of refresh tokens that keeps it alive; ending it ends every token of it."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_account_id", "account_id"),)
    account_id: UUID = Field(foreign_key="accounts.id")
    started_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    refresh_digest: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    spent: int = 0
    secret_id: UUID | None = Field(default=None, foreign_key="client_secrets.id")
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_why: str | None = None


class Guest(Record, table=True):
    """What the code of one invitation opens, for which guest role, about whom and until when; never whose name it is.

    The guard reads it before any school is known, so it stands beside accounts and sign-ins; what the invitation is
    for stands with its thing and shares this id.
    """

    __tablename__ = "guests"
    __table_args__ = (
        UniqueConstraint("school_id", "id", "pupil_id"),
        UniqueConstraint("code_digest"),
        CheckConstraint("role IN ('parent_carer', 'pupil', 'outside_professional')", name="role"),
        CheckConstraint("(role = 'pupil') = (adult_beside_id IS NOT NULL)", name="adult_beside"),
        Index("ix_guests_pupil_id", "pupil_id"),
        Index(
            "uq_guests_live", "for_whom", unique=True,
            postgresql_where=text("used_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=text("used_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )  # fmt: skip
    school_id: UUID = Field(foreign_key="places.id")
    pupil_id: UUID
    role: str
    for_whom: bytes = Field(sa_type=LargeBinary)
    adult_beside_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    invited_by: UUID = Field(foreign_key="accounts.id")
    code_digest: bytes = Field(sa_type=LargeBinary)
    session_id: UUID = Field(default_factory=new_id)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: UUID | None = None


class Throttle(SQLModel, table=True):
    """Failed sign-ins by keyed digest of a user name or an address: it tells nobody which accounts exist."""

    __tablename__ = "throttles"
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    failures: int = 0
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KnownAddress(SQLModel, table=True):
    """An address (keyed digest) from which an account signed in lately."""

    __tablename__ = "known_addresses"
    account_id: UUID = Field(primary_key=True, foreign_key="accounts.id")
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    last_at: datetime = Field(sa_type=UtcDateTime)


class KeptKey(SQLModel, table=True):
    """A creation that succeeded: repeating it finds what it made."""

    __tablename__ = "kept_keys"
    account_id: UUID = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    key: bytes = Field(primary_key=True, sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    resource_id: UUID
    kept_at: datetime = Field(sa_type=UtcDateTime, index=True)


class LedgerEntry(Identified, table=True):
    """Who read or changed what about whom; numbered and chained by the sealer, never altered afterwards."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("school_id", "number"),
        Index(
            "ix_ledger_entries_unsealed", "id",
            postgresql_where=text("number IS NULL"), sqlite_where=text("number IS NULL"),
        ),
        # few entries are such, and figures of a year must not look through all of them
        Index(
            "ix_ledger_entries_refused", "school_id", "at",
            postgresql_where=_REFUSED, sqlite_where=_REFUSED,
        ),
        # of sealed entries only: the sealer pays for them, and no request that writes an entry does
        *(
            Index(name, *columns, postgresql_where=_SEALED, sqlite_where=_SEALED)
            for name, columns in (
                ("ix_ledger_entries_at", ("at", "id")),
                ("ix_ledger_entries_school_at", ("school_id", "at", "id")),
                ("ix_ledger_entries_account_at", ("account_id", "at", "id")),
            )
        ),
    )  # fmt: skip
    school_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)
    account_id: UUID | None = None
    kind: str
    resource: str
    resource_id: UUID | None = None
    pupil_ids: bytes = Field(default=b"", sa_type=LargeBinary)
    fields: str = ""
    permission: str = ""
    request_id: str = ""
    number: int | None = None
    digest: bytes | None = Field(default=None, sa_type=LargeBinary)


class LedgerQuarter(SQLModel, table=True):
    """That a school's ledger names a pupil within one quarter of an hour; the sealer writes it, and nobody else.

    A row for each pupil of each entry would be fifty rows for every list that is read. A quarter of an hour names most
    pupils again and again, so this is a hundredth of it, and the entries of a quarter are few enough to look through.
    """

    __tablename__ = "ledger_quarters"
    pupil_id: UUID = Field(primary_key=True)
    from_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    school_id: UUID = Field(primary_key=True)
    until_at: datetime = Field(sa_type=UtcDateTime)


class LedgerHead(SQLModel, table=True):
    """The last link of one school's chain."""

    __tablename__ = "ledger_heads"
    school_id: UUID = Field(primary_key=True)
    number: int
    digest: bytes = Field(sa_type=LargeBinary)


class FormerValue(Identified, table=True):
    """What a record held before a change: erasable, and outside the ledger's digest."""

    __tablename__ = "former_values"
    __table_args__ = (Index("ix_former_values_resource_id", "resource_id"),)
    school_id: UUID
    resource: str
    resource_id: UUID
    version: int
    at: datetime = Field(sa_type=UtcDateTime)
    account_id: UUID
    values: str
