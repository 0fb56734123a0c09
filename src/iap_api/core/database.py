"""The two engines of a database, one that may only read and one that writes, and the transaction every request is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from iap_api.core.errors import Unavailable
from iap_api.core.refusals import refusal
from iap_api.core.settings import Settings
from iap_api.core.transactions import Transaction

TRY_AGAIN = {"40P01", "40001", "55P03", "57P01", "57P02", "57P03", "53300", "08006", "08001", "08003", "57014", "25P03"}
# sqlite3 reports a file that is away and our own bad SQL by the same class
SQLITE_AWAY = ("database is locked", "database table is locked", "unable to open database file", "disk I/O error")
STATEMENT_LIMIT_MS = 10_000


def async_url(url: str) -> URL:
    """Return the URL with the asynchronous driver of its database; raises ValueError for any other database."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite")
    raise ValueError("the database must be PostgreSQL or SQLite")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sqlite_engine(url: URL, *, writes: bool, wait: float) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=16 if not writes else 4, max_overflow=0, pool_timeout=wait, json_serializer=_json
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        # what is erased is overwritten, not only unlinked
        cursor.execute("PRAGMA secure_delete=ON" if writes else "PRAGMA query_only=ON")
        cursor.close()

    # SQLAlchemy takes a failed COMMIT for the end of a transaction; SQLite keeps it open, and its lock with it
    @event.listens_for(engine.sync_engine, "reset")
    def _end(connection: Any, _record: Any, state: Any) -> None:
        if state.asyncio_safe and connection.driver_connection.in_transaction:
            connection.rollback()

    # a deferred transaction that reads and then writes fails as locked at once, whatever the time-out
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Database:
    """One database with its reading and its writing engine."""

    def __init__(self, settings: Settings) -> None:
        """Make the engines; nothing connects yet."""
        url = async_url(settings.database_url)
        self.dialect = url.get_backend_name()
        if self.dialect == "sqlite":
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            self.writing = _sqlite_engine(url, writes=True, wait=settings.pool_wait_seconds)
            self.reading = _sqlite_engine(url, writes=False, wait=settings.pool_wait_seconds)
        else:
            self.writing = create_async_engine(
                url,
                # we say BEGIN and COMMIT ourselves: one word to the driver instead of a session's machinery
                isolation_level="AUTOCOMMIT",
                pool_size=settings.pool_size,
                max_overflow=0,
                pool_timeout=settings.pool_wait_seconds,
                json_serializer=_json,
                json_deserializer=msgspec.json.decode,
                connect_args={
                    "server_settings": {
                        "application_name": "iap-api",
                        "statement_timeout": str(STATEMENT_LIMIT_MS),
                        "idle_in_transaction_session_timeout": "30000",
                        "timezone": "UTC",
                        "jit": "off",
                        # a page of a school's pupils would walk through the pupils of every school before it
                        "enable_mergejoin": "off",
                    }
                },
            )
            self.reading = self.writing

    async def close(self) -> None:
        """Let go of every connection."""
        await self.writing.dispose()
        await self.reading.dispose()

    async def begin(self, *, read_only: bool = False, one_statement: bool = False, system: bool = False) -> Transaction:
        """Return an open transaction; whoever asked commits or abandons it.

        Row security shows it nothing until the preamble has named the caller's schools; `system` opens it to all.
        `one_statement`: a single statement (or `write_many`) is to follow, which needs no BEGIN and no COMMIT.
        """
        begin = None
        if self.dialect == "postgresql":
            begin = "" if one_statement else "BEGIN READ ONLY" if read_only else "BEGIN"
            if system and begin:
                begin += "; SET LOCAL iap.fence = 'system'"
        try:
            return await Transaction.opened(self.reading if read_only else self.writing, begin)
        except BaseException as error:
            self.explain(error)
            raise

    @asynccontextmanager
    async def hearing(self, channel: str, heard: Callable[[], None]) -> AsyncIterator[Callable[[], bool]]:
        """PostgreSQL: listen on one connection, calling `heard` at every NOTIFY; yield whether it is still alive."""
        async with self.writing.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection

            def call(*_: Any) -> None:
                heard()

            await driver.add_listener(channel, call)
            try:
                yield lambda: not driver.is_closed()
            finally:
                if driver.is_closed():
                    await connection.invalidate()
                else:
                    await driver.remove_listener(channel, call)

    def explain(self, error: BaseException) -> None:
        """Raise the problem that an error stands for: a broken rule (`refusals`) or `Unavailable`; else do nothing."""
        if isinstance(error, DBAPIError):
            if (meant := translated(error)) is not error:
                raise meant from error
        # refused, timed out, or no such host (a plain OSError when a name has several addresses)
        elif isinstance(error, OSError | PoolTimeout):
            raise Unavailable() from error

    @asynccontextmanager
    async def work(self, *, read_only: bool = False, one_statement: bool = False) -> AsyncIterator[Transaction]:
        """Yield a transaction of the system's own, for every school; committed on leaving, rolled back on any error.

        Raises the problem a broken database rule stands for (`refusals`), and `Unavailable` for deadlocks,
        serialisation failures, busy locks, a full pool or an absent database.
        """
        transaction = await self.begin(read_only=read_only, one_statement=one_statement, system=True)
        try:
            yield transaction
            await transaction.commit()
        except BaseException as error:
            await transaction.abandon()
            self.explain(error)
            raise

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """Yield the ORM session of a transaction, committed on leaving and rolled back on any error, as `work` says."""
        async with self.work(read_only=read_only) as transaction:
            yield transaction.session


def translated(error: DBAPIError) -> Exception:
    """Return the problem a driver error stands for, or the error itself when it is our own mistake."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    if state in TRY_AGAIN or any(words in text for words in SQLITE_AWAY):
        return Unavailable()
    if known := refusal(error):
        return known
    # asyncpg calls a value it cannot send an InterfaceError too, and that is our own mistake
    if error.connection_invalidated or (isinstance(error, InterfaceError) and "closed" in text):
        return Unavailable()
    if state in {"53100", "53200"} or "disk is full" in text:
        return Unavailable("The database has no room left. Nothing was saved.")
    return error
