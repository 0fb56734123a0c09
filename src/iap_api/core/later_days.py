"""A day so many days after another, in the words of each database."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class days_after(FunctionElement[date]):  # noqa: N801 - reads as a function
    """The day that lies as many days after `day` as the number bound to `name` says."""

    inherit_cache = True
    type = Date()

    def __init__(self, day: Any, name: str) -> None:
        """Count on from the column `day`."""
        super().__init__(day, bindparam(name, type_=Integer()))


@compiles(days_after)
def _of_text(element: days_after, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"date({day}, '+' || {count} || ' days')"


@compiles(days_after, "postgresql")
def _of_days(element: days_after, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"({day} + {count})"
