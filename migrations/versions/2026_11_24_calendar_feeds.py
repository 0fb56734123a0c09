"""Calendar feeds: secret addresses at which a calendar program reads bookings."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import fence, own_school

revision = "0013_calendar_feeds"
down_revision = "0012_spaces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", tables.UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "CASE WHEN space_id IS NULL THEN 0 ELSE 1 END + CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN base_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_calendar_feeds_of_one_thing"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.id"], name=op.f("fk_calendar_feeds_made_by")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_calendar_feeds_school_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "space_id"], ["spaces.school_id", "spaces.id"],
            name=op.f("fk_calendar_feeds_school_id_space_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "staff_id"], ["staff.school_id", "staff.id"],
            name=op.f("fk_calendar_feeds_school_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"],
            name=op.f("fk_calendar_feeds_school_id_base_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feeds_digest")),
    )  # fmt: skip
    op.create_index("ix_calendar_feeds_made_by", "calendar_feeds", ["made_by"])
    op.create_index("ix_calendar_feeds_school_id", "calendar_feeds", ["school_id"])
    fence("calendar_feeds", own_school())


def downgrade() -> None:
    op.drop_index("ix_calendar_feeds_school_id", "calendar_feeds")
    op.drop_index("ix_calendar_feeds_made_by", "calendar_feeds")
    op.drop_table("calendar_feeds")
