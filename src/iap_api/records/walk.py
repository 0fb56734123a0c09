"""The schema walk: every table whose rows refer to a pupil, and how; a table that comes tomorrow is found by itself.

A subject's package is proved complete by it (reliability 6) and an erasure goes along it. What it finds, nobody can
leave out silently: whoever keeps a table back (`kept_apart`, the package's own list) names it and says why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Uuid,
    and_,
    exists,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import SQLModel

from iap_api.access.scope import shares
from iap_api.core.tables import Ids

PUPILS = "pupils"
PUPIL = "pupil_id"


class packs(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """The ids packed into `column` (16 bytes each, as the ledger does) have `pupil_id` among them."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, pupil_id: UUID) -> None:
        """Search the bytes of a column for those of an id."""
        super().__init__(column, literal(pupil_id.bytes, LargeBinary()))


@compiles(packs)
def _in_blob(element: packs, compiler: SQLCompiler, **kw: Any) -> str:
    column, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"instr({column}, {wanted}) % 16 = 1"


@compiles(packs, "postgresql")
def _in_bytea(element: packs, compiler: SQLCompiler, **kw: Any) -> str:
    column, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"position({wanted} in {column}) % 16 = 1"


@dataclass(frozen=True, eq=False)
class About:
    """One table that refers to pupils.

    `how` says it in words; `columns` are those that name the pupil in the row itself (none if a parent does);
    `shared` says that one row may be about several pupils; `lists` that the column is a list of ids.
    """

    table: Table
    how: str
    columns: tuple[Column[Any], ...] = ()
    parents: tuple[tuple[ForeignKeyConstraint, "About"], ...] = ()
    records: tuple["About", ...] = ()
    shared: bool = False

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def lists(self) -> bool:
        """Whether the row itself holds a list of pupils."""
        return any(isinstance(column.type, Ids) for column in self.columns)

    def holds(self, pupil_id: UUID) -> ColumnElement[bool]:
        """Return the condition that a row of this table refers to one pupil."""
        ways = [_names(column, pupil_id) for column in self.columns]
        for key, parent in self.parents:
            joined = [child == parent.table.c[one.column.name] for child, one in _pairs(key)]
            ways.append(exists().where(*joined, parent.holds(pupil_id)))
        if self.records:
            ids = [select(one.table.c.id).where(one.holds(pupil_id)) for one in self.records]
            ways.append(self.table.c.resource_id.in_(union_all(*ids)))
        return or_(*ways)

    def select(self, pupil_id: UUID) -> Select[Any]:
        """Return the statement for the rows that refer to one pupil, all columns."""
        return select(self.table).where(self.holds(pupil_id))


def _names(column: Column[Any], pupil_id: UUID) -> ColumnElement[bool]:
    if isinstance(column.type, Ids):
        return and_(shares(column, select(literal(pupil_id, Uuid()))))
    if isinstance(column.type, LargeBinary):
        return and_(packs(column, pupil_id))
    return column == pupil_id


def _pairs(key: ForeignKeyConstraint) -> Iterable[tuple[Column[Any], Any]]:
    return ((one.parent, one) for one in key.elements)


def _leads_to_a_pupil(column: Column[Any], seen: frozenset[Column[Any]] = frozenset()) -> bool:
    """Whether a column is a pupil's id, by its foreign keys, however many tables they go through."""
    if column.table.name == PUPILS:
        return column.name == "id"
    return any(one.column not in seen and _leads_to_a_pupil(one.column, seen | {column}) for one in column.foreign_keys)


def _found_in_row(table: Table) -> About | None:
    """Return how the row itself names its pupil: by key, by the column's name, as a list, or packed."""
    if table.name == PUPILS:
        return About(table, "the pupil", (table.c.id,))
    keyed = tuple(column for column in table.columns if _leads_to_a_pupil(column))
    named = tuple(
        column for column in table.columns
        if column not in keyed and f"_{column.name}".endswith((f"_{PUPIL}", f"_{PUPIL}s"))
    )  # fmt: skip
    if not keyed and not named:
        return None
    several = any(isinstance(column.type, Ids | LargeBinary) for column in named)
    hows = ["foreign key"] * bool(keyed) + [f"column {column.name}" for column in named]
    return About(table, ", ".join(hows), keyed + named, shared=several or len(keyed + named) > 1)


def _found_by_parent(table: Table, found: dict[str, About]) -> About | None:
    """Return that a row belongs to a row about a pupil."""
    parents = tuple(
        (key, found[key.referred_table.name])
        for key in sorted(table.foreign_key_constraints, key=lambda one: str(one.name))
        if key.referred_table.name in found
    )
    if not parents:
        return None
    hows = ", ".join(sorted({parent.name for _, parent in parents}))
    return About(table, f"through {hows}", parents=parents, shared=any(parent.shared for _, parent in parents))


def _names_any_record(table: Table) -> bool:
    """Whether a table names records of every kind by their id, as former values and kept keys do."""
    return "resource_id" in table.columns and not table.c.resource_id.foreign_keys


def walk(metadata: MetaData) -> list[About]:
    """Return every table of `metadata` that refers to pupils, each after those it leans on."""
    tables = metadata.sorted_tables
    found = {table.name: about for table in tables if (about := _found_in_row(table))}
    while more := {
        table.name: about for table in tables if table.name not in found and (about := _found_by_parent(table, found))
    }:
        found |= more
    walked = [found[table.name] for table in tables if table.name in found]
    with_ids = tuple(
        about for about in walked
        if "id" in about.table.c and isinstance(about.table.c.id.type, Uuid)
        and not any(isinstance(column.type, LargeBinary) for column in about.columns)
    )  # fmt: skip
    rest = (table for table in tables if table.name not in found and _names_any_record(table))
    return [
        *walked,
        *(About(table, "resource_id of any record", records=with_ids, shared=True) for table in rest),
    ]


def tables_about_a_pupil() -> list[About]:
    """Return every table of this software that refers to pupils, each after those it leans on."""
    return walk(SQLModel.metadata)
