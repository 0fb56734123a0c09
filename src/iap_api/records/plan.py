"""What would go: the lines of a run, worked out along the schema walk and past every fence, and their digest."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from iap_api.pupils.tables import Pupil
from iap_api.records.kept_apart import KEPT_BY_ERASURE
from iap_api.records.schedule import class_of, due, kept_until, years_of
from iap_api.records.tables import LegalHold, RetentionRule
from iap_api.records.walk import About, tables_about_a_pupil
from iap_api.schools.tables import School

MOST_PUPILS = 100
_THERE = {
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
}


class Line(NamedTuple):
    """One class of records of one pupil, and how many rows of it there are."""

    pupil_id: UUID
    record_class: str
    rows: int


class Row(NamedTuple):
    """One row that would go: what tells it from every other and from its former self, and whose it is."""

    record_class: str
    table: str
    key: str
    version: int
    school_id: UUID | None


Going = Mapping[UUID, Sequence[Row]]


def erasable() -> list[About]:
    """Return the walked tables whose rows an erasure takes, each after those it leans on."""
    return [about for about in tables_about_a_pupil() if about.name not in KEPT_BY_ERASURE]


class UnknownTable(RuntimeError):
    """The database has tables that this process does not know: an erasure along the walk would leave them out."""


async def check_every_table_is_known(session: AsyncSession) -> None:
    """Raise `UnknownTable` unless the walk sees every table that the database has."""
    postgres = (await session.connection()).dialect.name == "postgresql"
    there = set((await session.execute(text(_THERE["postgresql" if postgres else "sqlite"]))).scalars())
    if there - set(SQLModel.metadata.tables) - {"alembic_version"}:
        raise UnknownTable()


def lines_in(going: Going) -> list[Line]:
    """Return what would go as lines: how many rows of each class of each pupil."""
    return [
        Line(pupil_id, name, count)
        for pupil_id, rows in going.items()
        for name, count in sorted(Counter(row.record_class for row in rows).items())
    ]


def digest_of(going: Going) -> str:
    """Return the digest of the very rows that would go and of their versions, whatever their order."""
    said = sorted((pupil_id.hex, *row[:4]) for pupil_id, rows in going.items() for row in rows)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


async def years_for(session: AsyncSession, school_id: UUID) -> dict[str, int]:
    """Return how many years the trust of a school keeps each class."""
    query = (
        select(col(RetentionRule.record_class), col(RetentionRule.years))
        .join(School, col(School.trust_id) == col(RetentionRule.trust_id))
        .where(col(School.id) == school_id)
    )
    return years_of({row[0]: row[1] for row in await session.execute(query)})


async def due_of(session: AsyncSession, school_id: UUID, day: date, within: Collection[UUID]) -> Going:
    """Return what the schedule takes of a school's files on `day`, at most `MOST_PUPILS` children at once.

    A pupil under a legal hold is never among them, nor one of whom a row that would go is of a school not `within`.
    """
    await check_every_table_is_known(session)
    years = await years_for(session, school_id)
    found: dict[UUID, Sequence[Row]] = {}
    for pupil_id, born_on in await _old_enough(session, school_id, day, min(years.values())):
        going = due(born_on, day, await counts(session, pupil_id), years)
        rows = [row for row in await _rows(session, pupil_id) if row.record_class in going] if going else []
        if rows and not elsewhere(rows, within):
            found[pupil_id] = rows
        if len(found) == MOST_PUPILS:
            break
    return found


async def all_of(session: AsyncSession, pupil_id: UUID) -> Going:
    """Return everything there is about one pupil; nothing under a legal hold."""
    await check_every_table_is_known(session)
    held = select(col(LegalHold.id)).where(col(LegalHold.pupil_id) == pupil_id, col(LegalHold.ended_at).is_(None))
    if (await session.execute(held.limit(1))).first() is not None:
        return {}
    rows = await _rows(session, pupil_id)
    return {pupil_id: rows} if rows else {}


def elsewhere(rows: Iterable[Row], within: Collection[UUID]) -> bool:
    """Say whether one of these rows is of a school that is not `within`."""
    return any(row.school_id is not None and row.school_id not in within for row in rows)


async def _old_enough(session: AsyncSession, school_id: UUID, day: date, years: int) -> list[tuple[UUID, date]]:
    held = select(col(LegalHold.pupil_id)).where(col(LegalHold.ended_at).is_(None))
    query = (
        select(col(Pupil.id), col(Pupil.born_on))
        .where(
            col(Pupil.school_id) == school_id,
            col(Pupil.born_on) <= _years_before(day, years),
            col(Pupil.id).not_in(held),
        )
        .order_by(col(Pupil.born_on), col(Pupil.id))
    )
    return [(row[0], row[1]) for row in await session.execute(query) if kept_until(row[1], years) <= day]


def _years_before(day: date, years: int) -> date:
    return kept_until(day, -years)


async def counts(session: AsyncSession, pupil_id: UUID) -> Mapping[str, int]:
    """Return how many rows of each class there are about one pupil."""
    counted: dict[str, int] = {}
    for row in await session.execute(_counting(pupil_id)):
        counted[row[0]] = counted.get(row[0], 0) + row[1]
    return counted


def _counting(pupil_id: UUID) -> Select[Any]:
    each = [
        select(literal(class_of(about)).label("name"), func.count().label("rows"))
        .select_from(about.table)
        .where(about.holds(pupil_id))
        for about in erasable()
        if not about.records
    ]
    counted = union_all(*each).subquery()
    return select(counted.c.name, counted.c.rows)


async def _rows(session: AsyncSession, pupil_id: UUID) -> list[Row]:
    each = [
        select(
            literal(class_of(about)).label("record_class"),
            literal(about.name).label("name"),
            _key(about).label("key"),
            (about.table.c.version if "version" in about.table.c else literal(0)).label("version"),
            (cast(about.table.c.school_id, String) if "school_id" in about.table.c else literal("")).label("school"),
        ).where(about.holds(pupil_id))
        for about in erasable()
        if not about.records
    ]
    return [
        Row(row[0], row[1], row[2], row[3], UUID(row[4]) if row[4] else None)
        for row in await session.execute(union_all(*each))
    ]


def _key(about: About) -> ColumnElement[str]:
    written = [cast(column, String) for column in about.table.primary_key.columns]
    return reduce(lambda key, more: key + "/" + more, written[1:], written[0])
