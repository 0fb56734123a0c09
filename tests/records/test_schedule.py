"""The schedule, by example: when a class is no longer kept, and what goes of one pupil on a day."""

from datetime import date

from sqlmodel import SQLModel

from iap_api import every_table
from iap_api.records.plan import erasable
from iap_api.records.schedule import BY_NAME, CLASSES, RECORD, class_of, due, kept_until, years_of
from iap_api.records.walk import tables_about_a_pupil

YEARS = years_of({})


def test_a_pupils_record_is_kept_until_25_and_a_sen_file_until_31() -> None:
    assert (YEARS["pupil_record"], YEARS["sen_file"]) == (25, 31)
    assert {one.name for one in CLASSES if one.tag == "verified"} == {"pupil_record", "sen_file"}


def test_it_is_kept_until_the_birthday_and_a_child_of_29_february_until_1_march() -> None:
    assert kept_until(date(2000, 5, 4), 25) == date(2025, 5, 4)
    assert kept_until(date(2000, 2, 29), 25) == date(2025, 3, 1)
    assert kept_until(date(2000, 2, 29), 28) == date(2028, 2, 29)


def test_a_pupils_own_record_goes_last() -> None:
    born, held = date(2000, 5, 4), {"pupil_record": 2, "bookings": 9, "sen_file": 1}
    assert due(born, date(2025, 5, 3), held, YEARS) == frozenset()
    assert due(born, date(2025, 5, 4), held, YEARS) == {"bookings"}
    assert due(born, date(2031, 5, 4), held, YEARS) == {"bookings", "sen_file", "pupil_record"}
    assert due(born, date(2025, 5, 4), {"pupil_record": 2, "sen_file": 0}, YEARS) == {"pupil_record"}


def test_a_trust_lengthens_and_shortens_within_bounds() -> None:
    assert years_of({"sen_file": 40})["sen_file"] == 40
    for one in CLASSES:
        assert one.least <= one.years <= one.most
    assert BY_NAME[RECORD].least >= 18, "nobody is forgotten while they are a child"


def test_every_table_about_a_pupil_is_in_a_class_and_none_leans_on_one_that_may_go_before_it() -> None:
    assert every_table.PACKAGES
    classes = {about.name: class_of(about) for about in tables_about_a_pupil()}
    assert set(classes.values()) <= set(BY_NAME)
    taken = {about.name for about in erasable()}
    for name in taken:
        for key in SQLModel.metadata.tables[name].foreign_key_constraints:
            parent = key.referred_table.name
            if parent in taken:
                assert classes[parent] in (classes[name], RECORD), (name, parent)
