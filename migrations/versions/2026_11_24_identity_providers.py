"""identity providers."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables

revision = "0006_identity_providers"
down_revision = "0005_clients"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_type", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind = 'other' OR tenant <> ''", name=op.f("ck_identity_providers_tenant")),
        sa.CheckConstraint("kind IN ('google', 'entra', 'other')", name=op.f("ck_identity_providers_kind")),
        sa.CheckConstraint("token_type IN ('id_token', 'access_token')", name=op.f("ck_identity_providers_token_type")),
        sa.ForeignKeyConstraint(["trust_id"], ["places.id"], name=op.f("fk_identity_providers_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_providers")),
    )
    with op.batch_alter_table("identity_providers", schema=None) as batch_op:
        batch_op.create_index("ix_identity_providers_issuer", ["issuer"], unique=False)
        batch_op.create_index(
            "uq_identity_providers_open",
            ["trust_id", "issuer", "tenant"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_identities_account_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_providers.id"], name=op.f("fk_identities_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index("ix_identities_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "uq_identities_open",
            ["provider_id", "tenant", "subject"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("identities")
    op.drop_table("identity_providers")
