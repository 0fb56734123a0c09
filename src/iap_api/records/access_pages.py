"""Reads the sealed ledger by pupil, account and time, in the order of time, one page at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, LargeBinary, String, Uuid, and_, bindparam, select, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from iap_api.access.scope import among
from iap_api.access.tables import Account, LedgerEntry, LedgerQuarter
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared, Transaction


class Entry(NamedTuple):
    """One sealed entry, with the name of the account."""

    id: UUID
    school_id: UUID
    number: int
    at: datetime
    account_id: UUID | None
    kind: str
    resource: str
    resource_id: UUID | None
    pupil_ids: bytes
    fields: str
    permission: str
    request_id: str
    account_name: str | None


class After(NamedTuple):
    """The entry that a page follows."""

    at: datetime
    id: UUID


class named_in(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """The packed list of pupils holds the 16 bytes bound to `pupil_bytes`."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, packed: Any) -> None:
        """Look into the column `packed`."""
        super().__init__(packed, bindparam("pupil_bytes", type_=LargeBinary()))


@compiles(named_in)
def _instr(element: named_in, compiler: SQLCompiler, **kw: Any) -> str:
    packed, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"instr({packed}, {wanted}) > 0"


@compiles(named_in, "postgresql")
def _position(element: named_in, compiler: SQLCompiler, **kw: Any) -> str:
    packed, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"position({wanted} IN {packed}) > 0"


_ENTRY = (*(getattr(LedgerEntry, name) for name in Entry._fields[:-1]), col(Account.name).label("account_name"))
_FILTERS: dict[str, ColumnElement[bool]] = {
    "account_id": col(LedgerEntry.account_id) == bindparam("account_id", type_=Uuid()),
    "from_at": col(LedgerEntry.at) >= bindparam("from_at", type_=UtcDateTime()),
    "until_at": col(LedgerEntry.at) < bindparam("until_at", type_=UtcDateTime()),
    "kind": col(LedgerEntry.kind) == bindparam("kind", type_=String()),
    "resource": col(LedgerEntry.resource) == bindparam("resource", type_=String()),
}
_AFTER = tuple_(col(LedgerEntry.at), col(LedgerEntry.id)) > tuple_(
    bindparam("after_at", type_=UtcDateTime()), bindparam("after_id", type_=Uuid())
)


@lru_cache(maxsize=256)
def _page(filters: frozenset[str], following: bool, one_chain: bool) -> Prepared:
    entry, quarter = LedgerEntry, LedgerQuarter
    wanted = select(*_ENTRY).outerjoin(Account, col(Account.id) == col(entry.account_id))
    order: list[Any] = [col(entry.at), col(entry.id)]
    if "pupil_id" in filters:
        # the quarters of an hour in their order, then the entries of each: nothing else is looked at
        wanted = wanted.join(
            quarter,
            and_(
                col(quarter.pupil_id) == bindparam("pupil_id", type_=Uuid()),
                col(quarter.school_id) == col(entry.school_id),
                col(quarter.from_at) <= col(entry.at),
                col(quarter.until_at) > col(entry.at),
            ),
        ).where(named_in(col(entry.pupil_ids)), among(quarter.school_id, "chains"))
        order.insert(0, col(quarter.from_at))
        for name, bound in (("from_at", "from_at"), ("after_at", "after_at")):
            if name in filters or (following and name == "after_at"):
                wanted = wanted.where(col(quarter.until_at) > bindparam(bound, type_=UtcDateTime()))
        if "until_at" in filters:
            wanted = wanted.where(col(quarter.from_at) < bindparam("until_at", type_=UtcDateTime()))
    else:
        wanted = wanted.where(among(entry.school_id, "chains"))
    wanted = wanted.where(col(entry.number).is_not(None), *(_FILTERS[name] for name in sorted(filters & set(_FILTERS))))
    if following:
        wanted = wanted.where(_AFTER)
    wanted = wanted.order_by(*order).limit(bindparam("limit"))
    return Prepared(wanted, frozenset({"chains"}) if one_chain else frozenset())


async def entries_page(
    transaction: Transaction, chains: Sequence[UUID], filters: Mapping[str, Any], after: After | None, limit: int
) -> list[Entry]:
    """Return, in the order of time, at most `limit` sealed entries of these ledgers that fit the filters."""
    given = {**filters, "chains": list(chains), "limit": limit}
    if "pupil_id" in filters:
        given["pupil_bytes"] = filters["pupil_id"].bytes
    if after:
        given |= {"after_at": after.at, "after_id": after.id}
    prepared = _page(frozenset(filters), after is not None, len(chains) == 1)
    return [Entry._make(row) for row in await transaction.rows(prepared, given)]


_AT = Prepared(select(col(LedgerEntry.at)).where(col(LedgerEntry.id) == bindparam("wanted", type_=Uuid())))


async def after_entry(transaction: Transaction, entry_id: UUID) -> After | None:
    """Return where a page after that entry begins, or None if there is no such entry."""
    rows = await transaction.rows(_AT, {"wanted": entry_id})
    return After(rows[0][0], entry_id) if rows else None
