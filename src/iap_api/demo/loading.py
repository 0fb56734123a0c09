"""Loads many rows at once: COPY on PostgreSQL, executemany on SQLite, with a progress bar."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import JSON
from sqlmodel import SQLModel

from iap_api.core.database import async_url

# In this order they come back: what finds clashes first, what only refers last.
_SET_ASIDE = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
  FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype IN ('f', 'x')
 ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS back
  FROM pg_index i WHERE indrelid = ANY ($1::regclass[]) AND NOT indisunique AND NOT indisprimary
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


@dataclass
class Rows:
    """Rows for one table: the columns that vary, their values, and how many if that is known.

    The other columns take the defaults of the table's class, and `made_at` where it says when a record was made.
    """

    table: type[SQLModel]
    names: Sequence[str]
    values: Iterable[tuple[Any, ...]]
    count: int | None
    made_at: datetime

    def columns(self) -> list[str]:
        """Return the columns in the order of `tuples`."""
        return [*self.names, *self._fixed()]

    def tuples(self) -> Iterator[tuple[Any, ...]]:
        """Return whole rows."""
        fixed = tuple(self._fixed().values())
        return (row + fixed for row in self.values)

    def _fixed(self) -> dict[str, Any]:
        given = {
            name: info.get_default(call_default_factory=True)
            for name, info in self.table.model_fields.items()
            if name not in self.names and not info.is_required()
        }
        given |= {name: self.made_at for name in ("created_at", "updated_at") if name in given}
        kinds = SQLModel.metadata.tables[self.named].columns
        # a column of JSON is text on both ways in
        return {
            name: json.dumps(value) if isinstance(kinds[name].type, JSON) else value
            for name, value in given.items()
            if value is not None
        }

    @property
    def named(self) -> str:
        """The name of the table."""
        return str(self.table.__tablename__)


def _bar(progress: bool) -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        disable=not progress,
    )


def _watched(rows: Rows, bar: Progress) -> Iterator[tuple[Any, ...]]:
    task: TaskID = bar.add_task(rows.named, total=rows.count)
    done = 0
    for done, row in enumerate(rows.tuples(), 1):
        yield row
        if done % 1000 == 0:
            bar.update(task, completed=done)
    bar.update(task, completed=done, total=done)


async def copy_into_postgresql(url: str, first: Sequence[Rows], many: Sequence[Rows], *, progress: bool) -> None:
    """Copy `first` as they are, then `many` with their triggers, references and indexes set aside; all or nothing.

    Needs the owner of the tables. What was set aside is put back in the same transaction and checks every row again;
    only what triggers alone hold (places in a space) is left to whoever made the rows.
    """
    plain = async_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        with _bar(progress) as bar:
            async with connection.transaction():
                await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
                for rows in first:
                    await connection.copy_records_to_table(
                        rows.named, columns=rows.columns(), records=_watched(rows, bar)
                    )
                await _copy_many(connection, many, bar)
            task = bar.add_task("statistics", total=1)
            await connection.execute("VACUUM ANALYZE")
            bar.update(task, completed=1)
    finally:
        await connection.close()


async def _copy_many(connection: Any, many: Sequence[Rows], bar: Progress) -> None:
    names = [rows.named for rows in many]
    aside = [*await connection.fetch(_INDEXES, names), *await connection.fetch(_SET_ASIDE, names)]
    for name in names:
        await connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    for one in aside:
        await connection.execute(one["away"])
    for rows in many:
        await connection.copy_records_to_table(rows.named, columns=rows.columns(), records=_watched(rows, bar))
    task = bar.add_task("rules and indexes", total=len(aside))
    for one in aside:
        await connection.execute(one["back"])
        bar.advance(task)
    for name in names:
        await connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def insert_into_sqlite(url: str, tables: Sequence[Rows], *, progress: bool) -> None:
    """Insert all the rows in one transaction, rules and triggers on; all or nothing."""
    path = async_url(url).database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, _bar(progress) as bar:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-131072")
        connection.execute("BEGIN IMMEDIATE")
        for rows in tables:
            columns = rows.columns()
            marks = ", ".join("?" * len(columns))
            names = ", ".join(f'"{name}"' for name in columns)
            connection.executemany(
                f"INSERT INTO {rows.named} ({names}) VALUES ({marks})",  # noqa: S608 - our own tables and columns
                (tuple(map(_written, row)) for row in _watched(rows, bar)),
            )
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _written(value: Any) -> Any:
    """Return a value as this schema keeps it in SQLite (core/tables)."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps([one.hex if isinstance(one, UUID) else one for one in value])
    return value
