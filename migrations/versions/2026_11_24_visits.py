"""visits, the view of who is where, and restrictive interventions"""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules import interventions, whereabouts
from migrations.rules.fences import about_pupil, fence

revision = "0014_visits"
down_revision = "0013_calendar_feeds"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")
_OF_VISIT = sa.text("visit_id IS NOT NULL")
_DUE = sa.text("signed_at IS NULL AND overdue_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("initiated_by", sa.Text(), nullable=False),
        sa.Column("free_to_leave", sa.Boolean(), nullable=False),
        sa.Column("believed_could_not_leave", sa.Boolean(), nullable=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("adult_in_sight", sa.Boolean(), nullable=False),
        sa.Column("adult_staff_id", sa.Uuid(), nullable=True),
        sa.Column("zones_before", tables.Codes(), nullable=False),
        sa.Column("zones_after", tables.Codes(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("over_capacity", sa.Boolean(), nullable=False),
        sa.Column("reported_late", sa.Boolean(), nullable=False),
        sa.Column("holds_until", tables.UtcDateTime(), nullable=False),
        sa.Column("left_open_at", tables.UtcDateTime(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("door IN ('open', 'closed', 'none')", name=op.f("ck_visits_door")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_visits_ends_last")),
        sa.CheckConstraint("holds_until >= started_at", name=op.f("ck_visits_holds")),
        sa.CheckConstraint(
            "initiated_by IN ('pupil', 'staff_offer', 'staff_direct')", name=op.f("ck_visits_initiated_by")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR ended_at = started_at", name=op.f("ck_visits_withdrawn_is_nowhere")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "adult_staff_id"], ["staff.school_id", "staff.id"],
            name=op.f("fk_visits_school_id_adult_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"], ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_visits_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "space_id"], ["spaces.school_id", "spaces.id"], name=op.f("fk_visits_school_id_space_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("school_id", "id", "pupil_id", name=op.f("uq_visits_school_id_id_pupil_id")),
    )  # fmt: skip
    op.create_index("ix_visits_pupil_id", "visits", ["pupil_id", "started_at"])
    op.create_index("ix_visits_space_id", "visits", ["space_id", "started_at"])
    op.create_index("uq_visits_open", "visits", ["pupil_id"], unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
    fence("visits", about_pupil())
    _run(whereabouts.POSTGRESQL_UP, whereabouts.SQLITE_UP)
    _set_up_interventions()


def _set_up_interventions() -> None:
    op.create_table(
        "restrictive_interventions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what_led_to_it", sa.Text(), nullable=True),
        sa.Column("started_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("staff_ids", tables.Ids(), nullable=False),
        sa.Column("injury", sa.Text(), nullable=True),
        sa.Column("injury_note", sa.Text(), nullable=True),
        sa.Column("parents_told_at", tables.UtcDateTime(), nullable=True),
        sa.Column("parents_told_how", sa.Text(), nullable=True),
        sa.Column("debrief_at", tables.UtcDateTime(), nullable=True),
        sa.Column("debrief", sa.Text(), nullable=True),
        sa.Column("due_at", tables.UtcDateTime(), nullable=False),
        sa.Column("overdue_at", tables.UtcDateTime(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", tables.UtcDateTime(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_restrictive_interventions_ends_last")),
        sa.CheckConstraint(
            "injury IN ('none', 'pupil', 'staff', 'both')", name=op.f("ck_restrictive_interventions_injury")
        ),
        sa.CheckConstraint(
            "signed_at IS NULL OR (signed_by IS NOT NULL AND what_led_to_it IS NOT NULL AND ended_at IS NOT NULL"
            " AND injury IS NOT NULL AND (injury = 'none' OR injury_note IS NOT NULL) AND parents_told_at IS NOT NULL"
            " AND parents_told_how IS NOT NULL AND debrief_at IS NOT NULL AND debrief IS NOT NULL)",
            name=op.f("ck_restrictive_interventions_signed_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_restrictive_interventions_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "visit_id", "pupil_id"],
            ["visits.school_id", "visits.id", "visits.pupil_id"],
            name=op.f("fk_restrictive_interventions_school_id_visit_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictive_interventions")),
    )
    op.create_index("ix_restrictive_interventions_pupil_id", "restrictive_interventions", ["pupil_id", "started_at"])
    op.create_index("ix_restrictive_interventions_school_id", "restrictive_interventions", ["school_id", "started_at"])
    op.create_index(
        "ix_restrictive_interventions_due",
        "restrictive_interventions",
        ["due_at"],
        postgresql_where=_DUE,
        sqlite_where=_DUE,
    )
    op.create_index(
        "uq_restrictive_interventions_visit",
        "restrictive_interventions",
        ["visit_id", "kind"],
        unique=True,
        postgresql_where=_OF_VISIT,
        sqlite_where=_OF_VISIT,
    )
    fence("restrictive_interventions", about_pupil())
    _run(interventions.POSTGRESQL_UP, interventions.SQLITE_UP)


def downgrade() -> None:
    _run(interventions.POSTGRESQL_DOWN, interventions.SQLITE_DOWN)
    op.drop_table("restrictive_interventions")
    _run(whereabouts.POSTGRESQL_DOWN, whereabouts.SQLITE_DOWN)
    op.drop_table("visits")


def _run(postgresql: list[str], sqlite: list[str]) -> None:
    for statement in postgresql if op.get_bind().dialect.name == "postgresql" else sqlite:
        op.execute(statement.replace(":", r"\:"))
