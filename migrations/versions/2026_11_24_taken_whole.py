"""A meeting, and work on the room, take their space whole."""

from migrations import rules
from migrations.rules import taken_whole

revision = "0020_taken_whole"
down_revision = "0019_left_out"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rules.put_up(taken_whole)


def downgrade() -> None:
    rules.take_down(taken_whole)
