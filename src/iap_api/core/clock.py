"""The one place that asks what time it is, in UTC and in the school's day."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the school's day: the calendar date in London."""
    return datetime.now(LONDON).date()
