"""the data-protection desk: access records by pupil, account and time."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables

revision = "0002_desk"
down_revision = "0002_retention"
branch_labels = None
depends_on = None

_SEALED = sa.text("number IS NOT NULL")
_INDEXES = {
    "ix_ledger_entries_at": ["at", "id"],
    "ix_ledger_entries_school_at": ["school_id", "at", "id"],
    "ix_ledger_entries_account_at": ["account_id", "at", "id"],
}
_AT_ONCE = 5000


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "ledger_entries", columns, postgresql_where=_SEALED, sqlite_where=_SEALED)
    op.create_table(
        "ledger_quarters",
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "from_at", "school_id", name=op.f("pk_ledger_quarters")),
    )
    _note_what_is_sealed()


def _note_what_is_sealed() -> None:
    """Write the quarters of the entries that were sealed before there were any."""
    entries = sa.table(
        "ledger_entries",
        sa.column("school_id", sa.Uuid()),
        sa.column("at", tables.UtcDateTime()),
        sa.column("pupil_ids", sa.LargeBinary()),
        sa.column("number", sa.Integer()),
    )
    quarters = sa.table(
        "ledger_quarters",
        sa.column("pupil_id", sa.Uuid()),
        sa.column("from_at", tables.UtcDateTime()),
        sa.column("school_id", sa.Uuid()),
        sa.column("until_at", tables.UtcDateTime()),
    )
    bind = op.get_bind()
    named = sa.select(entries.c.school_id, entries.c.at, entries.c.pupil_ids)
    found = set()
    for school_id, at, packed in bind.execute(named.where(entries.c.number.is_not(None))).yield_per(_AT_ONCE):
        from_at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        found |= {(school_id, from_at, packed[start : start + 16]) for start in range(0, len(packed), 16)}
    rows = [
        {"pupil_id": UUID(bytes=pupil), "from_at": at, "school_id": school, "until_at": at + timedelta(minutes=15)}
        for school, at, pupil in found
    ]
    for start in range(0, len(rows), _AT_ONCE):
        bind.execute(sa.insert(quarters), rows[start : start + _AT_ONCE])


def downgrade() -> None:
    op.drop_table("ledger_quarters")
    for name in reversed(_INDEXES):
        op.drop_index(name, "ledger_entries", postgresql_where=_SEALED, sqlite_where=_SEALED)
