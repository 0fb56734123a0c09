"""The school calendar of the demo: children are in on school days, and on no others."""

from datetime import date, timedelta

import pytest

from iap_api.demo.school_years import academic_year
from iap_api.demo.terms import half_terms, school_days
from iap_api.schools.academic_years import faults
from iap_api.schools.school_calendar import year_in
from iap_api.schools.school_days import SchoolCalendar


def test_a_year_has_six_half_terms_with_the_usual_holidays_between_them() -> None:
    days = [(half.term, half.first.isoformat(), half.last.isoformat()) for half in half_terms(2026)]
    assert days == [
        ("autumn", "2026-09-02", "2026-10-23"),
        ("autumn", "2026-11-02", "2026-12-18"),
        ("spring", "2027-01-04", "2027-02-12"),
        ("spring", "2027-02-22", "2027-03-26"),
        ("summer", "2027-04-12", "2027-05-28"),
        ("summer", "2027-06-07", "2027-07-23"),
    ]


def test_nobody_comes_on_good_friday_or_on_may_day() -> None:
    around_easter = school_days(date(2027, 3, 24), date(2027, 3, 30))
    assert around_easter == [date(2027, 3, 24), date(2027, 3, 25)], "Good Friday is the 26th, Easter Monday the 29th"
    assert date(2026, 5, 4) not in school_days(date(2026, 5, 1), date(2026, 5, 8)), "the first Monday in May"
    # 21 April 2030 is Easter Sunday, after the holidays: the two bank holidays lie in the summer term
    assert {date(2030, 4, 19), date(2030, 4, 22)}.isdisjoint(school_days(date(2030, 4, 15), date(2030, 4, 26)))


def test_a_week_is_monday_to_friday_and_the_summer_is_empty() -> None:
    week = school_days(date(2026, 11, 21), date(2026, 11, 29))
    assert [day.day for day in week] == [23, 24, 25, 26, 27]
    assert school_days(date(2026, 7, 25), date(2026, 9, 1)) == []


@pytest.mark.parametrize("year", range(2024, 2036))
def test_the_published_calendar_has_the_days_on_which_the_demo_is_open_and_could_be_entered_as_it_is(year: int) -> None:
    published = academic_year(year)
    assert faults(published) == []
    year_of = year_in([published[name] for name in ("starts_on", "ends_on", "terms", "days_off")])
    first, last = year_of.starts_on, year_of.ends_on
    assert SchoolCalendar([year_of]).school_days(first, last) == school_days(first, last)
    kinds = {one.kind for one in year_of.days_off}
    assert kinds == {"half_term", "inset", "bank_holiday"}
    assert last - first >= timedelta(days=364)
