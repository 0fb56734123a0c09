"""the data-protection desk: access records by pupil, account and time; subject requests and their packages."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import about_pupil, fence, own_school

revision = "0008_desk"
down_revision = "0007_retention"
branch_labels = None
depends_on = None

_SEALED = sa.text("number IS NOT NULL")
_INDEXES = {
    "ix_ledger_entries_at": ["at", "id"],
    "ix_ledger_entries_school_at": ["school_id", "at", "id"],
    "ix_ledger_entries_account_at": ["account_id", "at", "id"],
}
_AT_ONCE = 5000


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "ledger_entries", columns, postgresql_where=_SEALED, sqlite_where=_SEALED)
    op.create_table(
        "ledger_quarters",
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "from_at", "school_id", name=op.f("pk_ledger_quarters")),
    )
    _note_what_is_sealed()
    _set_up_requests()
    fence("ledger_quarters", own_school())
    for table in ("subject_requests", "subject_request_pauses", "subject_packages", "redactions"):
        fence(table, about_pupil())


def _note_what_is_sealed() -> None:
    """Write the quarters of the entries that were sealed before there were any."""
    entries = sa.table(
        "ledger_entries",
        sa.column("school_id", sa.Uuid()),
        sa.column("at", tables.UtcDateTime()),
        sa.column("pupil_ids", sa.LargeBinary()),
        sa.column("number", sa.Integer()),
    )
    quarters = sa.table(
        "ledger_quarters",
        sa.column("pupil_id", sa.Uuid()),
        sa.column("from_at", tables.UtcDateTime()),
        sa.column("school_id", sa.Uuid()),
        sa.column("until_at", tables.UtcDateTime()),
    )
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        # row security is forced on the owner too, and would show nothing
        bind.exec_driver_sql("SELECT set_config('iap.fence', 'system', true)")
    named = sa.select(entries.c.school_id, entries.c.at, entries.c.pupil_ids)
    found = set()
    for school_id, at, packed in bind.execute(named.where(entries.c.number.is_not(None))).yield_per(_AT_ONCE):
        from_at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        found |= {(school_id, from_at, packed[start : start + 16]) for start in range(0, len(packed), 16)}
    rows = [
        {"pupil_id": UUID(bytes=pupil), "from_at": at, "school_id": school, "until_at": at + timedelta(minutes=15)}
        for school, at, pupil in found
    ]
    for start in range(0, len(rows), _AT_ONCE):
        bind.execute(sa.insert(quarters), rows[start : start + _AT_ONCE])


def _set_up_requests() -> None:
    op.create_table(
        "subject_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("requester_name", sa.Text(), nullable=False),
        sa.Column("asked_for", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("identity_checked_on", sa.Date(), nullable=True),
        sa.Column("identity_how", sa.Text(), nullable=True),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("extended_on", sa.Date(), nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=True),
        sa.Column("package_built_at", tables.UtcDateTime(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'educational_record' OR requester <> 'pupil'", name=op.f("ck_subject_requests_educational_record")
        ),
        sa.CheckConstraint(
            "kind IN ('access', 'erasure', 'rectification', 'objection', 'portability', 'educational_record', 'complaint')",
            name=op.f("ck_subject_requests_kind"),
        ),
        sa.CheckConstraint(
            "requester IN ('parent', 'pupil', 'representative')", name=op.f("ck_subject_requests_requester")
        ),
        sa.CheckConstraint(
            "status <> 'refused' OR (ended_why IS NOT NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_subject_requests_refused"),
        ),
        sa.CheckConstraint(
            "status <> 'released' OR (identity_checked_on IS NOT NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_subject_requests_released"),
        ),
        sa.CheckConstraint(
            "status IN ('received', 'in_progress', 'paused', 'ready', 'released', 'refused', 'withdrawn')",
            name=op.f("ck_subject_requests_status"),
        ),
        sa.CheckConstraint(
            "(extended_on IS NULL) = (extension_reason IS NULL)", name=op.f("ck_subject_requests_extended")
        ),
        sa.CheckConstraint(
            "(identity_checked_on IS NULL) = (identity_how IS NULL)", name=op.f("ck_subject_requests_identity")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_subject_requests_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_requests")),
        sa.UniqueConstraint("school_id", "id", "pupil_id", name=op.f("uq_subject_requests_school_id_id_pupil_id")),
    )
    with op.batch_alter_table("subject_requests", schema=None) as batch_op:
        batch_op.create_index("ix_subject_requests_pupil_id", ["pupil_id"], unique=False)

    op.create_table(
        "redactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("value_digest", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", tables.UtcDateTime(), nullable=True),
        sa.CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name=op.f("ck_redactions_decided")),
        sa.CheckConstraint(
            "reason IN ('about_somebody_else', 'serious_harm', 'child_abuse_data', 'legal_privilege')",
            name=op.f("ck_redactions_reason"),
        ),
        sa.CheckConstraint("status IN ('proposed', 'withheld', 'shown')", name=op.f("ck_redactions_status")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_redactions_decided_at")),
        sa.ForeignKeyConstraint(
            ["school_id", "request_id", "pupil_id"],
            ["subject_requests.school_id", "subject_requests.id", "subject_requests.pupil_id"],
            name=op.f("fk_redactions_school_id_request_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
        sa.UniqueConstraint("request_id", "pointer", name=op.f("uq_redactions_request_id_pointer")),
    )
    op.create_table(
        "subject_packages",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("built_at", tables.UtcDateTime(), nullable=False),
        sa.Column("built_by", sa.Uuid(), nullable=False),
        sa.Column("working", sa.LargeBinary(), nullable=True),
        sa.Column("archive", sa.LargeBinary(), nullable=True),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("released_at", tables.UtcDateTime(), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(released_at IS NULL) = (archive IS NULL)", name=op.f("ck_subject_packages_archive")),
        sa.CheckConstraint("(released_at IS NULL) = (working IS NOT NULL)", name=op.f("ck_subject_packages_working")),
        sa.ForeignKeyConstraint(
            ["school_id", "request_id", "pupil_id"],
            ["subject_requests.school_id", "subject_requests.id", "subject_requests.pupil_id"],
            name=op.f("fk_subject_packages_school_id_request_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_subject_packages")),
    )
    op.create_table(
        "subject_request_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.CheckConstraint("why IN ('identity', 'clarification')", name=op.f("ck_subject_request_pauses_why")),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("ck_subject_request_pauses_period")),
        sa.ForeignKeyConstraint(
            ["school_id", "request_id", "pupil_id"],
            ["subject_requests.school_id", "subject_requests.id", "subject_requests.pupil_id"],
            name=op.f("fk_subject_request_pauses_school_id_request_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request_pauses")),
    )
    with op.batch_alter_table("subject_request_pauses", schema=None) as batch_op:
        batch_op.create_index("ix_subject_request_pauses_request_id", ["request_id"], unique=False)
        batch_op.create_index(
            "uq_subject_request_pauses_open",
            ["request_id"],
            unique=True,
            postgresql_where=sa.text("until_on IS NULL"),
            sqlite_where=sa.text("until_on IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("subject_request_pauses", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_subject_request_pauses_open",
            postgresql_where=sa.text("until_on IS NULL"),
            sqlite_where=sa.text("until_on IS NULL"),
        )
        batch_op.drop_index("ix_subject_request_pauses_request_id")

    op.drop_table("subject_request_pauses")
    op.drop_table("subject_packages")
    op.drop_table("redactions")
    with op.batch_alter_table("subject_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_subject_requests_pupil_id")

    op.drop_table("subject_requests")
    op.drop_table("ledger_quarters")
    for name in reversed(_INDEXES):
        op.drop_index(name, "ledger_entries", postgresql_where=_SEALED, sqlite_where=_SEALED)
