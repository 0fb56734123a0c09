"""Every table is either walked for a pupil or set apart with a reason, and no new one slips through (reliability 6)."""

from uuid import UUID

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, LargeBinary, MetaData, Table, Text, Uuid
from sqlmodel import SQLModel

from iap_api import every_table
from iap_api.core.tables import Ids
from iap_api.records.kept_apart import EXCLUDED
from iap_api.records.walk import tables_about_a_pupil, walk

PUPIL = UUID("01890000-0000-7000-8000-000000000001")


def test_a_table_is_about_pupils_or_set_apart_and_never_both() -> None:
    assert every_table.PACKAGES
    walked = {about.name for about in tables_about_a_pupil()}
    assert walked | set(EXCLUDED) == set(SQLModel.metadata.tables)
    assert not walked & set(EXCLUDED), "a table that refers to a pupil cannot be set apart"


def test_whatever_is_set_apart_has_a_reason() -> None:
    assert all(len(reason) > 15 for reason in EXCLUDED.values())


# a number, not a child
HARMLESS = {"pupils_per_adult"}


def test_nothing_is_set_apart_that_smells_of_a_pupil() -> None:
    smelling = {
        f"{name}.{column.name}"
        for name in EXCLUDED
        for column in SQLModel.metadata.tables[name].columns
        if column.name not in HARMLESS
        and ("pupil" in column.name or any("pupil" in str(key.target_fullname) for key in column.foreign_keys))
    }
    assert not smelling


def test_known_tables_are_found_the_way_they_refer() -> None:
    how = {about.name: about.how for about in tables_about_a_pupil()}
    assert how["pupils"] == "the pupil"
    assert how["contacts"] == "foreign key"
    assert how["bookings"] == "column pupil_ids"
    assert how["ledger_entries"] == "column pupil_ids"
    assert how["profile_answers"] == "through profiles"
    assert how["booking_takings"] == "through bookings"
    assert how["former_values"] == how["kept_keys"] == "resource_id of any record"


def test_rows_that_may_be_about_others_too_are_said_to_be_shared() -> None:
    shared = {about.name for about in tables_about_a_pupil() if about.shared}
    assert {"bookings", "booking_takings", "ledger_entries", "former_values", "kept_keys"} <= shared
    assert not shared & {"pupils", "contacts", "profiles", "profile_answers", "presences"}


def _small_world() -> MetaData:
    metadata = MetaData()
    Table("pupils", metadata, Column("id", Uuid(), primary_key=True), Column("school_id", Uuid()))
    Table(
        "registrations", metadata, Column("school_id", Uuid(), primary_key=True),
        Column("pupil_id", Uuid(), ForeignKey("pupils.id"), primary_key=True),
    )  # fmt: skip
    return metadata


def test_a_table_of_tomorrow_is_found_however_it_refers() -> None:
    metadata = _small_world()
    Table(
        "by_composite_key", metadata, Column("id", Uuid(), primary_key=True), Column("school_id", Uuid()),
        Column("child", Uuid()),
        ForeignKeyConstraint(["school_id", "child"], ["registrations.school_id", "registrations.pupil_id"]),
    )  # fmt: skip
    Table("by_name", metadata, Column("pupil_id", Uuid()))
    Table("by_longer_name", metadata, Column("home_pupil_id", Uuid()))
    Table("by_list", metadata, Column("pupil_ids", Ids()))
    Table("by_packed", metadata, Column("pupil_ids", LargeBinary()))
    Table("child", metadata, Column("id", Uuid(), primary_key=True), Column("of", ForeignKey("by_composite_key.id")))
    Table("grandchild", metadata, Column("of", ForeignKey("child.id")), Column("words", Text()))
    Table("by_record", metadata, Column("resource_id", Uuid()))
    Table("rooms", metadata, Column("id", Uuid(), primary_key=True), Column("school_id", Uuid()))
    walked = [about.name for about in walk(metadata)]
    assert set(walked) == set(metadata.tables) - {"rooms"}
    assert walked.index("child") < walked.index("grandchild") < walked.index("by_record")
    assert walked[-1] == "by_record"


def test_each_walked_table_has_a_statement_for_its_rows() -> None:
    for about in tables_about_a_pupil():
        assert f"FROM {about.name}" in str(about.select(PUPIL))
