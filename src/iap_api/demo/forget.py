"""Forgets what was typed into the demo, and nothing that is not the demo's."""

from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from iap_api.core.database import async_url
from iap_api.core.settings import Settings

OURS = ("%@demo.iap.example", "%@large.iap.example")


class NotTheDemo(RuntimeError):
    """The database holds something else than the demo or a large made-up world, so it is not emptied."""


async def forget(settings: Settings) -> None:
    """Empty the database of the demo, or of a large made-up world.

    Raises `NotTheDemo` for any other that has tables.
    """
    url = make_url(settings.migration_database_url)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        return
    engine = create_async_engine(async_url(settings.migration_database_url))
    try:
        async with engine.begin() as connection:
            if not await connection.run_sync(_may_go):
                raise NotTheDemo("This database holds more than the demo, so it was not emptied: see IAP_DATABASE_URL.")
            if file is None:
                await connection.execute(text("DROP SCHEMA public CASCADE"))
                await connection.execute(text("CREATE SCHEMA public"))
    finally:
        await engine.dispose()
    if file is not None:
        _remove(file)


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _may_go(connection: Connection) -> bool:
    tables = set(inspect(connection).get_table_names())
    if not tables - {"alembic_version"}:
        return True
    if not {"alembic_version", "trusts", "accounts"} <= tables:
        return False
    if not connection.execute(text("SELECT count(*) FROM trusts")).scalar_one():
        return True
    ours = text("SELECT count(*) FROM accounts WHERE username LIKE :demo OR username LIKE :large")
    return bool(connection.execute(ours, dict(zip(("demo", "large"), OURS, strict=True))).scalar_one())
