"""Groups: pupils of one base under a name."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import about_pupils, fence

revision = "0011_groups"
down_revision = "0010_calendar"
branch_labels = None
depends_on = None

_LIVE = sa.text("ended_on IS NULL")


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("pupil_ids", tables.Ids(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_groups_school_id_base_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_groups_school_id_id")),
    )
    op.create_index("ix_groups_base_id", "groups", ["base_id"], unique=False)
    op.create_index(
        "uq_groups_live", "groups", ["base_id", "name"], unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE
    )
    fence("groups", about_pupils("pupil_ids"))


def downgrade() -> None:
    op.drop_table("groups")
