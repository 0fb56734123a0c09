"""Files, a resource's photo and what it holds, personalised and lost items, and allergens on both sides."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules
from migrations.rules import allergens, files, lost_items
from migrations.rules.fences import fence, own_school
from migrations.rules.rebuilding import triggers_put_by

revision = "0023_files"
down_revision = "0022_passports"
branch_labels = None
depends_on = None

_TEXTS = ("purpose", "allergy_note", "cleaning_note")
_OF_ITEMS = (
    ("instructions", sa.Text()),
    ("allergy_override", sa.Text()),
    ("allergy_override_by", sa.Uuid()),
    ("lost_at", tables.UtcDateTime()),
    ("lost_by", sa.Uuid()),
)


def _allergens() -> sa.Column[list[str]]:
    none = "{}" if op.get_bind().dialect.name == "postgresql" else "[]"
    return sa.Column("allergens", tables.Codes(), nullable=False, server_default=none)


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("kept_by", sa.Uuid(), nullable=False),
        sa.Column("kept_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_files_size")),
        sa.ForeignKeyConstraint(["school_id"], ["places.id"], name=op.f("fk_files_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("name", name=op.f("uq_files_name")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_files_school_id_id")),
    )
    with triggers_put_by():
        with op.batch_alter_table("pupils", schema=None) as batch_op:
            batch_op.add_column(_allergens())
        with op.batch_alter_table("resources", schema=None) as batch_op:
            for name in _TEXTS:
                batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
            batch_op.add_column(_allergens())
            batch_op.add_column(sa.Column("photo_id", sa.Uuid(), nullable=True))
            batch_op.create_unique_constraint(op.f("uq_resources_photo_id"), ["photo_id"])
            batch_op.create_foreign_key(
                op.f("fk_resources_school_id_photo_id"), "files", ["school_id", "photo_id"], ["school_id", "id"]
            )
        with op.batch_alter_table("toolbox_items", schema=None) as batch_op:
            for name, kind in _OF_ITEMS:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
            batch_op.create_check_constraint(
                op.f("ck_toolbox_items_lost"), "lost_at IS NULL OR (lost_at >= issued_at AND returned_at IS NULL)"
            )
            batch_op.create_check_constraint(
                op.f("ck_toolbox_items_allergy_override"),
                "(allergy_override IS NULL) = (allergy_override_by IS NULL)",
            )
    fence("files", own_school())
    rules.put_up(lost_items, allergens, files)


def downgrade() -> None:
    rules.take_down(lost_items, allergens, files)
    with triggers_put_by():
        _give_back_what_is_lost()
        with op.batch_alter_table("toolbox_items", schema=None) as batch_op:
            batch_op.drop_constraint(op.f("ck_toolbox_items_allergy_override"), type_="check")
            batch_op.drop_constraint(op.f("ck_toolbox_items_lost"), type_="check")
            for name, _ in reversed(_OF_ITEMS):
                batch_op.drop_column(name)
        with op.batch_alter_table("resources", schema=None) as batch_op:
            batch_op.drop_constraint(op.f("fk_resources_school_id_photo_id"), type_="foreignkey")
            batch_op.drop_constraint(op.f("uq_resources_photo_id"), type_="unique")
            for name in ("photo_id", "allergens", *reversed(_TEXTS)):
                batch_op.drop_column(name)
        with op.batch_alter_table("pupils", schema=None) as batch_op:
            batch_op.drop_column("allergens")
    op.drop_table("files")


def _give_back_what_is_lost() -> None:
    """Call a lost item returned, for there is no other way out of a toolbox; it is not counted as out already."""
    given_back = "UPDATE toolbox_items SET returned_at = lost_at, returned_by = lost_by, lost_at = NULL"
    statements = [f"{given_back} WHERE lost_at IS NOT NULL"]
    if op.get_bind().dialect.name == "postgresql":
        name = "ALTER TABLE toolbox_items {} TRIGGER USER"
        statements = [name.format("DISABLE"), *statements, name.format("ENABLE")]
    for statement in statements:
        op.execute(statement)
