"""The demo's school calendar: three academic years and the periods of the day, alike in every school of the trust."""

from datetime import date, timedelta
from typing import Any

from iap_api.demo.terms import HalfTerm, bank_holidays, half_terms
from iap_api.demo.trust import PARTNER, DemoTrust
from iap_api.schools.calendar_tables import AcademicYear, DayPeriod

DAY = timedelta(days=1)
PERIODS = (
    ("Registration", "08:50", "09:00", False),
    ("Period 1", "09:00", "10:00", True),
    ("Period 2", "10:00", "10:45", True),
    ("Break", "10:45", "11:00", False),
    ("Period 3", "11:00", "12:00", True),
    ("Lunch", "12:00", "13:15", False),
    ("Period 4", "13:15", "14:15", True),
    ("Period 5", "14:15", "15:15", True),
)


def publish(trust: DemoTrust) -> None:
    """Add last year, this one and the next, and the periods of the day, to each school of the trust."""
    for name, school_id in trust.schools.items():
        # a partner's own calendar is no business of the trust
        if name == PARTNER:
            continue
        for year in range(trust.year - 1, trust.year + 2):
            trust.add(AcademicYear(school_id=school_id, **academic_year(year)))
        for named, from_time, until_time, lesson in PERIODS:
            trust.add(
                DayPeriod(
                    school_id=school_id, name=named, weekdays=[1, 2, 3, 4, 5], from_time=from_time,
                    until_time=until_time, lesson=lesson,
                )
            )  # fmt: skip


def academic_year(year: int) -> dict[str, Any]:
    """Return the columns of the academic year that begins in `year`: its school days are those of `terms`."""
    halves = half_terms(year)
    pairs = list(zip(halves[::2], halves[1::2], strict=True))
    starts_on, ends_on = date(year, 9, 1), date(year + 1, 8, 31)
    off = [_half_term(first, second) for first, second in pairs]
    # the Monday after the last day, and 1 September where a weekday lies before the first
    insets = [starts_on, halves[-1].last + 3 * DAY]
    off += [_off("inset", "INSET", day) for day in insets if day.weekday() < 5 and day != halves[0].first]
    off += [
        _off("bank_holiday", name, day)
        for of_year in (year, year + 1)
        for name, day in bank_holidays(of_year).items()
        if starts_on <= day <= ends_on
    ]
    return {
        "name": f"{year}/{(year + 1) % 100:02}", "starts_on": starts_on, "ends_on": ends_on,
        "terms": [
            {"name": first.term.capitalize(), "starts_on": first.first.isoformat(), "ends_on": second.last.isoformat()}
            for first, second in pairs
        ],
        "days_off": sorted(off, key=lambda one: (one["from_on"], one["until_on"])),
    }  # fmt: skip


def _half_term(first: HalfTerm, second: HalfTerm) -> dict[str, str]:
    monday, friday = first.last + 3 * DAY, second.first - 3 * DAY
    return _off("half_term", f"{first.term.capitalize()} half-term", monday, friday)


def _off(kind: str, name: str, from_on: date, until_on: date | None = None) -> dict[str, str]:
    return {"kind": kind, "name": name, "from_on": from_on.isoformat(), "until_on": (until_on or from_on).isoformat()}
