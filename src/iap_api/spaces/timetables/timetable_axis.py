"""Where on the sheet a time of day lies: earlier is higher, and a short visit is stretched until its card is read."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

Span = tuple[int, int]
# a long lesson grows more slowly than its minutes; hours in which nobody is anywhere take little room
_GROWTH, _EMPTY = 0.7, 0.3
_ROUNDS = 60


def chain(spans: Sequence[Span]) -> int:
    """Return how many of the spans can lie one after the other without overlapping, at most."""
    count, last = 0, -1
    for start, end in sorted(spans, key=lambda one: one[1]):
        if start >= last:
            count, last = count + 1, end
    return count


def axis(spans: Sequence[Span], height: float, least: float) -> Callable[[int], float]:
    """Return the function from minutes of the day to a distance from the top, the same for every day of the week.

    No span is lower than `least`, unless there are too many for the height: then they share it.
    """
    marks = sorted({minute for span in spans for minute in span})
    steps = list(pairwise(marks))
    place = {mark: at for at, mark in enumerate(marks)}
    covered = [any(start <= a and b <= end for start, end in spans) for a, b in steps]
    room = [(b - a) ** (_GROWTH if used else _EMPTY) for (a, b), used in zip(steps, covered, strict=True)]
    least = min(least, height / max(1, chain(spans)) * 0.92)
    for _ in range(_ROUNDS):
        scale = height / sum(room)
        room = [one * scale for one in room]
        low = False
        for start, end in set(spans):
            mine = range(place[start], place[end])
            if (now := sum(room[at] for at in mine)) < least - 0.01:
                low = True
                for at in mine:
                    room[at] *= least / now
        if not low:
            break
    whole = sum(room)
    tops = [0.0]
    for one in room:
        tops.append(tops[-1] + one * height / whole)
    return lambda minute: tops[place[minute]]


class Lane(NamedTuple):
    """Which of `abreast` lanes a card begins in, and how many it takes: as many as are free beside it."""

    at: int
    takes: int
    abreast: int


def lanes(spans: Sequence[Span]) -> list[Lane]:
    """Return the lane of each span of one day: overlapping ones lie abreast, and none covers another."""
    found = [Lane(0, 1, 1)] * len(spans)
    group: list[int] = []
    until = -1
    for at in sorted(range(len(spans)), key=lambda one: spans[one]):
        if spans[at][0] >= until:
            _settle(spans, found, group)
            group = []
        group.append(at)
        until = max(until, spans[at][1])
    _settle(spans, found, group)
    return found


def _settle(spans: Sequence[Span], found: list[Lane], group: Sequence[int]) -> None:
    """Put the spans of one group, in which each overlaps another, into the first lane that is free."""
    filled: list[list[int]] = []

    def free(lane: int, at: int) -> bool:
        return all(spans[other][1] <= spans[at][0] or spans[at][1] <= spans[other][0] for other in filled[lane])

    place: dict[int, int] = {}
    for at in group:
        lane = next((lane for lane in range(len(filled)) if free(lane, at)), len(filled))
        if lane == len(filled):
            filled.append([])
        filled[lane].append(at)
        place[at] = lane
    for at, lane in place.items():
        takes = 1
        while lane + takes < len(filled) and free(lane + takes, at):
            filled[lane + takes].append(at)
            takes += 1
        found[at] = Lane(lane, takes, len(filled))
