"""Two questions to rows of the toolbox: are they of a base within reach, and do they help with a zone."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, false, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from iap_api.access.reading import Visible
from iap_api.access.scope import among


@lru_cache(maxsize=64)
def _of_base(kinds: frozenset[str], school_id: Any, base_id: Any) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if "schools" in kinds:
        ways.append(among(school_id, "scope_schools"))
    if "bases" in kinds:
        ways.append(among(base_id, "scope_bases"))
    if "own" in kinds:
        ways.append(among(school_id, "scope_own_schools"))
    return or_(false(), *ways)


def of_base(school_id: Any, base_id: Any) -> Visible:
    """Return the filter for rows of a base (or of a whole school) that the caller may write.

    School reach: all of the school. Base reach: those of the base alone. Own: any base of the caller's schools, for
    whoever asks has checked the pupil already.
    """

    def visible(kinds: frozenset[str]) -> ColumnElement[bool]:
        return _of_base(kinds, school_id, base_id)

    return visible


class holds(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """The list of codes in `column` holds `value`: an array on PostgreSQL, a JSON list on SQLite."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, value: Any) -> None:
        """Compare the items of `column` with one parameter."""
        super().__init__(column, value)


@compiles(holds)
def _in_json(element: holds, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = element.clauses
    asked, codes = compiler.process(value, **kw), compiler.process(column, **kw)
    return f"{asked} IN (SELECT value FROM json_each({codes}))"  # noqa: S608 - parts compiled by SQLAlchemy


@compiles(holds, "postgresql")
def _in_array(element: holds, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = element.clauses
    return f"{compiler.process(value, **kw)} = ANY ({compiler.process(column, **kw)})"
