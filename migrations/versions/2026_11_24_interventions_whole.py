"""Records of restrictive interventions are whole when signed and withdrawn with a reason; what a visit ended is kept."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules
from migrations.rules import interventions_whole

revision = "0018_interventions_whole"
down_revision = "0017_refusals"
branch_labels = None
depends_on = None

_RECORDS = "restrictive_interventions"
_ADDED = {
    "ended_by_visit_id": sa.Uuid(),
    "withdrawn_at": tables.UtcDateTime(),
    "withdrawn_by": sa.Uuid(),
    "withdrawn_why": sa.Text(),
}


def _index(condition: str) -> None:
    op.drop_index("uq_restrictive_interventions_visit", _RECORDS)
    op.create_index(
        "uq_restrictive_interventions_visit", _RECORDS, ["visit_id", "kind"], unique=True,
        postgresql_where=sa.text(condition), sqlite_where=sa.text(condition),
    )  # fmt: skip


def upgrade() -> None:
    op.add_column("visits", sa.Column("ended_by_visit_id", sa.Uuid(), nullable=True))
    for name, kind in _ADDED.items():
        op.add_column(_RECORDS, sa.Column(name, kind, nullable=True))
    _index("visit_id IS NOT NULL AND withdrawn_at IS NULL")
    rules.put_up(interventions_whole)


def downgrade() -> None:
    rules.take_down(interventions_whole)
    # before, a visit had one record of a kind: what was withdrawn stands again, beside the visit
    op.execute(f"UPDATE {_RECORDS} SET visit_id = NULL WHERE withdrawn_at IS NOT NULL")
    _index("visit_id IS NOT NULL")
    for name in reversed(_ADDED):
        op.drop_column(_RECORDS, name)
    op.drop_column("visits", "ended_by_visit_id")
