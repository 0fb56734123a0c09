"""How new rows are written without the ORM: one prepared INSERT a table, with the defaults its class declares."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import insert, text

from iap_api.core.tables import Record
from iap_api.core.transactions import Prepared


@lru_cache(maxsize=64)
def insertion(table: type[Record]) -> tuple[Prepared, dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Return the INSERT of a table, its constant defaults and the makers of the others."""
    prepared = Prepared(insert(table))
    fields = table.model_fields.items()
    fixed = {name: info.default for name, info in fields if not info.is_required() and info.default_factory is None}
    made = [
        (name, cast(Callable[[], Any], info.default_factory))
        for name, info in fields
        if info.default_factory is not None
    ]
    return prepared, fixed, made


@lru_cache(maxsize=8)
def insertion_at_once(table: type[Record]) -> Prepared:
    """Return PostgreSQL's INSERT of many whole rows: rules that look at a statement look once, not for every row."""
    name = table.__tablename__
    return Prepared(
        text(f"INSERT INTO {name} SELECT * FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb))")  # noqa: S608 - our own table's name
    )
