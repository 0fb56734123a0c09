"""Clients with their lists, and their secrets; a program from before has neither and is made anew."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables

revision = "0005_clients"
down_revision = "0004_guests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permissions", tables.Codes(), nullable=False),
        sa.Column("networks", tables.Codes(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", tables.UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["accounts.id"], name=op.f("fk_clients_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("expires_at", tables.UtcDateTime(), nullable=True),
        sa.Column("last_used_at", tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_secrets_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_secrets")),
    )
    with op.batch_alter_table("client_secrets", schema=None) as batch_op:
        batch_op.create_index("ix_client_secrets_client_id", ["client_id"], unique=False)

    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.add_column(sa.Column("secret_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_sign_ins_secret_id"), "client_secrets", ["secret_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sign_ins_secret_id"), type_="foreignkey")
        batch_op.drop_column("secret_id")

    with op.batch_alter_table("client_secrets", schema=None) as batch_op:
        batch_op.drop_index("ix_client_secrets_client_id")

    op.drop_table("client_secrets")
    op.drop_table("clients")
