"""Series: what became of each of their days; many bookings of one statement are filled at once."""

import sqlalchemy as sa
from alembic import op

from migrations import rules
from migrations.rules import presence_at_once
from migrations.rules.fences import fence, part_of

revision = "0016_series"
down_revision = "0015_visits_hold_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series_occurrences",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_alone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('booked', 'skipped', 'not_a_school_day')", name=op.f("ck_series_occurrences_outcome")
        ),
        sa.CheckConstraint(
            "(outcome = 'booked') = (reason IS NULL)", name=op.f("ck_series_occurrences_reason")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "series_id"], ["series.school_id", "series.id"],
            name=op.f("fk_series_occurrences_school_id_series_id"),
        ),
        sa.PrimaryKeyConstraint("series_id", "on_day", name=op.f("pk_series_occurrences")),
    )  # fmt: skip
    fence("series_occurrences", part_of("series", "series_id"))
    rules.put_up(presence_at_once)


def downgrade() -> None:
    rules.take_down(presence_at_once)
    op.drop_table("series_occurrences")
