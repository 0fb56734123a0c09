"""therapy notes."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import fence, own_account

revision = "0003_notes"
down_revision = "0002_fences"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "therapy_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("session_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('individual', 'group', 'family', 'parent_carer', 'assessment', 'consultation', 'other')",
            name=op.f("ck_therapy_notes_kind"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_therapy_notes_account_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_therapy_notes_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_therapy_notes")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_therapy_notes_school_id_id")),
    )
    with op.batch_alter_table("therapy_notes", schema=None) as batch_op:
        batch_op.create_index("ix_therapy_notes_account_id", ["account_id", "pupil_id"], unique=False)
        batch_op.create_index("ix_therapy_notes_pupil_id", ["pupil_id"], unique=False)

    op.create_table(
        "former_note_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("replaced_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_former_note_texts_account_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "note_id"],
            ["therapy_notes.school_id", "therapy_notes.id"],
            name=op.f("fk_former_note_texts_school_id_note_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_note_texts")),
        sa.UniqueConstraint("note_id", "corrections", name=op.f("uq_former_note_texts_note_id_corrections")),
    )
    with op.batch_alter_table("former_note_texts", schema=None) as batch_op:
        batch_op.create_index("ix_former_note_texts_pupil_id", ["pupil_id"], unique=False)

    fence("therapy_notes", own_account())
    fence("former_note_texts", own_account())


def downgrade() -> None:
    with op.batch_alter_table("former_note_texts", schema=None) as batch_op:
        batch_op.drop_index("ix_former_note_texts_pupil_id")

    op.drop_table("former_note_texts")
    with op.batch_alter_table("therapy_notes", schema=None) as batch_op:
        batch_op.drop_index("ix_therapy_notes_pupil_id")
        batch_op.drop_index("ix_therapy_notes_account_id")

    op.drop_table("therapy_notes")
