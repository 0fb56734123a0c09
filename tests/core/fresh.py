"""An application and a database of their own, for tests that break them, fill them or forge what is in them."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from iap_api.core.database import Database, async_url
from iap_api.core.gate import Gate
from iap_api.core.settings import Settings
from iap_api.main import build
from iap_api.schools.code_sets import load
from tests import world as worlds
from tests.conftest import migrate, settings_for

_migrated: dict[str, str] = {}


async def by_hand(url: str, *statements: str) -> list[Any]:
    """Run SQL as somebody with the database's password would, past the application; returns the last rows."""
    engine = create_async_engine(async_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    rows: list[Any] = []
    async with engine.connect() as connection:
        for statement in statements:
            result = await connection.exec_driver_sql(statement)
            rows = list(result) if result.returns_rows else []
    await engine.dispose()
    return rows


@contextlib.asynccontextmanager
async def own_database(like: str, folder: Path, *, migrated: bool = True) -> AsyncIterator[str]:
    """Yield the URL of a fresh database of the same kind; the migrations run once, then it is copied."""
    if like.startswith("sqlite"):
        file = folder / f"own-{uuid4().hex}.sqlite3"
        if migrated:
            shutil.copy(await _template(like, folder), file)
        yield f"sqlite:///{file}"
        return
    name = f"own_{uuid4().hex}"
    made_from = f" TEMPLATE {await _template(like, folder)}" if migrated else ""
    await by_hand(like, f"CREATE DATABASE {name}{made_from}")
    try:
        yield make_url(like).set(database=name).render_as_string(hide_password=False)
    finally:
        await by_hand(like, f"DROP DATABASE {name} WITH (FORCE)")


def as_owner(like: str, database: Database) -> str:
    """The URL of a database for its owner, who is no other than the API's role on SQLite."""
    url = database.writing.url
    owner = url if database.dialect == "sqlite" else make_url(like).set(database=url.database)
    return owner.render_as_string(hide_password=False)


@contextlib.asynccontextmanager
async def opened_by_owner(app: FastAPI) -> AsyncIterator[Database]:
    """Yield the application's database with the rights of the owner, whom no grant keeps from anything."""
    settings = app.state.settings
    database = Database(settings.model_copy(update={"database_url": settings.migration_database_url}))
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def opened(like: str, folder: Path, **chosen: Any) -> AsyncIterator[Database]:
    """Yield a database of its own without an application, and so without a sealer."""
    async with own_database(like, folder) as url:
        database = Database(settings_with(url, folder, **chosen))
        try:
            yield database
        finally:
            await database.close()


async def _template(like: str, folder: Path) -> str:
    kind = make_url(like).get_backend_name()
    if kind not in _migrated:
        if kind == "sqlite":
            made = str(folder / "template.sqlite3")
            await asyncio.to_thread(migrate, f"sqlite:///{made}")
        else:
            made = f"template_{uuid4().hex}"
            await by_hand(like, f"CREATE DATABASE {made}")
            await asyncio.to_thread(migrate, make_url(like).set(database=made).render_as_string(hide_password=False))
        _migrated[kind] = made
    return _migrated[kind]


def settings_with(url: str, folder: Path, **chosen: Any) -> Settings:
    """The settings of the tests with a few of them chosen otherwise."""
    return settings_for(url, folder).model_copy(update=chosen)


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Yield the application, running, and a client of it."""
    app = build(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(Gate(app, settings), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://iap.test") as client:
            yield app, client


@contextlib.asynccontextmanager
async def own_world(like: str, folder: Path, **chosen: Any) -> AsyncIterator[tuple[worlds.World, str]]:
    """Yield a world in a database of its own, and that database's URL."""
    async with (
        own_database(like, folder) as url,
        running(settings_with(url, folder, **chosen)) as (app, client),
    ):
        async with app.state.database.transaction() as session:
            await load(session)
        yield await worlds.build(app, client), url
