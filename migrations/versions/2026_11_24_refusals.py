"""Refused bookings are found in the ledger by themselves, for the figures of how spaces are used."""

import sqlalchemy as sa
from alembic import op

revision = "0017_refusals"
down_revision = "0016_series"
branch_labels = None
depends_on = None

_REFUSED = sa.text("kind = 'booking.refused'")


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entries_refused", "ledger_entries", ["school_id", "at"], postgresql_where=_REFUSED,
        sqlite_where=_REFUSED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_refused", "ledger_entries")
