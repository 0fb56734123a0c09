"""The days of a series and the times of the clock, against naive counting over every London day 2024 to 2035."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.spaces.series.occurrences import NoSuchTimeError, days_of, instant

FIRST, LAST = date(2024, 1, 1), date(2035, 12, 31)
LONDON = ZoneInfo("Europe/London")
some_day = st.dates(FIRST, LAST)


@given(some_day, st.integers(0, 400), st.sets(st.integers(1, 7), min_size=1), st.sampled_from([1, 2]))
def test_the_days_are_those_that_counting_them_one_by_one_finds(
    from_on: date, length: int, weekdays: set[int], every_weeks: int
) -> None:
    naive, week, day = [], 0, from_on
    while day <= from_on + timedelta(days=length):
        if day.isoweekday() in weekdays and week % every_weeks == 0:
            naive.append(day)
        day += timedelta(days=1)
        week += day.isoweekday() == 1
    assert list(days_of(from_on, from_on + timedelta(days=length), weekdays, every_weeks)) == naive


def shown_at(on: date) -> dict[str, list[datetime]]:
    """What the clocks show in each quarter of an hour from the evening before on: by looking, never by adding."""
    seen: dict[str, list[datetime]] = {}
    at = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(hours=2)
    for _ in range(28 * 4):
        local = at.astimezone(LONDON)
        if local.date() == on:
            seen.setdefault(local.strftime("%H:%M"), []).append(at)
        at += timedelta(minutes=15)
    return seen


def test_every_quarter_of_every_day_of_twelve_years_is_the_instant_at_which_the_clocks_show_it() -> None:
    odd, day = [], FIRST
    while day <= LAST:
        seen = shown_at(day)
        for minutes in range(0, 24 * 60, 15):
            at = time(minutes // 60, minutes % 60)
            there = seen.get(at.strftime("%H:%M"), [])
            try:
                found = [instant(day, at)]
            except NoSuchTimeError:
                odd.append((day, at))
                assert len(there) != 1, (day, at)
            else:
                assert found == there, (day, at)
        day += timedelta(days=1)
    assert len(odd) == 12 * 2 * 4, "the four quarters of one hour, twice a year"
    assert {(day.isoweekday(), at.hour) for day, at in odd} == {(7, 1)}


@pytest.mark.parametrize(("on", "words"), [(date(2027, 3, 28), "does not exist"), (date(2027, 10, 31), "comes twice")])
def test_the_hour_that_is_left_out_and_the_one_that_comes_twice_are_no_time(on: date, words: str) -> None:
    with pytest.raises(NoSuchTimeError, match=words):
        instant(on, time(1, 30))
    assert instant(on, time(2)) - instant(on, time(0, 59)) != timedelta(minutes=61)
