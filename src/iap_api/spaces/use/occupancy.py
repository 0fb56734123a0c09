"""How much of its places a space is used for in each period of the school day: sums over days, naming nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from iap_api.core import clock
from iap_api.spaces.free_times.free_starts import MINUTE, Span, at_clock, number


class NamedPeriod(NamedTuple):
    """A named period of the school day, up to the day before it ended."""

    id: UUID
    name: str
    weekdays: Sequence[int]
    from_time: str
    until_time: str
    ended_on: date | None

    def on(self, day: date) -> Span | None:
        """Return when it is on a day, or None."""
        if day.isoweekday() not in self.weekdays or (self.ended_on is not None and day >= self.ended_on):
            return None
        return at_clock(day, self.from_time), at_clock(day, self.until_time)


@dataclass
class Used:
    """Pupil minutes that a space could hold in a period of the day, and that it held, as numbers of microseconds."""

    possible: int = 0
    used: int = 0


@dataclass
class InUse:
    """One space and who was there: a period for each pupil."""

    id: UUID
    places: int
    opening: Sequence[Any]
    there: list[tuple[datetime, datetime]] = field(default_factory=list)


def occupancy(spaces: Iterable[InUse], periods: Sequence[NamedPeriod], days: Iterable[date]) -> list[dict[str, Any]]:
    """Return, for each space and period of the day, how many pupil minutes were possible on those days, and used.

    Possible is what the opening of the space leaves of the period, times its places. A period in which the space is
    never open is left out.
    """
    on_day = {day: [(one, span) for one in periods if (span := one.on(day)) is not None] for day in days}
    found = []
    for space in spaces:
        sums = {one.id: Used() for one in periods}
        for day, named in on_day.items():
            for one, span in named:
                sums[one.id].possible += space.places * sum(ends - begins for begins, ends in _open(space, day, span))
        for starts_at, ends_at in space.there:
            day = starts_at.astimezone(clock.LONDON).date()
            there = number(starts_at), number(ends_at)
            for one, span in on_day.get(day, ()):
                sums[one.id].used += sum(_shared(there, each) for each in _open(space, day, span))
        found += [
            {"space_id": space.id, "day_period_id": one.id, "name": one.name,
             "pupil_minutes": sums[one.id].used // MINUTE, "possible_minutes": sums[one.id].possible // MINUTE}
            for one in periods
            if sums[one.id].possible
        ]  # fmt: skip
    return found


def _open(space: InUse, day: date, span: Span) -> list[Span]:
    """Return what the opening of a space leaves of a period on a day."""
    if not space.opening:
        return [span]
    today = [one for one in space.opening if one["weekday"] == day.isoweekday()]
    hours = ((at_clock(day, one["from_time"]), at_clock(day, one["until_time"])) for one in today)
    cut = ((max(begins, span[0]), min(ends, span[1])) for begins, ends in hours)
    return [one for one in cut if one[0] < one[1]]


def _shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
