"""Instants around now that stay within the school's day, for nobody is booked over midnight."""

from datetime import datetime, time, timedelta

from iap_api.core import clock

MOST_HOURS = 4


def in_hours(hours: float) -> str:
    """An instant so many hours from now, at most four; where the day is shorter than that, as far in proportion."""
    now = clock.now().astimezone(clock.LONDON)
    midnight = datetime.combine(now.date(), time(), clock.LONDON)
    left = midnight + timedelta(days=1) - now if hours > 0 else now - midnight
    return (now + hours / MOST_HOURS * min(left, timedelta(hours=MOST_HOURS))).isoformat()
