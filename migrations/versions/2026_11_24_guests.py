"""Guests and the invitations that let them be heard for a review."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations.rules.fences import about_pupil, fence

revision = "0004_guests"
down_revision = "0003_notes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("for_whom", sa.LargeBinary(), nullable=False),
        sa.Column("adult_beside_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", tables.UtcDateTime(), nullable=False),
        sa.Column("opened_at", tables.UtcDateTime(), nullable=True),
        sa.Column("used_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(role = 'pupil') = (adult_beside_id IS NOT NULL)", name=op.f("ck_guests_adult_beside")),
        sa.CheckConstraint("role IN ('parent_carer', 'pupil', 'outside_professional')", name=op.f("ck_guests_role")),
        sa.ForeignKeyConstraint(["adult_beside_id"], ["accounts.id"], name=op.f("fk_guests_adult_beside_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["accounts.id"], name=op.f("fk_guests_invited_by")),
        sa.ForeignKeyConstraint(["school_id"], ["places.id"], name=op.f("fk_guests_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_guests_code_digest")),
        sa.UniqueConstraint("school_id", "id", "pupil_id", name=op.f("uq_guests_school_id_id_pupil_id")),
    )
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.create_index("ix_guests_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index(
            "uq_guests_live",
            ["for_whom"],
            unique=True,
            postgresql_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
        )

    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("shared", tables.Codes(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("purpose IN ('contribute')", name=op.f("ck_invitations_purpose")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_invitations_contact_id")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["review_contributions.id"], name=op.f("fk_invitations_contribution_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "id", "pupil_id"],
            ["guests.school_id", "guests.id", "guests.pupil_id"],
            name=op.f("fk_invitations_school_id_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_invitations_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "review_id", "pupil_id"],
            ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
            name=op.f("fk_invitations_school_id_review_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_invitations_contribution_id")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index("ix_invitations_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index("ix_invitations_review_id", ["review_id"], unique=False)
    fence("invitations", about_pupil())


def downgrade() -> None:
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index("ix_invitations_review_id")
        batch_op.drop_index("ix_invitations_pupil_id")

    op.drop_table("invitations")
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_guests_live",
            postgresql_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
        )
        batch_op.drop_index("ix_guests_pupil_id")

    op.drop_table("guests")
