"""The board of a base as server-sent events: the caller's right is asked again before every one of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from iap_api.access import ledger
from iap_api.access.caller import Caller, entered
from iap_api.access.policy import Permission
from iap_api.access.scope import scope_of
from iap_api.core import clock
from iap_api.core.errors import Unavailable
from iap_api.spaces.boards.board import Board, compose

HEARTBEAT = timedelta(seconds=15)
# time passes too: a pupil who was elsewhere is nowhere when that booking ends
LOOK_ANYWAY = timedelta(minutes=1)
# however much happens, a screen is drawn no oftener than this
CALM_SECONDS = 0.5


@dataclass(frozen=True)
class Listener:
    """Who listens to which board: what is left of the request once its transaction is over."""

    app: Any
    account_id: UUID
    account_kind: str
    sign_in_id: UUID
    request_id: str
    base_id: UUID
    # where it is told that somebody may do less than before, or that something happened in the base
    chains: frozenset[UUID]

    @classmethod
    def of(cls, caller: Caller, base_id: UUID, school_id: UUID) -> "Listener":
        """Take what is needed from the caller of the request that opened the stream."""
        held = {place for one in caller.held for place in (one.school_id, one.trust_id) if place}
        return cls(
            caller.request.app.state, caller.account_id, caller.account_kind, caller.sign_in_id, caller.request_id,
            base_id, frozenset({school_id, caller.place_id, *held}),
        )  # fmt: skip

    async def look(self) -> Board | None:
        """Return the board as this caller may see it now, or None if they no longer may; no connection is kept."""
        database = self.app.database
        transaction = await database.begin(read_only=True)
        try:
            state = await entered(transaction, database.dialect, self.account_kind, self.account_id, self.sign_in_id)
            scope = scope_of(Permission.board_read, state.held, self.account_id) if state else None
            if scope is None:
                return None
            return await compose(transaction.rows, database.dialect, scope, self.base_id, clock.now())
        except Exception as error:
            database.explain(error)
            raise
        finally:
            await transaction.abandon()

    async def tell(self, board: Board) -> None:
        """Commit the entry of pupils not shown before by this opening; raises `Unavailable`: then show nothing."""
        opening = (self.sign_in_id, self.base_id)
        if new := self.app.openings.new(opening, board.pupil_ids):
            entry = ledger.entry(
                board.school_id, "read", "board", account_id=self.account_id, resource_id=self.base_id, pupil_ids=new,
                permission=Permission.board_read.name, request_id=self.request_id,
            )  # fmt: skip
            await self.app.read_ledger.write([entry])
            self.app.openings.remember(opening, new)

    async def events(self, seconds: int) -> AsyncIterator[bytes]:
        """Yield the board whenever it differs from the one before, and a comment when nothing happens for a while.

        It ends with an event `end` that says why: `time`, `stopping`, `not_allowed` or `unavailable`.
        """
        until = clock.now() + timedelta(seconds=seconds)
        news = self.app.news
        yield b"retry: 2000\n\n"
        try:
            async with news.watch(self.chains) as woken:
                last = ""
                while True:
                    woken.clear()
                    board = await self.look()
                    if board is None:
                        yield _end("not_allowed")
                        return
                    if board.tag != last:
                        await self.tell(board)
                        last = board.tag
                        yield b"event: board\nid: " + last.strip('"').encode() + b"\ndata: " + board.shown + b"\n\n"
                    again = min(board.changes_at, clock.now() + LOOK_ANYWAY, until)
                    while not woken.is_set() and clock.now() < again:
                        if not await _within(woken, min(again - clock.now(), HEARTBEAT)) and clock.now() < again:
                            yield b": still here\n\n"
                    if news.over or clock.now() >= until:
                        yield _end("stopping" if news.over else "time")
                        return
                    await asyncio.sleep(CALM_SECONDS)
        except Unavailable:
            yield _end("unavailable")


async def _within(woken: asyncio.Event, wait: timedelta) -> bool:
    try:
        await asyncio.wait_for(woken.wait(), max(0.0, wait.total_seconds()))
    except TimeoutError:
        return False
    return True


def _end(why: str) -> bytes:
    return f'event: end\ndata: {{"why":"{why}"}}\n\n'.encode()
