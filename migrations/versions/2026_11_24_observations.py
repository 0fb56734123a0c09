"""Daily observations: what was seen of a child in a lesson, and the child's own smiley beside it."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import about_pupil, fence

revision = "0021_observations"
down_revision = "0020_taken_whole"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "observations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("engagement", sa.Integer(), nullable=True),
        sa.Column("behaviour", sa.Integer(), nullable=True),
        sa.Column("smiley", sa.Text(), nullable=True),
        sa.Column("proud_moment", sa.Text(), nullable=True),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("behaviour BETWEEN 1 AND 5", name=op.f("ck_observations_behaviour")),
        sa.CheckConstraint("engagement BETWEEN 1 AND 5", name=op.f("ck_observations_engagement")),
        sa.CheckConstraint(
            "smiley IN ('very_sad', 'sad', 'so_so', 'happy', 'very_happy')", name=op.f("ck_observations_smiley")
        ),
        sa.CheckConstraint(
            "engagement IS NOT NULL OR behaviour IS NOT NULL OR smiley IS NOT NULL OR proud_moment IS NOT NULL"
            " OR incident IS NOT NULL",
            name=op.f("ck_observations_says_something"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "booking_id"], ["bookings.school_id", "bookings.id"],
            name=op.f("fk_observations_school_id_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_observations_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
    )  # fmt: skip
    op.create_index("ix_observations_pupil_id", "observations", ["pupil_id", "at"])
    op.create_index("ix_observations_booking_id", "observations", ["booking_id"])
    fence("observations", about_pupil())


def downgrade() -> None:
    op.drop_table("observations")
