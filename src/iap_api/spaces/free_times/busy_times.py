"""Busy times as sums: many periods laid over each other become few, with how many places are left in each."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

Period = tuple[datetime, datetime]


class Busy(NamedTuple):
    """A period in which a space is in use or closed, and for how many pupils more there is room."""

    starts_at: datetime
    ends_at: datetime
    free_places: int


def merged(periods: Iterable[Period], within: Period) -> list[Period]:
    """Return when at least one of the periods runs, as few periods as can be, cut off at both ends of `within`."""
    found: list[Period] = []
    for starts_at, ends_at in sorted((max(one[0], within[0]), min(one[1], within[1])) for one in periods):
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        elif starts_at < ends_at:
            found.append((starts_at, ends_at))
    return found


def laid_over(
    used: Iterable[Period], pupils: Iterable[Period], full: Iterable[Period], places: int, within: Period
) -> list[Busy]:
    """Return when a space is `used` or `full`, cut where the number of pupils there changes.

    `pupils` is a period for each pupil who has a place; a space that is full, closed or taken whole, has none left.
    """
    taken, steps = list(pupils), Counter[datetime]()
    for starts_at, ends_at in taken:
        steps[starts_at] += 1
        steps[ends_at] -= 1
    shut = merged(full, within)
    whole = merged([*used, *taken, *shut], within)
    edges = sorted({*steps, *(moment for one in (*whole, *shut) for moment in one)})
    found: list[Busy] = []
    there = 0
    for starts_at, ends_at in pairwise(edges):
        there += steps[starts_at]
        if not any(begins <= starts_at < ends for begins, ends in whole):
            continue
        is_shut = any(begins <= starts_at < ends for begins, ends in shut)
        left = 0 if is_shut else max(places - there, 0)
        if found and found[-1].ends_at == starts_at and found[-1].free_places == left:
            found[-1] = found[-1]._replace(ends_at=ends_at)
        else:
            found.append(Busy(starts_at, ends_at, left))
    return found
