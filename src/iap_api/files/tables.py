"""The table of files: what is kept of each one besides its sealed bytes, which lie in the store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field

from iap_api.core import clock
from iap_api.core.tables import Identified, UtcDateTime


class StoredFile(Identified, table=True):
    """One file; it is never changed, and goes with the row that refers to it, its bytes soon after (docs/adr/0007).

    `name` is what the store calls it, `digest` a keyed digest of its content; `sealed_key` is the key its bytes are
    sealed with, itself sealed by `key_id`'s key: without this row the bytes open no more.
    """

    __tablename__ = "files"
    __table_args__ = (
        UniqueConstraint("school_id", "id"),
        UniqueConstraint("name"),
        CheckConstraint("size > 0", name="size"),
    )
    school_id: UUID = Field(foreign_key="places.id")
    purpose: str
    media_type: str
    size: int
    name: str
    digest: bytes = Field(sa_type=LargeBinary)
    key_id: str
    sealed_key: bytes = Field(sa_type=LargeBinary)
    kept_by: UUID
    kept_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
