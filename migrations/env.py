"""Runs the migrations on PostgreSQL or SQLite, with the owner's URL."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, String, event, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from iap_api import every_table  # noqa: F401 - fills the metadata
from iap_api.core.database import async_url

target = SQLModel.metadata


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    # indexes and constraints that rules add by hand live in the migrations alone
    return not (reflected and kind == "index" and str(name).startswith(("presences_", "booking_takings_", "bookings_")))


def _written(kind: str, thing: Any, autogen: Any) -> str | bool:
    if kind == "type" and isinstance(thing, AutoString):
        return "sa.Text()"
    if kind == "type" and type(thing).__module__ == "iap_api.core.tables":
        autogen.imports.add("from iap_api.core import tables")
        return f"tables.{type(thing).__name__}()"
    return False


def _differs(_context: Any, _found: Any, _meant: Any, found: Any, meant: Any) -> bool | None:
    # both are text: an AutoString is how a table says so
    return False if isinstance(meant, AutoString) and isinstance(found, String) else None


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target,
        include_object=_is_ours,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=_differs,
        render_item=_written,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
            # row security is forced on the owner too, and a migration changes the rows of every school
            connection.exec_driver_sql("SET LOCAL iap.fence = 'system'")
        context.run_migrations()


async def _connect() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get("IAP_MIGRATION_DATABASE_URL", "")
    engine = create_async_engine(async_url(url), poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_connect())
