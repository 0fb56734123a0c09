"""Counting in a statement: in how many of its rows something was so."""

from typing import Any

from sqlalchemy import and_, case, func


def times(*conditions: Any) -> Any:
    """Return the number of rows for which all the conditions hold; 0 where there are no rows."""
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)
