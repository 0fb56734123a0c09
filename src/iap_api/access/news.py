"""Wakes whoever waits, in this process, when something other than reading was sealed into a chain they watch.

On PostgreSQL one connection a process listens to the sealer's NOTIFY while anybody waits, whichever process seals; on
SQLite the sealed heads are looked at once a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.tables import LedgerEntry, LedgerHead
from iap_api.core.database import Database
from iap_api.core.errors import Unavailable
from iap_api.core.log import log
from iap_api.core.transactions import Prepared

CHANNEL = "iap_ledger"
# at most one look, and one question whether to stop, in this time
STEP_SECONDS = 0.25
# PostgreSQL: in case a notice was lost with its connection
LOOK_ANYWAY_SECONDS = {"postgresql": 5.0, "sqlite": 1.0}
_HEADS = Prepared(select(col(LedgerHead.school_id), col(LedgerHead.number)))
_CHANGED = Prepared(
    select(col(LedgerEntry.number))
    .where(
        col(LedgerEntry.school_id) == bindparam("chain", type_=Uuid()),
        col(LedgerEntry.number) > bindparam("after"),
        col(LedgerEntry.kind) != "read",
    )
    .limit(1)
)


@dataclass(eq=False)
class _Watch:
    chains: frozenset[UUID]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class News:
    """The one who listens for a whole process."""

    def __init__(self, database: Database) -> None:
        """Stand before one database; nobody listens yet."""
        self._database = database
        self._stopping: Callable[[], bool] = lambda: False
        self._watching: set[_Watch] = set()
        self._heads: dict[UUID, int] = {}
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self.over = False

    def start(self, stopping: Callable[[], bool]) -> None:
        """Take the question whether the server was told to stop."""
        self._stopping, self.over = stopping, False

    async def stop(self) -> None:
        """Wake everybody for the last time and let go of the connection."""
        self._end()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def watch(self, chains: Iterable[UUID]) -> AsyncIterator[asyncio.Event]:
        """Yield the event that is set whenever one of these chains has grown; whoever waits clears it again.

        Raises `Unavailable` when the database cannot be asked where the chains stand now.
        """
        one = _Watch(frozenset(chains))
        async with self._starting:
            if self._task is None or self._task.done():
                await self._look()
                self._watching.add(one)
                self._task = asyncio.create_task(self._run())
            self._watching.add(one)
        try:
            yield one.woken
        finally:
            self._watching.discard(one)

    def _end(self) -> None:
        self.over = True
        for one in self._watching:
            one.woken.set()

    async def _run(self) -> None:
        while self._watching and not self.over:
            try:
                if self._database.dialect == "postgresql":
                    async with self._database.hearing(CHANNEL, self._heard.set) as alive:
                        await self._follow(alive)
                else:
                    await self._follow(lambda: True)
            except Exception as error:  # noqa: BLE001 - whoever waits outlives a database that is away
                log.warning("news_failed", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _follow(self, alive: Callable[[], bool]) -> None:
        looked, longest = 0.0, LOOK_ANYWAY_SECONDS[self._database.dialect]
        while self._watching and not self.over:
            await asyncio.sleep(STEP_SECONDS)
            if self._stopping():
                self._end()
            elif not alive():
                raise Unavailable()
            elif self._heard.is_set() or monotonic() - looked >= longest:
                self._heard.clear()
                looked = monotonic()
                await self._look()

    async def _look(self) -> None:
        watched = {chain for one in self._watching for chain in one.chains}
        grown: set[UUID] = set()
        async with self._database.work(read_only=True) as transaction:
            heads = {row[0]: row[1] for row in await transaction.rows(_HEADS, {})}
            for chain in watched & heads.keys():
                before = self._heads.get(chain, 0)
                if heads[chain] != before and await transaction.rows(_CHANGED, {"chain": chain, "after": before}):
                    grown.add(chain)
        self._heads = heads
        for one in self._watching:
            if one.chains & grown:
                one.woken.set()
