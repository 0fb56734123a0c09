"""Who is where when in the large world: in each period every space has one booking, and the people are dealt out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from uuid import UUID

FIRST_DAY = date(2025, 9, 1)  # a Monday
FIRST_PERIOD = time(9, tzinfo=UTC)
PERIOD = timedelta(minutes=30)
PERIODS_A_DAY = 12

SPACES = (
    ("Sensory room", "sensory_room", 3), ("Classroom", "classroom", 10), ("STEM room", "stem_room", 6),
    ("Economics room", "economics_room", 6), ("Sensory circuit", "sensory_circuit", 2),
    ("Re-integration classroom", "reintegration_classroom", 8), ("Quiet classroom", "classroom", 6),
    ("Nook 1", "sensory_room", 1), ("Nook 2", "sensory_room", 1), ("Nook 3", "sensory_room", 1),
    ("Nook 4", "sensory_room", 1),
    ("Solar dome", "outdoor", 12),
)  # fmt: skip
TOGETHER = tuple(min(places, 2 if at % 3 == 0 else 1) for at, (_, _, places) in enumerate(SPACES))
DEALT = (0, *accumulate(TOGETHER))
PURPOSES = ("lesson", "regulation", "therapy", "sensory_circuit", "reintegration_lesson", "other")


def slot(number: int) -> datetime:
    """Return when the period `number` begins: twelve half hours a school day, Monday to Friday."""
    day, period = divmod(number, PERIODS_A_DAY)
    weeks, weekday = divmod(day, 5)
    return datetime.combine(FIRST_DAY + timedelta(weeks=weeks, days=weekday), FIRST_PERIOD) + period * PERIOD


def people_of(number: int, at: int, pupils: Sequence[UUID], staff: Sequence[UUID]) -> tuple[list[UUID], list[UUID]]:
    """Return who is in the space `at` in the period `number`: the next pupils of the deal, often an adult."""
    start, stop = DEALT[at], min(DEALT[at + 1], len(pupils))
    dealt = [pupils[(number * 17 + one) % len(pupils)] for one in range(start, stop)]
    return dealt, [staff[at]] if (number + at) % 2 == 0 or not dealt else []
