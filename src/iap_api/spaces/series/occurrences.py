"""The days of a series and the instants of its local times: pure, so that every day of every year can be tried."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta

from iap_api.core import clock

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class NoSuchTimeError(ValueError):
    """A local time that the clocks leave out on that day, or show twice."""


def days_of(from_on: date, until_on: date, weekdays: Collection[int], every_weeks: int) -> Iterator[date]:
    """Return the days of these weekdays (1 is Monday) between the two, both included.

    Every second week counts from the week of `from_on`, in weeks of the calendar: a half-term between shifts nothing.
    """
    monday = from_on - DAY * from_on.weekday()
    while monday <= until_on:
        for weekday in sorted(weekdays):
            on = monday + DAY * (weekday - 1)
            if from_on <= on <= until_on:
                yield on
        monday += WEEK * every_weeks


def instant(on: date, at: time) -> datetime:
    """Return the instant at which the clocks in London show that time on that day.

    Raises `NoSuchTimeError` in the hour that is left out in March and in the one that comes twice in October.
    """
    first = datetime.combine(on, at, clock.LONDON)
    once, again = first.astimezone(UTC), first.replace(fold=1).astimezone(UTC)
    if once > again:
        raise NoSuchTimeError(f"does not exist on {on}: the clocks go forward")
    if once < again:
        raise NoSuchTimeError(f"comes twice on {on}: the clocks go back")
    return once
