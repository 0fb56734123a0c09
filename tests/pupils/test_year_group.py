"""The year a child is in, by hand: 31 August is the old year, 1 September the new."""

from datetime import date

import pytest

from iap_api.pupils.year_group import academic_year, nc_year

AUTUMN, SUMMER = date(2026, 11, 24), date(2026, 7, 15)


@pytest.mark.parametrize(
    ("born_on", "on", "year"),
    [
        (date(2022, 8, 31), AUTUMN, "R"),
        (date(2022, 9, 1), AUTUMN, "N2"),
        (date(2021, 9, 1), AUTUMN, "R"),
        (date(2021, 8, 31), AUTUMN, "1"),
        (date(2017, 8, 31), AUTUMN, "5"),
        (date(2017, 9, 1), AUTUMN, "4"),
        (date(2017, 9, 1), SUMMER, "3"),
        (date(2017, 8, 31), SUMMER, "4"),
        (date(2017, 5, 4), date(2026, 8, 31), "4"),
        (date(2017, 5, 4), date(2026, 9, 1), "5"),
        (date(2016, 2, 29), AUTUMN, "6"),
        (date(2015, 9, 1), AUTUMN, "6"),
        (date(2015, 8, 31), AUTUMN, "7"),
        (date(2010, 8, 31), AUTUMN, "12"),
        (date(2008, 12, 25), AUTUMN, "13"),
        (date(2007, 9, 1), AUTUMN, "14"),
        (date(2007, 8, 31), AUTUMN, "X"),
        (date(2024, 8, 31), AUTUMN, "N1"),
        (date(2023, 9, 1), AUTUMN, "N1"),
        (date(2023, 8, 31), AUTUMN, "N2"),
        (date(2024, 9, 1), AUTUMN, "X"),
        (date(2026, 11, 1), AUTUMN, "X"),
    ],
)
def test_the_year_of_a_child(born_on: date, on: date, year: str) -> None:
    assert nc_year(born_on, on) == year


@pytest.mark.parametrize(
    ("on", "began"),
    [(date(2026, 8, 31), 2025), (date(2026, 9, 1), 2026), (date(2027, 1, 1), 2026), (date(2026, 12, 31), 2026)],
)
def test_the_academic_year_begins_on_the_first_of_september(on: date, began: int) -> None:
    assert academic_year(on) == began
