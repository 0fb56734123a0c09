"""One transaction: prepared statements straight to the driver, and an ORM session beside them for whoever asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

_POSTGRESQL = asyncpg_dialect()  # type: ignore[no-untyped-call]
_DRIVERS_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_ABSENT = object()


class Prepared:
    """A statement built and compiled once; its parameters are given by name.

    Compiling and wrapping the result for every request costs more than the rest of the request (docs/bench.md).
    """

    __slots__ = ("_defaults", "_names", "_readers", "_writers", "sql", "statement")

    def __init__(self, statement: Executable, single: frozenset[str] = frozenset()) -> None:
        """Compile for PostgreSQL; SQLite takes the statement as it is. `single` names lists that hold one id always."""
        self.statement = statement
        compiled: Any = statement.compile(dialect=_POSTGRESQL, compile_kwargs={"single": single})  # type: ignore[attr-defined]
        # a list given to in_() is written out for every call, which only SQLAlchemy can do: use `among`
        self.sql: str | None = None if "POSTCOMPILE" in compiled.string else compiled.string
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ()) if self.sql else ()
        self._defaults: tuple[Any, ...] = tuple(
            _ABSENT
            if compiled.binds[name].required or compiled.binds[name].value is None
            else compiled.binds[name].value
            for name in self._names
        )
        self._writers: tuple[Callable[[Any], Any] | None, ...] = tuple(
            compiled.binds[name].type.dialect_impl(_POSTGRESQL).bind_processor(_POSTGRESQL) for name in self._names
        )
        columns = getattr(statement, "selected_columns", ())
        self._readers = [
            (at, reader)
            for at, column in enumerate(columns)
            if (reader := column.type.dialect_impl(_POSTGRESQL).result_processor(_POSTGRESQL, None))
        ]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the statement's parameters; raises KeyError for one that is missing."""
        found = []
        for name, default, write in zip(self._names, self._defaults, self._writers, strict=True):
            value = given[name] if default is _ABSENT else given.get(name, default)
            found.append(write(value) if write else value)
        return found

    def read(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the driver's rows with the values our column types stand for."""
        if not self._readers:
            return rows
        whole = [list(row) for row in rows]
        for row in whole:
            for at, reader in self._readers:
                row[at] = reader(row[at])
        return whole


class Transaction:
    """What one request does with the database: all of it or nothing."""

    def __init__(self, connection: AsyncConnection, driver: Any, begin: str | None) -> None:
        """Made by `opened` alone."""
        self._connection = connection
        self._driver = driver
        self._begin = begin
        self._session: AsyncSession | None = None
        self._over = False

    @classmethod
    async def opened(cls, engine: AsyncEngine, begin: str | None) -> Self:
        """Take a connection and begin with the statement `begin`.

        None: SQLAlchemy begins by itself (SQLite). Empty: nothing begins, for a single statement is whole by itself.
        """
        connection = await engine.connect().start()
        held = connection.sync_connection
        if begin is None or held is None:
            return cls(connection, None, None)
        made = cls(connection, held.connection.driver_connection, begin)
        if begin:
            try:
                await made._say(begin)
            except BaseException:
                await made.abandon()
                raise
        return made

    @property
    def session(self) -> AsyncSession:
        """An ORM session on this transaction; nobody commits it."""
        if self._session is None:
            self._session = AsyncSession(self._connection, expire_on_commit=False, autoflush=False)
        return self._session

    async def rows(self, prepared: Prepared, given: Mapping[str, Any]) -> Sequence[Any]:
        """Run a prepared statement and return its rows (none for one that returns nothing).

        Raises sqlalchemy's DBAPIError, as the session does.
        """
        if self._driver is None or prepared.sql is None:
            result = await self._connection.execute(prepared.statement, given)
            return result.all() if result.returns_rows else ()
        try:
            return prepared.read(await self._driver.fetch(prepared.sql, *prepared.values(given)))
        except _DRIVERS_ERRORS as error:
            raise self._known(error) from error

    async def write_many(self, prepared: Prepared, many: Sequence[Mapping[str, Any]]) -> None:
        """Run a prepared statement for each of several rows in one round trip, all of them or none."""
        if self._driver is None or prepared.sql is None:
            await self._connection.execute(prepared.statement, list(many))
            return
        try:
            if len(many) == 1:
                await self._driver.fetch(prepared.sql, *prepared.values(many[0]))
            else:
                await self._driver.executemany(prepared.sql, [prepared.values(one) for one in many])
        except _DRIVERS_ERRORS as error:
            raise self._known(error) from error

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Undo what prepared statements write in the block, and no more, if it raises (a savepoint).

        For work past the session; what the session writes is undone by its own `begin_nested`.
        """
        if self._driver is None:
            async with self._connection.begin_nested():
                yield
            return
        await self._say("SAVEPOINT part")
        try:
            yield
        except BaseException:
            await self._say("ROLLBACK TO SAVEPOINT part")
            raise
        finally:
            await self._say("RELEASE SAVEPOINT part")

    async def flush(self) -> None:
        """Write what the session still holds."""
        if self._session is not None:
            await self._session.flush()

    async def commit(self) -> None:
        """Write what the session still holds, commit, and let the connection go."""
        await self.flush()
        if self._driver is None:
            # the session joined a transaction that the connection had begun, and leaves it to the connection
            if self._session is not None:
                await self._session.commit()
            await self._connection.commit()
        # a transaction that has failed answers COMMIT with ROLLBACK and no error
        elif self._begin and (said := await self._say("COMMIT")) != "COMMIT":
            raise RuntimeError(f"the database answered {said} to COMMIT")
        await self._release()

    async def start_again(self) -> None:
        """Give up everything so far and begin anew on the same connection."""
        if self._session is not None:
            await self._session.rollback()
        if self._driver is None:
            await self._connection.rollback()
        else:
            await self._say("ROLLBACK")
            await self._say(self._begin or "BEGIN")

    async def abandon(self) -> None:
        """Roll back and let the connection go, whatever happened; one that cannot roll back is thrown away."""
        if not self._over:
            self._over = True
            # a cancelled request must not leave its connection behind half rolled back
            await asyncio.shield(asyncio.ensure_future(self._give_up()))

    async def _give_up(self) -> None:
        try:
            if self._driver is not None and self._begin:
                await self._driver.execute("ROLLBACK", timeout=5)
        except (*_DRIVERS_ERRORS, OSError, TimeoutError):
            await self._connection.invalidate()
        await self._release()

    async def _release(self) -> None:
        self._over = True
        if self._session is not None:
            await self._session.close()
        await self._connection.close()

    async def _say(self, words: str) -> str:
        try:
            return str(await self._driver.execute(words))
        except _DRIVERS_ERRORS as error:
            raise self._known(error) from error

    def _known(self, error: Exception) -> DBAPIError:
        # a connection that broke in the middle of an answer leaves the driver itself astray
        lost = self._driver.is_closed() or isinstance(error, asyncpg.InternalClientError)
        return DBAPIError(None, None, error, connection_invalidated=lost)
