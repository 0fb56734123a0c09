"""The forms that values take on the wire: strict bodies, ids, instants, days, and text without traps."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    create_model,
)

_ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)\Z")
_DAY = re.compile(r"^\d{4}-\d\d-\d\d\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class Body(BaseModel):
    """What a client sends: exact types, no unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class Shape(BaseModel):
    """What the API answers: every field listed, none with a default."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


def hidden_as_a_whole(*sections: str) -> Callable[[dict[str, Any]], None]:
    """Return the schema hook for sections that are absent for callers who may not see them: never null."""

    def amend(schema: dict[str, Any]) -> None:
        for name in sections:
            schema["properties"][name] = next(one for one in schema["properties"][name]["anyOf"] if "$ref" in one)
        schema["required"] = [name for name in schema["required"] if name not in sections]

    return amend


def _written(pattern: re.Pattern[str], words: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.match(value):
            raise ValueError(words)
        if not isinstance(value, str | UUID | date):
            raise ValueError(words)
        return value

    return BeforeValidator(check)


def _in_range(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2200:
        raise ValueError("must lie between the years 1900 and 2200")
    return value.astimezone(UTC)


def _day_in_range(value: date) -> date:
    if not 1900 <= value.year <= 2200:
        raise ValueError("must lie between the years 1900 and 2200")
    return value


def _plain(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    return value


Id = Annotated[UUID, Strict(False), _written(_ID, "must be a UUID in its usual lower-case form")]
Instant = Annotated[
    AwareDatetime,
    Strict(False),
    _written(_INSTANT, "must be an RFC 3339 date-time with an offset"),
    AfterValidator(_in_range),
]
Day = Annotated[date, Strict(False), _written(_DAY, "must be a date such as 2026-11-24"), AfterValidator(_day_in_range)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]
Note = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_plain)]
LongNote = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_plain)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_./\\-]+$")]
Version = Annotated[int, Field(ge=1)]

B = TypeVar("B", bound=Body)


def change_of(name: str, body: type[B], *, leaving_out: frozenset[str] = frozenset()) -> type[B]:
    """Return the merge-patch form (RFC 7396) of a body: every member optional, null only where it may be null."""
    fields = {
        field: (info.rebuild_annotation(), Field(default_factory=lambda: None, description=info.description))
        for field, info in body.model_fields.items()
        if field not in leaving_out
    }
    made = create_model(name, __base__=Body, __doc__=f"What may change of {body.__name__}.", **cast(Any, fields))
    return cast(type[B], made)
