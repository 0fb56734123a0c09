"""first tables."""

import sqlalchemy as sa
from alembic import op

from iap_api.core import tables
from migrations import rules

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("set", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("verified", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("set", "code", name=op.f("pk_codes")),
    )
    op.create_table(
        "former_values",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_values")),
    )
    with op.batch_alter_table("former_values", schema=None) as batch_op:
        batch_op.create_index("ix_former_values_resource_id", ["resource_id"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("unique_key", sa.Text(), nullable=True),
        sa.Column("run_at", tables.UtcDateTime(), nullable=False),
        sa.Column("leased_until", tables.UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", tables.UtcDateTime(), nullable=True),
        sa.Column("failed_at", tables.UtcDateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_jobs_unique_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_waiting",
            ["run_at"],
            unique=False,
            postgresql_where=sa.text("done_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "kept_keys",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kept_at", tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "operation", "key", name=op.f("pk_kept_keys")),
    )
    with op.batch_alter_table("kept_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_keys_kept_at"), ["kept_at"], unique=False)

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("pupil_ids", sa.LargeBinary(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_ledger_entries_school_id_number")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_entries_unsealed",
            ["id"],
            unique=False,
            postgresql_where=sa.text("number IS NULL"),
            sqlite_where=sa.text("number IS NULL"),
        )

    op.create_table(
        "ledger_heads",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_ledger_heads")),
    )
    op.create_table(
        "places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=True),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('trust', 'school', 'base')", name=op.f("ck_places_kind")),
        sa.ForeignKeyConstraint(["school_id"], ["places.id"], name=op.f("fk_places_school_id")),
        sa.ForeignKeyConstraint(["trust_id"], ["places.id"], name=op.f("fk_places_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index("ix_places_school_id", ["school_id"], unique=False)
        batch_op.create_index("ix_places_trust_id", ["trust_id"], unique=False)

    op.create_table(
        "throttles",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", tables.UtcDateTime(), nullable=False),
        sa.Column("until", tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_throttles")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled_at", tables.UtcDateTime(), nullable=True),
        sa.Column("disabled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'client')", name=op.f("ck_accounts_kind")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_accounts_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_place_id"), ["place_id"], unique=False)

    op.create_table(
        "trusts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["places.id"], name=op.f("fk_trusts_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusts")),
    )
    op.create_table(
        "held_roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_held_roles_period")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_held_roles_account_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_held_roles_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_roles")),
    )
    with op.batch_alter_table("held_roles", schema=None) as batch_op:
        batch_op.create_index("ix_held_roles_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_held_roles_place_id", ["place_id"], unique=False)
        batch_op.create_index(
            "uq_held_roles_open",
            ["account_id", "role", "place_id"],
            unique=True,
            postgresql_where=sa.text("ends_on IS NULL"),
            sqlite_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "known_addresses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_known_addresses_account_id")),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_known_addresses")),
    )
    op.create_table(
        "schools",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("urn", sa.Text(), nullable=False),
        sa.Column("laestab", sa.Text(), nullable=True),
        sa.Column("ukprn", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind = 'member' OR trust_id IS NULL", name=op.f("ck_schools_partner_without_trust")),
        sa.CheckConstraint("kind IN ('member', 'partner')", name=op.f("ck_schools_kind")),
        sa.ForeignKeyConstraint(["id"], ["places.id"], name=op.f("fk_schools_id")),
        sa.ForeignKeyConstraint(["trust_id"], ["trusts.id"], name=op.f("fk_schools_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schools")),
        sa.UniqueConstraint("urn", name=op.f("uq_schools_urn")),
    )
    with op.batch_alter_table("schools", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schools_trust_id"), ["trust_id"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", tables.UtcDateTime(), nullable=False),
        sa.Column("expires_at", tables.UtcDateTime(), nullable=False),
        sa.Column("refresh_digest", sa.LargeBinary(), nullable=True),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("refresh_digest", name=op.f("uq_sign_ins_refresh_digest")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index("ix_sign_ins_account_id", ["account_id"], unique=False)

    op.create_table(
        "instruments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=True),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("instrument_version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("wording_owner", sa.Text(), nullable=False),
        sa.Column("youngest", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.Column("re_assessment_interval_weeks", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("norm_version", sa.Text(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", tables.UtcDateTime(), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_instruments_retired")),
        sa.CheckConstraint("status IN ('in_use', 'retired')", name=op.f("ck_instruments_status")),
        sa.CheckConstraint("(trust_id IS NULL) = (school_id IS NULL)", name=op.f("ck_instruments_owner")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_instruments_school_id")),
        sa.ForeignKeyConstraint(["trust_id"], ["trusts.id"], name=op.f("fk_instruments_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruments")),
        sa.UniqueConstraint(
            "trust_id", "key", "instrument_version", name=op.f("uq_instruments_trust_id_key_instrument_version")
        ),
    )
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.create_index("ix_instruments_school_id", ["school_id"], unique=False)
        batch_op.create_index(
            "uq_instruments_shipped",
            ["key", "instrument_version"],
            unique=True,
            postgresql_where=sa.text("trust_id IS NULL"),
            sqlite_where=sa.text("trust_id IS NULL"),
        )

    op.create_table(
        "pupils",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("trust_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("preferred_name", sa.Text(), nullable=True),
        sa.Column("search_name", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("nc_year_given", sa.Text(), nullable=True),
        sa.Column("upn", sa.Text(), nullable=True),
        sa.Column("upn_unknown_reason", sa.Text(), nullable=True),
        sa.Column("former_upn", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("first_language", sa.Text(), nullable=True),
        sa.Column("sen_provision", sa.Text(), nullable=False),
        sa.Column("sen_needs", tables.Codes(), nullable=False),
        sa.Column("ehcp_review_due_on", sa.Date(), nullable=True),
        sa.Column("pupil_premium", tables.Codes(), nullable=False),
        sa.Column("free_meals", sa.Boolean(), nullable=False),
        sa.Column("looked_after", sa.Boolean(), nullable=False),
        sa.Column("young_carer", sa.Text(), nullable=False),
        sa.Column("service_child", sa.Text(), nullable=False),
        sa.Column("allergies", sa.Text(), nullable=True),
        sa.Column("medical_note", sa.Text(), nullable=True),
        sa.Column("safeguarding_flag", sa.Boolean(), nullable=False),
        sa.Column("safeguarding_where", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_pupils_school_id")),
        sa.ForeignKeyConstraint(["trust_id"], ["trusts.id"], name=op.f("fk_pupils_trust_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupils")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_pupils_school_id_id")),
        sa.UniqueConstraint("trust_id", "upn", name=op.f("uq_pupils_trust_id_upn")),
    )
    with op.batch_alter_table("pupils", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pupils_search_name"), ["search_name"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_staff_account_id")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_staff_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_staff_school_id_id")),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index("ix_staff_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "uq_staff_one_per_account",
            ["school_id", "account_id"],
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )

    op.create_table(
        "bases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("lead_staff_id", sa.Uuid(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('support_base', 'specialist_base')", name=op.f("ck_bases_kind")),
        sa.ForeignKeyConstraint(["id"], ["places.id"], name=op.f("fk_bases_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "lead_staff_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_bases_school_id_lead_staff_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_bases_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bases")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_bases_school_id_id")),
    )
    op.create_table(
        "classes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("nc_years", tables.Codes(), nullable=False),
        sa.Column("teacher_staff_id", sa.Uuid(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "teacher_staff_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_classes_school_id_teacher_staff_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_classes_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
        sa.UniqueConstraint("school_id", "academic_year", "name", name=op.f("uq_classes_school_id_academic_year_name")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_classes_school_id_id")),
    )
    op.create_table(
        "registration_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=True),
        sa.Column("asked_for", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", tables.UtcDateTime(), nullable=True),
        sa.CheckConstraint("status IN ('asked', 'agreed', 'declined')", name=op.f("ck_registration_requests_status")),
        sa.ForeignKeyConstraint(["pupil_id"], ["pupils.id"], name=op.f("fk_registration_requests_pupil_id")),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_registration_requests_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_requests")),
    )
    with op.batch_alter_table("registration_requests", schema=None) as batch_op:
        batch_op.create_index("ix_registration_requests_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index("ix_registration_requests_school_id", ["school_id"], unique=False)
        batch_op.create_index(
            "uq_registration_requests_open",
            ["school_id", "asked_for"],
            unique=True,
            postgresql_where=sa.text("status = 'asked'"),
            sqlite_where=sa.text("status = 'asked'"),
        )

    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("enrolment_status", sa.Text(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('enrolled', 'placed', 'dual_registered', 'referred')", name=op.f("ck_registrations_kind")
        ),
        sa.ForeignKeyConstraint(["pupil_id"], ["pupils.id"], name=op.f("fk_registrations_pupil_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "class_id"],
            ["classes.school_id", "classes.id"],
            name=op.f("fk_registrations_school_id_class_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_registrations_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("school_id", "pupil_id", name=op.f("uq_registrations_school_id_pupil_id")),
    )
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.create_index("ix_registrations_pupil_id", ["pupil_id", "school_id"], unique=False)

    op.create_table(
        "resources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("zones", tables.Codes(), nullable=False),
        sa.Column("nurture_principle", sa.Text(), nullable=True),
        sa.Column("who_may_use", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("risk_note", sa.Text(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "category IN ('sensory', 'movement', 'calm', 'communication', 'learning')",
            name=op.f("ck_resources_category"),
        ),
        sa.CheckConstraint("issued BETWEEN 0 AND stock", name=op.f("ck_resources_issued")),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_resources_school_id_base_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_resources_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_resources_school_id_id")),
    )
    with op.batch_alter_table("resources", schema=None) as batch_op:
        batch_op.create_index("ix_resources_base_id", ["base_id"], unique=False)

    op.create_table(
        "spaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("features", tables.Codes(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('sensory_room', 'classroom', 'stem_room', 'economics_room', 'sensory_circuit', 'reintegration_classroom', 'retreat', 'outdoor')",
            name=op.f("ck_spaces_kind"),
        ),
        sa.CheckConstraint("places BETWEEN 1 AND 500", name=op.f("ck_spaces_places")),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_spaces_school_id_base_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name=op.f("fk_spaces_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spaces")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_spaces_school_id_id")),
    )
    with op.batch_alter_table("spaces", schema=None) as batch_op:
        batch_op.create_index("ix_spaces_base_id", ["base_id"], unique=False)

    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ends_at", tables.UtcDateTime(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("whole_base", sa.Boolean(), nullable=False),
        sa.Column("pupil_ids", tables.Ids(), nullable=False),
        sa.Column("staff_ids", tables.Ids(), nullable=False),
        sa.Column("takes_from", tables.Ids(), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=False),
        sa.Column("cancelled_at", tables.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status IN ('booked', 'cancelled')", name=op.f("ck_bookings_status")),
        sa.ForeignKeyConstraint(
            ["school_id", "space_id"], ["spaces.school_id", "spaces.id"], name=op.f("fk_bookings_school_id_space_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_bookings_school_id_id")),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index("ix_bookings_space_id", ["space_id", "starts_at"], unique=False)

    op.create_table(
        "caseloads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "why IN ('key_adult', 'class_teacher', 'therapy', 'referral', 'reintegration', 'granted')",
            name=op.f("ck_caseloads_why"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_caseloads_account_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_caseloads_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseloads")),
    )
    with op.batch_alter_table("caseloads", schema=None) as batch_op:
        batch_op.create_index("ix_caseloads_account_id", ["account_id", "pupil_id"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("parental_responsibility", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_contacts_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index("ix_contacts_pupil_id", ["pupil_id"], unique=False)

    op.create_table(
        "placements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("expected_until_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("sessions_per_week", sa.Integer(), nullable=False),
        sa.Column("key_adult_staff_id", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_placements_school_id_base_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "key_adult_staff_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_placements_school_id_key_adult_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_placements_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
    )
    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.create_index("ix_placements_base_id", ["base_id", "pupil_id"], unique=False)
        batch_op.create_index("ix_placements_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index(
            "uq_placements_one_at_a_time",
            ["pupil_id"],
            unique=True,
            postgresql_where=sa.text("until_on IS NULL"),
            sqlite_where=sa.text("until_on IS NULL"),
        )

    op.create_table(
        "profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("norm_version", sa.Text(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("age_years", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("completed_at", tables.UtcDateTime(), nullable=True),
        sa.Column("completed_by", sa.Uuid(), nullable=True),
        sa.Column("scores", sa.Text(), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("correction_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_profiles_withdrawn")),
        sa.CheckConstraint(
            "(status IN ('completed', 'superseded')) = (completed_at IS NOT NULL AND completed_by IS NOT NULL AND scores IS NOT NULL)",
            name=op.f("ck_profiles_signed"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'completed', 'superseded', 'withdrawn')", name=op.f("ck_profiles_status")
        ),
        sa.CheckConstraint("supersedes_id <> id", name=op.f("ck_profiles_another")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.id"], name=op.f("fk_profiles_instrument_id")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_profiles_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "supersedes_id"],
            ["profiles.school_id", "profiles.id"],
            name=op.f("fk_profiles_school_id_supersedes_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_profiles_school_id_id")),
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index("ix_profiles_instrument_id", ["instrument_id"], unique=False)
        batch_op.create_index("ix_profiles_pupil_id", ["pupil_id", "id"], unique=False)
        batch_op.create_index(
            "uq_profiles_superseded_once",
            ["supersedes_id"],
            unique=True,
            postgresql_where=sa.text("status <> 'withdrawn'"),
            sqlite_where=sa.text("status <> 'withdrawn'"),
        )

    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("scheduled_at", tables.UtcDateTime(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("chair_staff_id", sa.Uuid(), nullable=True),
        sa.Column("held_at", tables.UtcDateTime(), nullable=True),
        sa.Column("attendees", sa.JSON(), nullable=False),
        sa.Column("parent_present", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("next_review_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", tables.UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", tables.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('continue', 'step_up_reintegration', 'exit', 'refer_on')", name=op.f("ck_reviews_decision")
        ),
        sa.CheckConstraint("kind IN ('six_weekly', 'termly', 'ehcp_annual', 'early')", name=op.f("ck_reviews_kind")),
        sa.CheckConstraint(
            "status <> 'closed' OR (decision IS NOT NULL AND closed_at IS NOT NULL AND (decision = 'exit' OR next_due_on IS NOT NULL))",
            name=op.f("ck_reviews_closed"),
        ),
        sa.CheckConstraint("status <> 'scheduled' OR scheduled_at IS NOT NULL", name=op.f("ck_reviews_scheduled")),
        sa.CheckConstraint(
            "status IN ('due', 'scheduled', 'held', 'closed', 'cancelled')", name=op.f("ck_reviews_status")
        ),
        sa.CheckConstraint("status NOT IN ('held', 'closed') OR held_at IS NOT NULL", name=op.f("ck_reviews_held")),
        sa.ForeignKeyConstraint(
            ["school_id", "chair_staff_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_reviews_school_id_chair_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "next_review_id", "pupil_id"],
            ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
            name=op.f("fk_reviews_school_id_next_review_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_reviews_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("school_id", "id", "pupil_id", name=op.f("uq_reviews_school_id_id_pupil_id")),
    )
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.create_index("ix_reviews_pupil_id", ["pupil_id", "due_on"], unique=False)

    op.create_table(
        "toolboxes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("locker", sa.Text(), nullable=False),
        sa.Column("locker_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "base_id"], ["bases.school_id", "bases.id"], name=op.f("fk_toolboxes_school_id_base_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_toolboxes_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_toolboxes")),
        sa.UniqueConstraint("school_id", "pupil_id", "id", name=op.f("uq_toolboxes_school_id_pupil_id_id")),
    )
    with op.batch_alter_table("toolboxes", schema=None) as batch_op:
        batch_op.create_index("ix_toolboxes_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index(
            "uq_toolboxes_one_per_locker",
            ["base_id", "locker_key"],
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )
        batch_op.create_index(
            "uq_toolboxes_one_per_pupil",
            ["pupil_id"],
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )

    op.create_table(
        "zone_check_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("at", tables.UtcDateTime(), nullable=False),
        sa.Column("zones", tables.Codes(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_zone_check_ins_school_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_check_ins")),
    )
    with op.batch_alter_table("zone_check_ins", schema=None) as batch_op:
        batch_op.create_index("ix_zone_check_ins_pupil_id", ["pupil_id", "at"], unique=False)

    op.create_table(
        "booking_takings",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("inner_id", sa.Uuid(), nullable=False),
        sa.Column("outer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "inner_id"],
            ["bookings.school_id", "bookings.id"],
            name=op.f("fk_booking_takings_school_id_inner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "outer_id"],
            ["bookings.school_id", "bookings.id"],
            name=op.f("fk_booking_takings_school_id_outer_id"),
        ),
        sa.PrimaryKeyConstraint("inner_id", "outer_id", name=op.f("pk_booking_takings")),
    )
    op.create_table(
        "presences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ends_at", tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "booking_id"],
            ["bookings.school_id", "bookings.id"],
            name=op.f("fk_presences_school_id_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_presences_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "space_id"], ["spaces.school_id", "spaces.id"], name=op.f("fk_presences_school_id_space_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "staff_id"], ["staff.school_id", "staff.id"], name=op.f("fk_presences_school_id_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presences")),
    )
    op.create_table(
        "profile_answers",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", tables.UtcDateTime(), nullable=False),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name=op.f("ck_profile_answers_value")),
        sa.ForeignKeyConstraint(
            ["school_id", "profile_id"],
            ["profiles.school_id", "profiles.id"],
            name=op.f("fk_profile_answers_school_id_profile_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profile_id", "item", name=op.f("pk_profile_answers")),
    )
    op.create_table(
        "review_addenda",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_review_addenda_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "review_id", "pupil_id"],
            ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
            name=op.f("fk_review_addenda_school_id_review_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_addenda")),
    )
    with op.batch_alter_table("review_addenda", schema=None) as batch_op:
        batch_op.create_index("ix_review_addenda_review_id", ["review_id"], unique=False)

    op.create_table(
        "review_contributions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "by IN ('pupil_voice', 'parent_voice', 'teaching_assistant', 'class_teacher', 'therapist', 'senco', 'referrer', 'other')",
            name=op.f("ck_review_contributions_by"),
        ),
        sa.CheckConstraint("medium <> 'declined' OR words IS NULL", name=op.f("ck_review_contributions_declined")),
        sa.CheckConstraint(
            "medium IN ('spoken', 'written', 'drawn', 'symbol', 'declined')",
            name=op.f("ck_review_contributions_medium"),
        ),
        sa.CheckConstraint(
            "medium NOT IN ('spoken', 'written') OR words IS NOT NULL", name=op.f("ck_review_contributions_words")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_review_contributions_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "review_id", "pupil_id"],
            ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
            name=op.f("fk_review_contributions_school_id_review_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_contributions")),
    )
    with op.batch_alter_table("review_contributions", schema=None) as batch_op:
        batch_op.create_index("ix_review_contributions_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index("ix_review_contributions_review_id", ["review_id"], unique=False)

    op.create_table(
        "targets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("strand", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("baseline", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("level_note", sa.Text(), nullable=True),
        sa.Column("level_set_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("level BETWEEN -2 AND 2", name=op.f("ck_targets_level")),
        sa.CheckConstraint("weight BETWEEN 1 AND 10", name=op.f("ck_targets_weight")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_targets_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "review_id", "pupil_id"],
            ["reviews.school_id", "reviews.id", "reviews.pupil_id"],
            name=op.f("fk_targets_school_id_review_id_pupil_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
    )
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.create_index("ix_targets_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index("ix_targets_review_id", ["review_id"], unique=False)

    op.create_table(
        "toolbox_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("toolbox_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("issued_at", tables.UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("returned_at", tables.UtcDateTime(), nullable=True),
        sa.Column("returned_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("returned_at IS NULL OR returned_at >= issued_at", name=op.f("ck_toolbox_items_period")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id", "toolbox_id"],
            ["toolboxes.school_id", "toolboxes.pupil_id", "toolboxes.id"],
            name=op.f("fk_toolbox_items_school_id_pupil_id_toolbox_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_toolbox_items_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "resource_id"],
            ["resources.school_id", "resources.id"],
            name=op.f("fk_toolbox_items_school_id_resource_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_toolbox_items")),
        sa.UniqueConstraint("school_id", "id", name=op.f("uq_toolbox_items_school_id_id")),
    )
    with op.batch_alter_table("toolbox_items", schema=None) as batch_op:
        batch_op.create_index("ix_toolbox_items_pupil_id", ["pupil_id"], unique=False)
        batch_op.create_index("ix_toolbox_items_resource_id", ["resource_id"], unique=False)
        batch_op.create_index("ix_toolbox_items_toolbox_id", ["toolbox_id"], unique=False)

    op.create_table(
        "uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", tables.UtcDateTime(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("toolbox_item_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", tables.UtcDateTime(), nullable=False),
        sa.Column("ended_at", tables.UtcDateTime(), nullable=False),
        sa.Column("zones_before", tables.Codes(), nullable=False),
        sa.Column("zones_after", tables.Codes(), nullable=False),
        sa.Column("helped", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", tables.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("helped IS NULL OR helped IN ('yes', 'partly', 'no')", name=op.f("ck_uses_helped")),
        sa.CheckConstraint("ended_at > started_at", name=op.f("ck_uses_period")),
        sa.ForeignKeyConstraint(
            ["school_id", "pupil_id"],
            ["registrations.school_id", "registrations.pupil_id"],
            name=op.f("fk_uses_school_id_pupil_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "resource_id"],
            ["resources.school_id", "resources.id"],
            name=op.f("fk_uses_school_id_resource_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "toolbox_item_id"],
            ["toolbox_items.school_id", "toolbox_items.id"],
            name=op.f("fk_uses_school_id_toolbox_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uses")),
    )
    with op.batch_alter_table("uses", schema=None) as batch_op:
        batch_op.create_index("ix_uses_pupil_id", ["pupil_id", "started_at"], unique=False)
        batch_op.create_index("ix_uses_resource_id", ["resource_id", "started_at"], unique=False)

    rules.put_up()


def downgrade() -> None:
    rules.take_down()
    with op.batch_alter_table("uses", schema=None) as batch_op:
        batch_op.drop_index("ix_uses_resource_id")
        batch_op.drop_index("ix_uses_pupil_id")

    op.drop_table("uses")
    with op.batch_alter_table("toolbox_items", schema=None) as batch_op:
        batch_op.drop_index("ix_toolbox_items_toolbox_id")
        batch_op.drop_index("ix_toolbox_items_resource_id")
        batch_op.drop_index("ix_toolbox_items_pupil_id")

    op.drop_table("toolbox_items")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_index("ix_targets_review_id")
        batch_op.drop_index("ix_targets_pupil_id")

    op.drop_table("targets")
    with op.batch_alter_table("review_contributions", schema=None) as batch_op:
        batch_op.drop_index("ix_review_contributions_review_id")
        batch_op.drop_index("ix_review_contributions_pupil_id")

    op.drop_table("review_contributions")
    with op.batch_alter_table("review_addenda", schema=None) as batch_op:
        batch_op.drop_index("ix_review_addenda_review_id")

    op.drop_table("review_addenda")
    op.drop_table("profile_answers")
    op.drop_table("presences")
    op.drop_table("booking_takings")
    with op.batch_alter_table("zone_check_ins", schema=None) as batch_op:
        batch_op.drop_index("ix_zone_check_ins_pupil_id")

    op.drop_table("zone_check_ins")
    with op.batch_alter_table("toolboxes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_toolboxes_one_per_pupil",
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )
        batch_op.drop_index(
            "uq_toolboxes_one_per_locker",
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )
        batch_op.drop_index("ix_toolboxes_pupil_id")

    op.drop_table("toolboxes")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_index("ix_reviews_pupil_id")

    op.drop_table("reviews")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_profiles_superseded_once",
            postgresql_where=sa.text("status <> 'withdrawn'"),
            sqlite_where=sa.text("status <> 'withdrawn'"),
        )
        batch_op.drop_index("ix_profiles_pupil_id")
        batch_op.drop_index("ix_profiles_instrument_id")

    op.drop_table("profiles")
    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_placements_one_at_a_time",
            postgresql_where=sa.text("until_on IS NULL"),
            sqlite_where=sa.text("until_on IS NULL"),
        )
        batch_op.drop_index("ix_placements_pupil_id")
        batch_op.drop_index("ix_placements_base_id")

    op.drop_table("placements")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_index("ix_contacts_pupil_id")

    op.drop_table("contacts")
    with op.batch_alter_table("caseloads", schema=None) as batch_op:
        batch_op.drop_index("ix_caseloads_account_id")

    op.drop_table("caseloads")
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.drop_index("ix_bookings_space_id")

    op.drop_table("bookings")
    with op.batch_alter_table("spaces", schema=None) as batch_op:
        batch_op.drop_index("ix_spaces_base_id")

    op.drop_table("spaces")
    with op.batch_alter_table("resources", schema=None) as batch_op:
        batch_op.drop_index("ix_resources_base_id")

    op.drop_table("resources")
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_index("ix_registrations_pupil_id")

    op.drop_table("registrations")
    with op.batch_alter_table("registration_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_registration_requests_open",
            postgresql_where=sa.text("status = 'asked'"),
            sqlite_where=sa.text("status = 'asked'"),
        )
        batch_op.drop_index("ix_registration_requests_school_id")
        batch_op.drop_index("ix_registration_requests_pupil_id")

    op.drop_table("registration_requests")
    op.drop_table("classes")
    op.drop_table("bases")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_staff_one_per_account",
            postgresql_where=sa.text("ended_on IS NULL"),
            sqlite_where=sa.text("ended_on IS NULL"),
        )
        batch_op.drop_index("ix_staff_account_id")

    op.drop_table("staff")
    with op.batch_alter_table("pupils", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pupils_search_name"))

    op.drop_table("pupils")
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_instruments_shipped",
            postgresql_where=sa.text("trust_id IS NULL"),
            sqlite_where=sa.text("trust_id IS NULL"),
        )
        batch_op.drop_index("ix_instruments_school_id")

    op.drop_table("instruments")
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_ins_account_id")

    op.drop_table("sign_ins")
    with op.batch_alter_table("schools", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schools_trust_id"))

    op.drop_table("schools")
    op.drop_table("known_addresses")
    with op.batch_alter_table("held_roles", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_held_roles_open", postgresql_where=sa.text("ends_on IS NULL"), sqlite_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index("ix_held_roles_place_id")
        batch_op.drop_index("ix_held_roles_account_id")

    op.drop_table("held_roles")
    op.drop_table("trusts")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_place_id"))

    op.drop_table("accounts")
    op.drop_table("throttles")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index("ix_places_trust_id")
        batch_op.drop_index("ix_places_school_id")

    op.drop_table("places")
    op.drop_table("ledger_heads")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_entries_unsealed",
            postgresql_where=sa.text("number IS NULL"),
            sqlite_where=sa.text("number IS NULL"),
        )

    op.drop_table("ledger_entries")
    with op.batch_alter_table("kept_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_keys_kept_at"))

    op.drop_table("kept_keys")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_waiting", postgresql_where=sa.text("done_at IS NULL"), sqlite_where=sa.text("done_at IS NULL")
        )

    op.drop_table("jobs")
    with op.batch_alter_table("former_values", schema=None) as batch_op:
        batch_op.drop_index("ix_former_values_resource_id")

    op.drop_table("former_values")
    op.drop_table("codes")
