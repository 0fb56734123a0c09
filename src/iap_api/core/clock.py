"""The one place that asks what time it is, in UTC and in the school's day."""

from datetime import UTC, date, datetime
from functools import lru_cache
from time import time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the school's day: the calendar date in London."""
    return _day_in(int(time() // 3600))


@lru_cache(maxsize=2)
def _day_in(hour: int) -> date:
    # midnight in London is always a whole hour of UTC, so one look at the zone's rules lasts until the next
    return datetime.fromtimestamp(hour * 3600, LONDON).date()
