"""The school calendar: academic years and day periods, and by what the days of a subject request were counted."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules
from migrations.rules import school_calendar
from migrations.rules.fences import fence, own_school

revision = "0010_calendar"
down_revision = "0009_placed"
branch_labels = None
depends_on = None

_LIVE = sa.text("ended_on IS NULL")


def upgrade() -> None:
    op.create_table(
        "academic_years",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_academic_years_period")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_academic_years_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_academic_years")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_academic_years_school_id_id")),
    )
    op.create_index("ix_academic_years_school_id", "academic_years", ["school_id", "starts_on"], unique=False)
    op.create_table(
        "day_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("from_time", sa.Text(), nullable=False),
        sa.Column("until_time", sa.Text(), nullable=False),
        sa.Column("lesson", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_time > from_time", name=op.f("ck_day_periods_period")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_day_periods_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_periods")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_day_periods_school_id_id")),
    )
    op.create_index(
        "uq_day_periods_live",
        "day_periods",
        ["school_id", "name", "from_time", "until_time"],
        unique=True,
        postgresql_where=_LIVE,
        sqlite_where=_LIVE,
    )
    op.add_column("subject_requests", sa.Column("counted_by", sa.Text(), nullable=True))
    rules.put_up(school_calendar)
    fence("academic_years", own_school())
    fence("day_periods", own_school())


def downgrade() -> None:
    rules.take_down(school_calendar)
    op.drop_column("subject_requests", "counted_by")
    op.drop_table("day_periods")
    op.drop_table("academic_years")
