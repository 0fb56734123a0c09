"""SQLite changes a constraint only by copying the whole table: its triggers and the views are put by meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op


@contextmanager
def triggers_put_by() -> Iterator[None]:
    """Take every trigger and view of a SQLite database down for the block, and put them back as they were after it.

    PostgreSQL needs none of it, and nothing happens there.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        yield
        return
    kept = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type DESC, rowid"
    ).all()
    for kind, name, _ in kept:
        if kind == "trigger":
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for kind, name, _ in kept:
        if kind == "view":
            connection.exec_driver_sql(f'DROP VIEW "{name}"')
    yield
    for _, _, made in kept:
        connection.exec_driver_sql(made)
