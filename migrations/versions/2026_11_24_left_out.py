"""A closure names the bookings that some pupils were left out of when they could not go back."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables

revision = "0019_left_out"
down_revision = "0018_interventions_whole"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    nobody = sa.text("'{}'" if on_postgresql else "'[]'")
    op.add_column("closures", sa.Column("left_out_booking_ids", tables.Ids(), nullable=False, server_default=nobody))
    if on_postgresql:
        op.alter_column("closures", "left_out_booking_ids", server_default=None)


def downgrade() -> None:
    op.drop_column("closures", "left_out_booking_ids")
