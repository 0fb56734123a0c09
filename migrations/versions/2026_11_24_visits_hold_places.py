"""An open visit holds its place against new bookings."""

from migrations import rules
from migrations.rules import visits_hold_places

revision = "0015_visits_hold_places"
down_revision = "0014_visits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rules.put_up(visits_hold_places)


def downgrade() -> None:
    rules.take_down(visits_hold_places)
