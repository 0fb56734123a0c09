"""Brings a database to the newest revision (or another one) with the owner's URL."""

import asyncio

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from iap_api.core.database import async_url
from iap_api.core.home import home


def configuration(url: str) -> Config:
    """Return Alembic's configuration for one database."""
    config = Config(str(home() / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Migrate down to `revision`."""
    command.downgrade(configuration(url), revision)


def let_in(owner_url: str, api_url: str) -> None:
    """Let the role that the API connects as use the tables, which it does not own (PostgreSQL; else nothing).

    The role must exist. Nothing happens when both URLs name one role.
    """
    role = make_url(api_url).username
    if not owner_url.startswith("postgres") or not role or role == make_url(owner_url).username:
        return
    asyncio.run(_grant(owner_url, role))


async def _grant(owner_url: str, role: str) -> None:
    engine = create_async_engine(async_url(owner_url))
    named = engine.dialect.identifier_preparer.quote(role)
    try:
        async with engine.begin() as connection:
            for statement in (
                f"GRANT USAGE ON SCHEMA public TO {named}",
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {named}",
                f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {named}",
                f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {named}",
            ):
                await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()
