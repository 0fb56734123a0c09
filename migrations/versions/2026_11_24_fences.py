"""Row security on every table that holds a school's data (PostgreSQL alone)."""

from alembic import op

from migrations.rules.fences import (
    about_pupil,
    about_pupils,
    fence,
    own_school,
    part_of,
    put_up_functions,
    take_down_functions,
    unfence,
)

revision = "0002_fences"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHOOLS = ("bases", "classes", "ledger_heads", "spaces", "staff")
ABOUT_A_PUPIL = (
    "caseloads", "contacts", "placements", "presences", "profiles", "registrations", "review_addenda", "review_contributions", "reviews", "targets", "toolbox_items", "toolboxes", "uses",
    "zone_check_ins",
)  # fmt: skip
HISTORIES = ("former_values", "ledger_entries")
OTHERS = {
    "pupils": about_pupil("id"),
    # the school that keeps the file decides, even when the pupil has left it
    "registration_requests": part_of("pupils", "pupil_id"),
    "bookings": about_pupils("pupil_ids"),
    "booking_takings": part_of("bookings", "inner_id"),
    "profile_answers": part_of("profiles", "profile_id"),
    # what a visiting pupil has from a cupboard is read by the school she comes from
    "resources": part_of("toolbox_items", "resources.id", parents_own="resource_id"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        put_up_functions()
    for table in SCHOOLS:
        fence(table, own_school())
    for table in ABOUT_A_PUPIL:
        fence(table, about_pupil())
    for table in HISTORIES:
        fence(table, own_school(), grows=True)
    for table, visible in OTHERS.items():
        fence(table, visible)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    unfence((*SCHOOLS, *ABOUT_A_PUPIL, *HISTORIES, *OTHERS))
    take_down_functions()
