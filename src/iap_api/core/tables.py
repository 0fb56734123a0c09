"""What every table shares: column types that mean the same on both databases, ids, and version numbers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from iap_api.core import clock

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant; SQLite hands it back naive, so the zone is put on here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive value; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """PostgreSQL's driver gives UTC already: no call for each value."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class _Array(TypeDecorator[list[Any]]):
    """A short list in one column: a native array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True
    item: TypeEngine[Any] = Text()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Any:
        """PostgreSQL's driver takes lists and gives lists: no call for each value."""
        return None if dialect.name == "postgresql" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """See `bind_processor`."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Lists go in as they are, or as JSON."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps([self.pack(one) for one in value])

    def process_result_value(self, value: Any, dialect: Dialect) -> list[Any] | None:
        """Lists come out as lists."""
        if value is None or dialect.name == "postgresql":
            return cast(list[Any] | None, value)
        return [self.unpack(one) for one in json.loads(value)]

    def pack(self, one: Any) -> Any:
        """Turn one item into its JSON form."""
        return one

    def unpack(self, one: Any) -> Any:
        """Turn one item back from its JSON form."""
        return one


class Ids(_Array):
    """A list of ids; on SQLite in the form its uuid columns have (32 hex digits)."""

    cache_ok = True
    item = Uuid()

    def pack(self, one: UUID) -> str:
        """An id as SQLite's columns hold it."""
        return one.hex

    def unpack(self, one: str) -> UUID:
        """An id from its 32 hex digits."""
        return UUID(one)


class Codes(_Array):
    """A list of codes or short words."""

    cache_ok = True


class Numbers(_Array):
    """A list of small whole numbers."""

    cache_ok = True
    item = Integer()


BigId = BigInteger().with_variant(Integer(), "sqlite")


def new_id() -> UUID:
    """Return a fresh UUIDv7: ids sort by the time they were made."""
    return uuid7()


class Identified(SQLModel):
    """A row with an id that sorts by creation."""

    id: UUID = Field(default_factory=new_id, primary_key=True)


class Record(Identified):
    """A row that clients change: it carries the version that If-Match names."""

    version: int = Field(default=1)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
