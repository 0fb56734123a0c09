"""The clock of a subject request: month ends, weekends, pauses and extensions, by example and by property."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.records.request_clock import (
    Pause,
    acknowledge_by,
    begins_on,
    due_on,
    educational_record_due_on,
    months_later,
    working_day,
)
from iap_api.schools.school_days import DayOff, SchoolCalendar, Term, Year

DAYS = st.dates(date(2026, 2, 5), date(2060, 12, 31))


@st.composite
def clocks(draw: st.DrawFn) -> tuple[date, list[Pause]]:
    """A request with ended pauses, one after the other, none before it came in."""
    received = draw(DAYS)
    edges = sorted(draw(st.lists(st.integers(0, 200), max_size=6)))
    pauses = [
        Pause(
            draw(st.sampled_from(["identity", "clarification"])), received + timedelta(one), received + timedelta(two)
        )
        for one, two in list(pairwise(edges))[::2]
    ]
    return received, pauses


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 9, 3), date(2026, 10, 5)),  # the 3rd is a Saturday
        (date(2026, 9, 8), date(2026, 10, 8)),
        (date(2026, 8, 31), date(2026, 9, 30)),  # September has no 31st
        (date(2027, 1, 31), date(2027, 3, 1)),  # 28 February 2027 is a Sunday
        (date(2027, 12, 30), date(2028, 1, 31)),  # the 30th is a Sunday
        (date(2028, 1, 30), date(2028, 2, 29)),  # a leap year
        (date(2026, 12, 15), date(2027, 1, 15)),  # over the school holidays, and over the year
        (date(2026, 7, 22), date(2026, 8, 24)),  # summer: the 22nd is a Saturday; the holiday stops nothing
    ],
)
def test_one_calendar_month(received: date, due: date) -> None:
    assert due_on(received) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 9, 8), date(2026, 12, 8)),
        (date(2026, 11, 30), date(2027, 3, 1)),
        (date(2027, 11, 30), date(2028, 2, 29)),
    ],
)
def test_an_extension_makes_it_three_months_from_receipt(received: date, due: date) -> None:
    assert due_on(received, extended=True) == due


def test_days_of_waiting_for_a_clarification_do_not_count() -> None:
    pause = Pause("clarification", date(2026, 9, 10), date(2026, 9, 24))
    assert due_on(date(2026, 9, 8), [pause]) == date(2026, 10, 22)


def test_the_month_begins_when_identity_is_proved() -> None:
    pause = Pause("identity", date(2026, 9, 8), date(2026, 9, 29))
    assert begins_on(date(2026, 9, 8), [pause]) == date(2026, 9, 29)
    assert due_on(date(2026, 9, 8), [pause]) == date(2026, 10, 29)


def test_waiting_before_the_month_began_is_not_taken_off_twice() -> None:
    asked = Pause("clarification", date(2026, 9, 8), date(2026, 9, 18))
    proved = Pause("identity", date(2026, 9, 18), date(2026, 9, 29))
    assert due_on(date(2026, 9, 8), [asked, proved]) == date(2026, 10, 29)


@pytest.mark.parametrize("why", ["identity", "clarification"])
def test_while_it_stands_still_there_is_no_day(why: str) -> None:
    assert due_on(date(2026, 9, 8), [Pause(why, date(2026, 9, 9), None)]) is None  # type: ignore[arg-type]


def test_a_maintained_school_shows_the_educational_record_within_fifteen_school_days() -> None:
    assert educational_record_due_on(date(2026, 11, 24), SchoolCalendar()) == (date(2026, 12, 15), False)
    term = Term("Autumn", date(2026, 9, 2), date(2026, 12, 18))
    inset = DayOff("inset", "INSET", date(2026, 11, 30), date(2026, 11, 30))
    calendar = SchoolCalendar([Year(date(2026, 9, 1), date(2027, 8, 31), [term], [inset])])
    assert educational_record_due_on(date(2026, 11, 24), calendar) == (date(2026, 12, 16), True)


def test_a_complaint_is_acknowledged_within_thirty_days() -> None:
    assert acknowledge_by(date(2026, 11, 24)) == date(2026, 12, 24)


@given(DAYS, st.integers(0, 40))
def test_months_keep_the_date_or_end_with_their_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and later.day == monthrange(later.year, later.month)[1])


@given(DAYS)
def test_a_working_day_is_the_day_or_the_next_that_is_no_weekend(day: date) -> None:
    found = working_day(day)
    assert found.weekday() < 5
    assert 0 <= (found - day).days <= 2
    assert (found == day) == (day.weekday() < 5)


@given(clocks(), st.booleans())
def test_the_day_is_a_working_day_at_least_four_weeks_after_receipt(
    clock: tuple[date, list[Pause]], extended: bool
) -> None:
    due = due_on(*clock, extended=extended)
    assert due is not None
    assert due.weekday() < 5
    assert due - clock[0] >= timedelta(days=28 + 59 * extended)


@given(clocks())
def test_an_extension_only_ever_gives_time(clock: tuple[date, list[Pause]]) -> None:
    plain, longer = due_on(*clock), due_on(*clock, extended=True)
    assert plain is not None
    assert longer is not None
    assert 57 <= (longer - plain).days <= 64


@given(clocks(), st.integers(0, 90))
def test_a_further_pause_only_ever_gives_time_and_no_more_than_it_lasted(
    clock: tuple[date, list[Pause]], lasts: int
) -> None:
    received, pauses = clock
    last = max([received, *(one.until_on for one in pauses if one.until_on)])
    before = due_on(received, pauses)
    after = due_on(received, [*pauses, Pause("clarification", last, last + timedelta(lasts))])
    assert before is not None
    assert after is not None
    # two days more where the later day falls on a weekend
    assert 0 <= (after - before).days <= lasts + 2


@given(DAYS, st.integers(1, 60))
def test_the_order_of_receipt_is_the_order_of_the_days(received: date, later: int) -> None:
    first, second = due_on(received), due_on(received + timedelta(later))
    assert first is not None
    assert second is not None
    assert first <= second


@given(DAYS, st.integers(1, 60))
def test_without_a_calendar_weekdays_are_counted_one_by_one(day: date, count: int) -> None:
    later = SchoolCalendar().ahead(day, count).on
    passed = [day + timedelta(one) for one in range(1, (later - day).days + 1)]
    assert sum(one.weekday() < 5 for one in passed) == count
    assert later.weekday() < 5
