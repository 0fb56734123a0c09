"""The sealer: numbers and chains, per school, the ledger entries that have committed, and tells listeners."""

import asyncio
import hashlib
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.quarters import Quarters
from iap_api.access.tables import LedgerEntry, LedgerHead
from iap_api.core.database import Database
from iap_api.core.log import log
from iap_api.core.transactions import Prepared, Transaction

EVERY_SECONDS = 0.05
AT_ONCE = 2000
FIRST = hashlib.sha256(b"iap ledger").digest()
_ELECT = Prepared(select(func.pg_try_advisory_xact_lock(7102026)))


class Unsealed(NamedTuple):
    """One entry as `link` reads it."""

    id: UUID
    school_id: UUID
    at: datetime
    account_id: UUID | None
    kind: str
    resource: str
    resource_id: UUID | None
    pupil_ids: bytes
    fields: str
    permission: str
    request_id: str


_UNSEALED = Prepared(
    select(*(getattr(LedgerEntry, name) for name in Unsealed._fields))
    .where(LedgerEntry.number.is_(None))  # type: ignore[union-attr]
    .order_by(LedgerEntry.id)  # type: ignore[arg-type]
    .limit(AT_ONCE)
)
_HEADS = Prepared(select(LedgerHead.school_id, LedgerHead.number, LedgerHead.digest))  # type: ignore[call-overload]
_SEAL = {
    "sqlite": Prepared(
        update(LedgerEntry)
        .where(LedgerEntry.id == bindparam("entry_id", type_=Uuid()))  # type: ignore[arg-type]
        .values(number=bindparam("next_number"), digest=bindparam("next_digest"))
    ),
    # one statement for the whole turn: a statement for each entry costs the database three times as much
    "postgresql": Prepared(
        text(
            "UPDATE ledger_entries e SET number = s.number, digest = s.digest"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:digests AS bytea[]))"
            " AS s(id, number, digest)"
            " WHERE e.id = s.id"
        )
    ),
}
_MOVE_HEAD = Prepared(
    text(
        "INSERT INTO ledger_heads (school_id, number, digest) VALUES (:school_id, :number, :digest)"
        " ON CONFLICT (school_id) DO UPDATE SET number = excluded.number, digest = excluded.digest"
    ).bindparams(bindparam("school_id", type_=Uuid()))
)
_TELL = Prepared(select(func.pg_notify("iap_ledger", "")))


def link(previous: bytes, number: int, entry: Unsealed | LedgerEntry) -> bytes:
    """Return the digest that chains an entry to the one before it: SHA-256 over both, members in a fixed order."""
    said = [
        number,
        entry.id.hex,
        entry.school_id.hex,
        entry.at.isoformat(timespec="microseconds"),
        entry.account_id.hex if entry.account_id else None,
        entry.kind,
        entry.resource,
        entry.resource_id.hex if entry.resource_id else None,
        entry.pupil_ids.hex(),
        entry.fields,
        entry.permission,
        entry.request_id,
    ]
    return hashlib.sha256(previous + msgspec.json.encode(said)).digest()


async def seal(transaction: Transaction, dialect: str, quarters: Quarters | None = None) -> int:
    """Number and chain what has committed; return how many entries were sealed (0 if another sealer is at work).

    `quarters` remembers, from turn to turn, which pupils are noted already.
    """
    if dialect == "postgresql" and not (await transaction.rows(_ELECT, {}))[0][0]:
        return 0
    entries = [Unsealed._make(row) for row in await transaction.rows(_UNSEALED, {})]
    if not entries:
        return 0
    heads = {row[0]: (row[1], row[2]) for row in await transaction.rows(_HEADS, {})}
    sealed: list[tuple[UUID, int, bytes]] = []
    for entry in entries:
        number, digest = heads.get(entry.school_id, (0, FIRST))
        number, digest = number + 1, link(digest, number + 1, entry)
        heads[entry.school_id] = number, digest
        sealed.append((entry.id, number, digest))
    if dialect == "postgresql":
        ids, numbers, digests = (list(column) for column in zip(*sealed, strict=True))
        await transaction.rows(_SEAL[dialect], {"ids": ids, "numbers": numbers, "digests": digests})
    else:
        names = ("entry_id", "next_number", "next_digest")
        await transaction.write_many(_SEAL[dialect], [dict(zip(names, one, strict=True)) for one in sealed])
    moved = {entry.school_id for entry in entries}
    await transaction.write_many(
        _MOVE_HEAD, [{"school_id": one, "number": heads[one][0], "digest": heads[one][1]} for one in moved]
    )
    await (quarters or Quarters()).note(transaction, dialect, entries)
    if dialect == "postgresql":
        await transaction.rows(_TELL, {})
    return len(sealed)


async def first_broken_link(session: AsyncSession, school_id: UUID) -> int | None:
    """Walk one school's chain and return the number of the first entry that does not fit, or None.

    A missing tail is found too: the head must be the last entry.
    """
    previous, number = FIRST, 0
    rows = await session.stream_scalars(
        select(LedgerEntry)
        .where(LedgerEntry.school_id == school_id, LedgerEntry.number.is_not(None))  # type: ignore[arg-type,union-attr]
        .order_by(LedgerEntry.number)  # type: ignore[arg-type]
        .execution_options(yield_per=1000)
    )
    async for entry in rows:
        number += 1
        if entry.number != number or entry.digest != link(previous, number, entry):
            return number
        previous = entry.digest
    head = await session.get(LedgerHead, school_id)
    if head is None:
        return 1 if number else None
    return None if (head.number, head.digest) == (number, previous) else min(number, head.number) + 1


async def broken_links(database: Database) -> dict[UUID, tuple[int, int | None]]:
    """Return, for every chain, how many entries it has and the number of its first broken link (None: whole)."""
    found: dict[UUID, tuple[int, int | None]] = {}
    async with database.transaction(read_only=True) as session:
        sealed = select(col(LedgerEntry.school_id)).where(LedgerEntry.number.is_not(None)).distinct()  # type: ignore[union-attr]
        chains = set((await session.execute(sealed)).scalars())
        heads = {head.school_id: head for head in (await session.execute(select(LedgerHead))).scalars()}
        for school_id in sorted(chains | set(heads)):
            head = heads.get(school_id)
            found[school_id] = (head.number if head else 0, await first_broken_link(session, school_id))
    await database.close()
    return found


class Sealer:
    """Runs `seal` inside the server, about every 50 ms; of several servers one at a time does the work."""

    def __init__(self, database: Database) -> None:
        """Stand before one database."""
        self._database = database
        self._quarters = Quarters()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to seal in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop after the turn under way."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        wait = EVERY_SECONDS
        while True:
            await asyncio.sleep(wait)
            try:
                async with self._database.work() as transaction:
                    sealed = await seal(transaction, self._database.dialect, self._quarters)
                self._quarters.keep()
                wait = 0 if sealed == AT_ONCE else EVERY_SECONDS
            except Exception as error:  # noqa: BLE001 - the sealer outlives a database that is away
                self._quarters.forget()
                log.warning("sealing_failed", error=type(error).__name__)
                wait = 1.0
