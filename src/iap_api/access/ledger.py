"""The ledger: who read or changed what about which pupil, written unnumbered and sealed into one chain per school."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert
from sqlalchemy.ext.asyncio import AsyncSession

from iap_api.access.tables import LedgerEntry
from iap_api.core import clock
from iap_api.core.database import Database
from iap_api.core.errors import Unavailable
from iap_api.core.tables import new_id
from iap_api.core.transactions import Prepared, Transaction

_INSERT = insert(LedgerEntry)
_MEMBERS = (
    "id", "school_id", "at", "account_id", "kind", "resource", "resource_id", "pupil_ids", "fields", "permission",
    "request_id",
)  # fmt: skip
_PREPARED = Prepared(_INSERT.values({name: bindparam(name) for name in _MEMBERS}))


def entry(
    school_id: UUID,
    kind: str,
    resource: str,
    *,
    account_id: UUID | None,
    resource_id: UUID | None = None,
    pupil_ids: Iterable[UUID] = (),
    fields: Iterable[str] = (),
    permission: str = "",
    request_id: str = "",
) -> dict[str, Any]:
    """Return one unnumbered entry; `kind` is read, created, updated, ended or a dotted event."""
    return {
        "id": new_id(),
        "school_id": school_id,
        "at": clock.now(),
        "account_id": account_id,
        "kind": kind,
        "resource": resource,
        "resource_id": resource_id,
        "pupil_ids": b"".join(pupil_id.bytes for pupil_id in pupil_ids),
        "fields": ",".join(sorted(fields)),
        "permission": permission,
        "request_id": request_id,
    }


def pupils_of(packed: bytes) -> list[UUID]:
    """Return the pupil ids that an entry packs (16 bytes each)."""
    return [UUID(bytes=packed[start : start + 16]) for start in range(0, len(packed), 16)]


async def write(session: AsyncSession, entries: Sequence[dict[str, Any]]) -> None:
    """Write entries in the caller's own transaction, as its last statement."""
    connection = await session.connection()
    await connection.execute(_INSERT, list(entries) if len(entries) > 1 else entries[0])


async def note(transaction: Transaction, entries: Sequence[dict[str, Any]]) -> None:
    """Write entries in a request's transaction, as its last statement."""
    await transaction.write_many(_PREPARED, entries)


class ReadLedger:
    """Commits the entries of reads that go on at the same time together, before any of their answers leaves."""

    def __init__(self, database: Database) -> None:
        """Stand before one database."""
        self._database = database
        self._waiting: list[tuple[Sequence[dict[str, Any]], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, entries: Sequence[dict[str, Any]]) -> None:
        """Return once the entries are committed; raises `Unavailable` if they could not be (no entry, no answer)."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._commit_all())
        await done

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with self._database.work(one_statement=True) as transaction:
                    await note(transaction, [one for entries, _ in batch for one in entries])
            except BaseException as error:
                # cancelled at shutdown too: whoever waits must be told, or waits for ever
                for _, done in batch:
                    if not done.done():
                        done.set_exception(Unavailable("The access record could not be written. Nothing was shown."))
                if not isinstance(error, Exception):
                    raise
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
