"""A use says which zone the pupil wanted to be in; those of before, green."""

import sqlalchemy as sa
from alembic import op

revision = "0025_zone_wanted"
down_revision = "0024_taken_over"
branch_labels = None
depends_on = None

_CHECK = "zone_wanted IN ('blue', 'green', 'yellow', 'red')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("uses", sa.Column("zone_wanted", sa.Text(), nullable=False, server_default="green"))
        op.alter_column("uses", "zone_wanted", server_default=None)
        op.create_check_constraint(op.f("ck_uses_zone_wanted"), "uses", _CHECK)
    else:
        # with the column, for SQLite adds no constraint to a table that is there
        op.execute(
            "ALTER TABLE uses ADD COLUMN zone_wanted TEXT NOT NULL DEFAULT 'green'"
            f" CONSTRAINT ck_uses_zone_wanted CHECK ({_CHECK})"
        )


def downgrade() -> None:
    op.drop_column("uses", "zone_wanted")
