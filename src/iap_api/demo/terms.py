"""Plausible term dates, worked out for any academic year: six half-terms, and the bank holidays inside them."""

from dataclasses import dataclass
from datetime import date, timedelta

from iap_api.pupils.year_group import academic_year


@dataclass(frozen=True)
class HalfTerm:
    """Half a term: its first and last school day."""

    term: str
    first: date
    last: date


def half_terms(year: int) -> list[HalfTerm]:
    """Return the half-terms of the academic year that begins in `year`; usual dates, no authority's own."""
    october = _monday_from(date(year, 10, 22))
    february = _monday_from(date(year + 1, 2, 13))
    may = _monday_from(date(year + 1, 5, 25))
    week, to_friday = timedelta(days=7), timedelta(days=3)
    return [
        HalfTerm("autumn", _weekday_from(date(year, 9, 2)), october - to_friday),
        HalfTerm("autumn", october + week, _friday_until(date(year, 12, 20))),
        HalfTerm("spring", _monday_from(date(year + 1, 1, 3)), february - to_friday),
        HalfTerm("spring", february + week, _friday_until(date(year + 1, 4, 1))),
        HalfTerm("summer", _monday_from(date(year + 1, 4, 11)), may - to_friday),
        HalfTerm("summer", may + week, _friday_until(date(year + 1, 7, 24))),
    ]


def half_terms_between(first: date, last: date) -> list[HalfTerm]:
    """Return the half-terms that have a day between the two days, cut to them."""
    years = range(academic_year(first), academic_year(last) + 1)
    return [
        HalfTerm(half.term, max(half.first, first), min(half.last, last))
        for year in years
        for half in half_terms(year)
        if half.first <= last and half.last >= first
    ]


def school_days(first: date, last: date) -> list[date]:
    """Return the days between the two, both included, on which the schools are open."""
    closed = {day for year in range(first.year, last.year + 1) for day in bank_holidays(year).values()}
    return [
        day
        for half in half_terms_between(first, last)
        for day in (half.first + timedelta(days=at) for at in range((half.last - half.first).days + 1))
        if day.weekday() < 5 and day not in closed
    ]


def bank_holidays(year: int) -> dict[str, date]:
    """Return the bank holidays of a calendar year that may fall into a term, by name."""
    easter = _easter(year)
    return {
        "Good Friday": easter - timedelta(days=2),
        "Easter Monday": easter + timedelta(days=1),
        "Early May bank holiday": _monday_from(date(year, 5, 1)),
    }


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian rule, for it wanders in and out of the spring term)."""
    century, of_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _weekday_from(day: date) -> date:
    return _monday_from(day) if day.weekday() > 4 else day


def _friday_until(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 4) % 7)
