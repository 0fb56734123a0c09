"""Resources say their strands, and which entry of the shipped catalogue they were taken from."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables

revision = "0024_taken_over"
down_revision = "0023_files"
branch_labels = None
depends_on = None

_ONCE = {"base_id": "ended_on IS NULL", "school_id": "ended_on IS NULL AND base_id IS NULL"}


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    none = sa.text("'{}'" if on_postgresql else "'[]'")
    op.add_column("resources", sa.Column("strands", tables.Codes(), nullable=False, server_default=none))
    if on_postgresql:
        op.alter_column("resources", "strands", server_default=None)
    op.add_column("resources", sa.Column("catalogue_key", sa.Text(), nullable=True))
    for keeper, condition in _ONCE.items():
        where = sa.text(condition)
        op.create_index(
            f"uq_resources_{keeper}_catalogue_key", "resources", [keeper, "catalogue_key"], unique=True,
            postgresql_where=where, sqlite_where=where,
        )  # fmt: skip


def downgrade() -> None:
    for keeper in _ONCE:
        op.drop_index(f"uq_resources_{keeper}_catalogue_key", table_name="resources")
    for name in ("catalogue_key", "strands"):
        op.drop_column("resources", name)
