"""Which days are school days: a school's calendar as plain values, asked day by day, between two days, and ahead."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
# a longer gap between two academic years is a year that nobody entered, not a summer
LONGEST_SUMMER = timedelta(days=100)
# which of several days off names the day; a day off names it sooner than a holiday between terms does
_FIRST_NAMED = ("bank_holiday", "inset", "half_term", "holiday")


class Term(NamedTuple):
    """A term from its first to its last day."""

    name: str
    starts_on: date
    ends_on: date


class DayOff(NamedTuple):
    """Days off from the first to the last: half_term, inset, bank_holiday or holiday."""

    kind: str
    name: str
    from_on: date
    until_on: date


class Year(NamedTuple):
    """An academic year with what lies in it."""

    starts_on: date
    ends_on: date
    terms: Sequence[Term]
    days_off: Sequence[DayOff]


class SchoolDay(NamedTuple):
    """What one day is; `is_school_day` is None where no calendar tells, and then the reason is `no_calendar`."""

    on: date
    is_school_day: bool | None
    reason: str | None = None
    name: str | None = None
    term: str | None = None


class DayAhead(NamedTuple):
    """A day some school days ahead, and whether the calendar told every one of them."""

    on: date
    by_calendar: bool


class SchoolCalendar:
    """The academic years of one school, none sharing a day with another."""

    def __init__(self, years: Iterable[Year] = ()) -> None:
        """Take the years in any order."""
        self._years = sorted(years)

    def year_of(self, on: date) -> Year | None:
        """Return the academic year in which a day lies, if it was entered."""
        return next((one for one in self._years if one.starts_on <= on <= one.ends_on), None)

    def day(self, on: date) -> SchoolDay:
        """Return what that day is, by the first of these that holds.

        A weekend; a day without calendar; a day off that has a name; a day outside the terms; a school day. Summers
        between two entered years are out of term (Education Act 1996, section 579: a school day has a session).
        """
        if on.isoweekday() > 5:
            return SchoolDay(on, False, "weekend")
        year = self.year_of(on)
        if year is None:
            return SchoolDay(on, False, "out_of_term") if self._in_summer(on) else SchoolDay(on, None, "no_calendar")
        term = next((one.name for one in year.terms if one.starts_on <= on <= one.ends_on), None)
        off = [one for one in year.days_off if one.from_on <= on <= one.until_on]
        if off:
            named = min(off, key=lambda one: _FIRST_NAMED.index(one.kind))
            return SchoolDay(on, False, named.kind, named.name, term)
        return SchoolDay(on, False, "out_of_term") if term is None else SchoolDay(on, True, term=term)

    def _in_summer(self, on: date) -> bool:
        before = max((one.ends_on for one in self._years if one.ends_on < on), default=None)
        after = min((one.starts_on for one in self._years if one.starts_on > on), default=None)
        return before is not None and after is not None and after - before <= LONGEST_SUMMER

    def days(self, from_on: date, until_on: date) -> Iterator[SchoolDay]:
        """Return every day between the two, both included."""
        for number in range((until_on - from_on).days + 1):
            yield self.day(from_on + number * DAY)

    def school_days(self, from_on: date, until_on: date) -> list[date]:
        """Return the days between the two, both included, that the calendar says are school days."""
        return [one.on for one in self.days(from_on, until_on) if one.is_school_day]

    def ahead(self, day: date, count: int) -> DayAhead:
        """Return the day that many school days after `day`; where no calendar tells, weekdays count.

        The day itself does not count. Too few is counted that way, never too many: a deadline is early, never late.
        """
        by_calendar = True
        while count:
            day += DAY
            found = self.day(day)
            if found.is_school_day is None:
                by_calendar = False
            count -= found.is_school_day is not False
        return DayAhead(day, by_calendar)
