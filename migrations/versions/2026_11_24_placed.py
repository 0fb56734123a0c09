"""A placement of today opens a child's record behind the second fence, as it does before the first."""

from migrations.rules.fences import let_placements_open

revision = "0009_placed"
down_revision = "0008_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    let_placements_open(True)


def downgrade() -> None:
    let_placements_open(False)
