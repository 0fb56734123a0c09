"""In which quarters of an hour a school's ledger names a pupil: how access records are found by pupil."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared, Transaction

LENGTH = timedelta(minutes=15)
# entries that come late belong to the quarter before
REMEMBERED = 2 * LENGTH
_NOTE = {
    "sqlite": Prepared(
        text(
            "INSERT INTO ledger_quarters (pupil_id, from_at, school_id, until_at)"
            " VALUES (:pupil_id, :from_at, :school_id, :until_at) ON CONFLICT DO NOTHING"
        ).bindparams(
            bindparam("pupil_id", type_=Uuid()),
            bindparam("school_id", type_=Uuid()),
            bindparam("from_at", type_=UtcDateTime()),
            bindparam("until_at", type_=UtcDateTime()),
        )
    ),
    "postgresql": Prepared(
        text(
            "INSERT INTO ledger_quarters (pupil_id, from_at, school_id, until_at)"
            " SELECT * FROM unnest(CAST(:pupil_ids AS uuid[]), CAST(:from_ats AS timestamptz[]),"
            " CAST(:school_ids AS uuid[]), CAST(:until_ats AS timestamptz[]))"
            " ON CONFLICT DO NOTHING"
        )
    ),
}


class Named(Protocol):
    """What is looked at of an entry."""

    @property
    def school_id(self) -> UUID:
        """Whose chain it stands in."""

    @property
    def at(self) -> datetime:
        """When it was written."""

    @property
    def pupil_ids(self) -> bytes:
        """The pupils, 16 bytes each."""


def quarter_of(at: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that `at` lies in."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


class Quarters:
    """Writes which pupils the entries name, each once in a quarter of an hour, and remembers what it has committed."""

    def __init__(self) -> None:
        """Remember nothing yet: the database passes over what it has already."""
        self._kept: dict[tuple[UUID, datetime], set[bytes]] = {}
        self._fresh: dict[tuple[UUID, datetime], set[bytes]] = {}

    async def note(self, transaction: Transaction, dialect: str, entries: Sequence[Named]) -> None:
        """Write the rows that these entries need, in the sealer's own transaction."""
        rows = []
        for entry in entries:
            packed = entry.pupil_ids
            if not packed:
                continue
            quarter = entry.school_id, quarter_of(entry.at)
            kept, fresh = self._kept.get(quarter, ()), self._fresh.setdefault(quarter, set())
            # most lists are read again within the quarter: the packed list is remembered whole, like each pupil
            if packed in kept or packed in fresh:
                continue
            for start in range(0, len(packed), 16):
                pupil = packed[start : start + 16]
                if pupil in kept or pupil in fresh:
                    continue
                fresh.add(pupil)
                rows.append((UUID(bytes=pupil), quarter[1], quarter[0], quarter[1] + LENGTH))
            fresh.add(packed)
        if not rows:
            return
        if dialect == "postgresql":
            names = ("pupil_ids", "from_ats", "school_ids", "until_ats")
            columns = (list(column) for column in zip(*rows, strict=True))
            await transaction.rows(_NOTE[dialect], dict(zip(names, columns, strict=True)))
        else:
            one = ("pupil_id", "from_at", "school_id", "until_at")
            await transaction.write_many(_NOTE["sqlite"], [dict(zip(one, row, strict=True)) for row in rows])

    def keep(self) -> None:
        """Remember what was written: its transaction has committed."""
        if not self._fresh:
            return
        for quarter, named in self._fresh.items():
            self._kept.setdefault(quarter, set()).update(named)
        self._fresh.clear()
        oldest = max(at for _, at in self._kept) - REMEMBERED
        self._kept = {quarter: named for quarter, named in self._kept.items() if quarter[1] >= oldest}

    def forget(self) -> None:
        """Remember nothing of a turn that was rolled back."""
        self._fresh.clear()
