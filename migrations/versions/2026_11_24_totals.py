"""A profile may hold the totals of strands that another system added up, instead of answers."""

import sqlalchemy as sa
from alembic import op

from migrations.rules import profiles

revision = "0026_totals"
down_revision = "0025_zone_wanted"
branch_labels = None
depends_on = None

_CHECK = "(totals IS NULL) = (totals_source IS NULL)"


def upgrade() -> None:
    op.add_column("profiles", sa.Column("totals", sa.JSON(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("profiles", sa.Column("totals_source", sa.Text(), nullable=True))
        op.create_check_constraint(op.f("ck_profiles_totals"), "profiles", _CHECK)
        rules = profiles.TOTALS_POSTGRESQL_UP
    else:
        # with the column, for SQLite adds no constraint to a table that is there
        op.execute(f"ALTER TABLE profiles ADD COLUMN totals_source TEXT CONSTRAINT ck_profiles_totals CHECK ({_CHECK})")
        rules = profiles.TOTALS_SQLITE_UP
    for rule in rules:
        op.execute(rule)


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for rule in profiles.TOTALS_POSTGRESQL_DOWN if on_postgresql else profiles.TOTALS_SQLITE_DOWN:
        op.execute(rule)
    if on_postgresql:
        op.drop_constraint(op.f("ck_profiles_totals"), "profiles")
    op.drop_column("profiles", "totals_source")
    op.drop_column("profiles", "totals")
