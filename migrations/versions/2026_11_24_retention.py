"""retention: rules, legal holds, runs, what was erased, rectifications; and the eraser's pass (rules/erasing)."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules
from migrations.rules import erasing, retention
from migrations.rules.fences import about_pupil, fence, own_school

revision = "0007_retention"
down_revision = "0006_identity_providers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_pupils",
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", tables.UtcDateTime(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("why IN ('schedule', 'subject_request')", name=op.f("ck_erased_pupils_why")),
        sa.PrimaryKeyConstraint("pupil_id", name=op.f("pk_erased_pupils")),
    )
    with op.batch_alter_table("erased_pupils", schema=None) as batch_op:
        batch_op.create_index("ix_erased_pupils_run_id", ["run_id"], unique=False)

    op.create_table(
        "erasing",
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", name=op.f("pk_erasing")),
    )
    op.create_table(
        "retention_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=False),
        sa.Column("record_class", sa.Text(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["trust_id"], ["trusts.id"], name=op.f("fk_retention_rules_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
        sa.UniqueConstraint("trust_id", "record_class", name=op.f("uq_retention_rules_trust_id_record_class")),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("subject_request_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("executed_by", sa.Uuid(), nullable=True),
        sa.Column("executed_at", tables.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'executing', 'executed', 'withdrawn')", name=op.f("ck_retention_runs_status")
        ),
        sa.CheckConstraint(
            "(subject_request_id IS NULL) = (pupil_id IS NULL)", name=op.f("ck_retention_runs_one_pupil")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_retention_runs_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_retention_runs_school_id_id")),
    )
    with op.batch_alter_table("retention_runs", schema=None) as batch_op:
        batch_op.create_index("ix_retention_runs_school_id", ["school_id"], unique=False)

    op.create_table(
        "retention_approvals",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "run_id"],
            ["retention_runs.school_id", "retention_runs.id"],
            name=op.f("fk_retention_approvals_school_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("run_id", "account_id", name=op.f("pk_retention_approvals")),
    )
    op.create_table(
        "retention_run_lines",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("record_class", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "run_id"],
            ["retention_runs.school_id", "retention_runs.id"],
            name=op.f("fk_retention_run_lines_school_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("run_id", "pupil_id", "record_class", name=op.f("pk_retention_run_lines")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_legal_holds_ended")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_legal_holds_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    with op.batch_alter_table("legal_holds", schema=None) as batch_op:
        batch_op.create_index("ix_legal_holds_pupil_id", ["pupil_id"], unique=False)

    op.create_table(
        "rectifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("said_wrong", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", tables.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('corrected', 'statement_added', 'refused')", name=op.f("ck_rectifications_decision")
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decision_reason IS NULL)",
            name=op.f("ck_rectifications_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_rectifications_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectifications")),
    )
    with op.batch_alter_table("rectifications", schema=None) as batch_op:
        batch_op.create_index("ix_rectifications_pupil_id", ["pupil_id"], unique=False)

    rules.put_up(retention, erasing)
    for table in ("erased_pupils", "retention_runs", "retention_approvals", "retention_run_lines"):
        fence(table, own_school())
    for table in ("legal_holds", "rectifications"):
        fence(table, about_pupil())


def downgrade() -> None:
    rules.take_down(retention, erasing)
    with op.batch_alter_table("rectifications", schema=None) as batch_op:
        batch_op.drop_index("ix_rectifications_pupil_id")

    op.drop_table("rectifications")
    with op.batch_alter_table("legal_holds", schema=None) as batch_op:
        batch_op.drop_index("ix_legal_holds_pupil_id")

    op.drop_table("legal_holds")
    op.drop_table("retention_run_lines")
    op.drop_table("retention_approvals")
    with op.batch_alter_table("retention_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_retention_runs_school_id")

    op.drop_table("retention_runs")
    op.drop_table("retention_rules")
    op.drop_table("erasing")
    with op.batch_alter_table("erased_pupils", schema=None) as batch_op:
        batch_op.drop_index("ix_erased_pupils_run_id")

    op.drop_table("erased_pupils")
