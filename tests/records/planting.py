"""Plants a row about a pupil into any table of the schema walk, also into one that nobody had thought of yet."""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Table,
    Time,
    Uuid,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from iap_api.core.errors import Problem
from iap_api.core.tables import Codes, Ids, Numbers, UtcDateTime, new_id
from iap_api.records.walk import About, tables_about_a_pupil
from tests.world import World

_CHOICES = re.compile(r"^(\w+) IN \('(\w+)'")
_ABOUT = {about.name: about for about in tables_about_a_pupil()}


def _choices(table: Table) -> dict[str, str]:
    found = (_CHOICES.match(str(one.sqltext)) for one in table.constraints if isinstance(one, CheckConstraint))
    return {one[1]: one[2] for one in found if one}


def _value(column: Column[Any], school_id: UUID, pupil_id: UUID, choices: dict[str, str]) -> Any:
    if column.name == "school_id":
        return school_id
    if column.name.endswith("pupil_id"):
        return pupil_id
    kind = column.type
    known: list[tuple[type, Any]] = [
        (Ids, [pupil_id] if column.name.endswith("pupil_ids") else []), (Codes, ["planted"]), (JSON, []),
        (Numbers, [1]), (Time, time(9)),
        (UtcDateTime, datetime.now(UTC)), (Date, date(2026, 11, 20)), (Boolean, False), (Integer, 1),
        (LargeBinary, b"planted"), (Uuid, new_id()),
    ]  # fmt: skip
    for sort, value in known:
        if isinstance(kind, sort):
            return value
    return choices.get(column.name, f"planted {column.table.name} {column.name}")


async def _parent(session: Any, key: ForeignKeyConstraint, school_id: UUID, pupil_id: UUID) -> dict[str, Any]:
    """The columns of a key, filled in from a row that is there: the pupil's own, if its table is about pupils."""
    table = key.referred_table
    wanted = select(table)
    if table.name in _ABOUT:
        wanted = wanted.where(_ABOUT[table.name].holds(pupil_id))
    if "school_id" in table.columns:
        wanted = wanted.where(table.c.school_id == school_id)
    row = (await session.execute(wanted.limit(1))).mappings().first()
    found = {one.parent.name: row[one.column.name] for one in key.elements} if row else {}
    return {name: value for name, value in found.items() if name not in ("school_id", "pupil_id")}


async def plant(world: World, about: About, school_id: UUID, pupil_id: UUID) -> None:
    """Put one row about the pupil into a table: with everything it can hold, or else with what it must."""
    table = about.table
    for everything in (True, False):
        try:
            async with world.app.state.database.transaction() as session:
                choices = _choices(table)
                filled = [one for one in table.columns if everything or not one.nullable]
                row = {one.name: _value(one, school_id, pupil_id, choices) for one in filled}
                for key in table.foreign_key_constraints:
                    row |= await _parent(session, key, school_id, pupil_id)
                await session.execute(insert(table).values({name: row[name] for name in row if name in table.c}))
            return
        except (IntegrityError, Problem) as error:
            if not everything:
                raise AssertionError(f"plant a row about a pupil into {table.name} by hand") from error
