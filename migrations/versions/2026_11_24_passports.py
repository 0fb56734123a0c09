"""Passports: a pupil's own words about what helps."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import about_pupil, fence

revision = "0022_passports"
down_revision = "0021_observations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("call_me", sa.Text(), nullable=True),
        sa.Column("about_me", sa.Text(), nullable=True),
        sa.Column("hard_for_me", sa.Text(), nullable=True),
        sa.Column("you_can_tell", sa.Text(), nullable=True),
        sa.Column("helps", sa.Text(), nullable=True),
        sa.Column("does_not_help", sa.Text(), nullable=True),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_passports_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(["written_by"], ["accounts.id"], name=op.f("fk_passports_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passports")),
        sa.UniqueConstraint("pupil_id", name=op.f("uq_passports_pupil_id")),
    )  # fmt: skip
    fence("passports", about_pupil())


def downgrade() -> None:
    op.drop_table("passports")
