"""The clock of a subject request: when it must be answered, as the law counts, from days alone.

UK GDPR article 12(3) and the ICO's guide: one calendar month from the day of receipt, to the same date of the next
month or, where that month has no such date, its last day; two further months for complex or many requests, told within
the first. Data (Use and Access) Act 2025, in force 5 February 2026: days on which the school waits for the requester
do not count, and the month begins when identity is proved. School holidays stop nothing.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from iap_api.schools.school_days import DayAhead, SchoolCalendar

PAUSES_FROM = date(2026, 2, 5)
FURTHER_MONTHS = 2
# Education (Pupil Information) (England) Regulations 2005: maintained schools only, never academies
SCHOOL_DAYS = 15
# in force 19 June 2026
ACKNOWLEDGE_WITHIN = timedelta(days=30)

Why = Literal["identity", "clarification"]


class Pause(NamedTuple):
    """Days on which the school waits: from a day on, until the day on which the answer came (None: it still waits)."""

    why: Why
    from_on: date
    until_on: date | None


def months_later(day: date, months: int) -> date:
    """Return the same date that many months later, or the last day of that month if it has no such date."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def working_day(day: date) -> date:
    """Return the day itself, or the Monday after it at a weekend.

    The ICO moves the day past public holidays too; they are not looked up here, so it is early, never late.
    """
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def begins_on(received_on: date, pauses: Sequence[Pause]) -> date | None:
    """Return the day from which the month counts: of receipt, or of the proof of identity; None while it is awaited."""
    begins = received_on
    for one in pauses:
        if one.why == "identity":
            if one.until_on is None:
                return None
            begins = max(begins, one.until_on)
    return begins


def due_on(received_on: date, pauses: Sequence[Pause] = (), *, extended: bool = False) -> date | None:
    """Return the last day on which the answer is in time, or None while the clock stands still."""
    begins = begins_on(received_on, pauses)
    if begins is None or any(one.until_on is None for one in pauses):
        return None
    waited = timedelta()
    for one in pauses:
        if one.why == "clarification" and one.until_on is not None:
            # days before the month began are not taken off a second time
            waited += max(timedelta(), one.until_on - max(one.from_on, begins))
    return working_day(months_later(begins, 1 + (FURTHER_MONTHS if extended else 0)) + waited)


def educational_record_due_on(received_on: date, calendar: SchoolCalendar) -> DayAhead:
    """Return the day by which a maintained school shows a parent the educational record: 15 school days.

    Weekdays count where no calendar was set up: that is early, never late.
    """
    return calendar.ahead(received_on, SCHOOL_DAYS)


def acknowledge_by(received_on: date) -> date:
    """Return the day by which a complaint about data must be acknowledged: 30 days, whatever days they are."""
    return received_on + ACKNOWLEDGE_WITHIN
