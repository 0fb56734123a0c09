"""Which calendar feeds a caller sees, and of what a caller may have one."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, false, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import Scope, among
from iap_api.access.telling import told
from iap_api.core.transactions import Prepared
from iap_api.schools.tables import Base, Staff
from iap_api.spaces.calendars.feed_tables import CalendarFeed
from iap_api.spaces.tables import Space

_TABLES: dict[str, Any] = {"space_id": Space, "staff_id": Staff, "base_id": Base}
KINDS = tuple(_TABLES)
_CALLER = bindparam("scope_account", type_=Uuid())


@told(
    own="{Things} that the caller made.",
    base="{Things} of {place} and of its spaces, and those that the caller made.",
    school="{Things} of {place}.",
)
@lru_cache(maxsize=16)
def feed_visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the row filter for feeds.

    School reach: all of the school. Base reach: those of the base and its spaces. Own and base reach: besides, those
    that the caller made.
    """
    ways: list[ColumnElement[bool]] = []
    if "schools" in kinds:
        ways.append(among(CalendarFeed.school_id, "scope_schools"))
    if "bases" in kinds:
        near = select(col(Space.id)).where(among(Space.base_id, "scope_bases"))
        ways += [among(CalendarFeed.base_id, "scope_bases"), col(CalendarFeed.space_id).in_(near)]
    if kinds & {"bases", "own"}:
        ways.append(and_(col(CalendarFeed.made_by) == _CALLER, among(CalendarFeed.school_id, "scope_around")))
    return or_(false(), *ways)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a feed shows: `kind` is one of `KINDS`, and the name is the thing's own."""

    kind: str
    id: UUID
    school_id: UUID
    name: str


@lru_cache(maxsize=64)
def _within(kind: str, kinds: frozenset[str]) -> Prepared:
    table = _TABLES[kind]
    ways: list[ColumnElement[bool]] = [among(table.school_id, "scope_schools")] if "schools" in kinds else []
    if "bases" in kinds and kind != "staff_id":
        ways.append(among(Base.id if kind == "base_id" else Space.base_id, "scope_bases"))
    if kind == "staff_id":
        ways.append(and_(col(Staff.account_id) == _CALLER, among(Staff.school_id, "scope_around")))
    columns = (col(table.id), col(table.school_id), col(table.name))
    return Prepared(select(*columns).where(columns[0] == bindparam("wanted", type_=Uuid()), or_(false(), *ways)))


async def within(caller: Caller, scope: Scope, kind: str, wanted: UUID) -> Shown | None:
    """Return what a feed is to show, or None for absent and out of reach alike.

    School reach: any space, member of staff or base of the school. Base reach: the base and its spaces. Whatever the
    reach: the caller's own entry among the staff.
    """
    rows = await caller.rows(_within(kind, scope.kinds), {**scope.binds(), "wanted": wanted})
    return Shown(kind, *rows[0]) if rows else None
