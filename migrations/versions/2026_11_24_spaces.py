"""What a space asks of its bookings, closures, series, and the rooms' own rules."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules
from migrations.rules import rooms
from migrations.rules.fences import about_pupils, fence, own_school
from migrations.rules.rebuilding import triggers_put_by

revision = "0012_spaces"
down_revision = "0011_groups"
branch_labels = None
depends_on = None


_OLD_STATUS = "status IN ('booked', 'cancelled')"
_STATUS = "status IN ('requested', 'booked', 'declined', 'cancelled', 'released')"
_CHECKS = {
    "retreat_is_walked_into": "kind <> 'retreat' OR walk_in_only",
    "buffers": "buffer_before_minutes BETWEEN 0 AND 60 AND buffer_after_minutes BETWEEN 0 AND 60",
    "usual_minutes": "usual_minutes BETWEEN 1 AND 240",
    "pupils_per_adult": "pupils_per_adult BETWEEN 1 AND 100",
}
_BOOKING = (
    ("subject", sa.Text()),
    ("series_id", sa.Uuid()),
    ("series_on", sa.Date()),
    ("decided_by", sa.Uuid()),
    ("checked_in_at", tables.UtcDateTime()),
    ("closure_id", sa.Uuid()),
)
_OF_SERIES = sa.text("series_id IS NOT NULL")


def _space_columns() -> list[sa.Column[Any]]:
    none = "{}" if op.get_bind().dialect.name == "postgresql" else "[]"
    return [
        sa.Column("opening", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("pupils_per_adult", sa.Integer(), nullable=True),
        sa.Column("usual_minutes", sa.Integer(), nullable=False, server_default="20"),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("walk_in_only", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("bookable_by", tables.Codes(), nullable=False, server_default=none),
        sa.Column("days_ahead", sa.Integer(), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("grace_minutes", sa.Integer(), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("space_ids", tables.Ids(), nullable=False),
        sa.Column("from_at", tables.UtcDateTime(), nullable=False),
        sa.Column("until_at", tables.UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.Column("cancelled_booking_ids", tables.Ids(), nullable=False),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_closures_until_at")),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_closures_school_id_base_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_closures_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_closures_school_id_id")),
    )
    with op.batch_alter_table("closures", schema=None) as batch_op:
        batch_op.create_index("ix_closures_school_id", ["school_id", "until_at"], unique=False)

    op.create_table(
        "series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("weekdays", tables.Numbers(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("from_time", sa.Time(), nullable=False),
        sa.Column("until_time", sa.Time(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("whole_base", sa.Boolean(), nullable=False),
        sa.Column("pupil_ids", tables.Ids(), nullable=False),
        sa.Column("staff_ids", tables.Ids(), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.CheckConstraint("every_weeks IN (1, 2)", name=op.f("ck_series_every_weeks")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_series_until_on")),
        sa.ForeignKeyConstraint(
            ["school_id", "space_id"], ["spaces.school_id", "spaces.id"], name=op.f("fk_series_school_id_space_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_series_school_id_id")),
    )
    with triggers_put_by():
        with op.batch_alter_table("spaces") as batch_op:
            for column in _space_columns():
                batch_op.add_column(column)
        op.execute("UPDATE spaces SET walk_in_only = true WHERE kind = 'retreat'")
        with op.batch_alter_table("spaces") as batch_op:
            for name, condition in _CHECKS.items():
                batch_op.create_check_constraint(op.f(f"ck_spaces_{name}"), condition)
        with op.batch_alter_table("bookings") as batch_op:
            batch_op.drop_constraint(op.f("ck_bookings_status"), type_="check")
            for name, kind in _BOOKING:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
            batch_op.create_check_constraint(op.f("ck_bookings_status"), _STATUS)
            batch_op.create_check_constraint(op.f("ck_bookings_series_on"), "(series_id IS NULL) = (series_on IS NULL)")
            for one, many in (("closure", "closures"), ("series", "series")):
                batch_op.create_foreign_key(
                    op.f(f"fk_bookings_school_id_{one}_id"), many, ["school_id", f"{one}_id"], ["school_id", "id"]
                )
    op.create_index(
        "uq_bookings_series_on",
        "bookings",
        ["series_id", "series_on"],
        unique=True,
        postgresql_where=_OF_SERIES,
        sqlite_where=_OF_SERIES,
    )
    fence("closures", own_school())
    fence("series", about_pupils("pupil_ids"))
    rules.put_up(rooms)


def downgrade() -> None:
    rules.take_down(rooms)
    op.drop_index("uq_bookings_series_on", "bookings")
    # a request that nobody decided and a slot given back hold nothing: the older rules know only one word for that
    op.execute("UPDATE bookings SET status = 'cancelled' WHERE status NOT IN ('booked', 'cancelled')")
    with triggers_put_by():
        with op.batch_alter_table("bookings") as batch_op:
            for one in ("series", "closure"):
                batch_op.drop_constraint(op.f(f"fk_bookings_school_id_{one}_id"), type_="foreignkey")
            batch_op.drop_constraint(op.f("ck_bookings_series_on"), type_="check")
            batch_op.drop_constraint(op.f("ck_bookings_status"), type_="check")
            for name, _ in reversed(_BOOKING):
                batch_op.drop_column(name)
            batch_op.create_check_constraint(op.f("ck_bookings_status"), _OLD_STATUS)
        with op.batch_alter_table("spaces") as batch_op:
            for name in _CHECKS:
                batch_op.drop_constraint(op.f(f"ck_spaces_{name}"), type_="check")
            for column in reversed(_space_columns()):
                batch_op.drop_column(column.name)
    op.drop_table("series")
    op.drop_table("closures")
