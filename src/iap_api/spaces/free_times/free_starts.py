"""At which minutes a booking may begin: pure sums over what is taken, for one space and the people who are to come."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from iap_api.core import clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# every instant here is a whole number of microseconds since 1970, so that sums are exact and quick
MINUTE = 60_000_000
# half-open, as presences are
Span = tuple[int, int]
# the first and the last minute at which something may begin
Starts = list[Span]


class Stay(NamedTuple):
    """Somebody in a space for a while; `begins` and `ends` say whether their booking begins or ends there too."""

    starts_at: int
    ends_at: int
    is_pupil: bool
    begins: bool = True
    ends: bool = True


def number(instant: datetime) -> int:
    """Return an instant as a number."""
    return (instant - EPOCH) // MICROSECOND


def instant(number_of: int) -> datetime:
    """Return the instant that a number stands for."""
    return EPOCH + number_of * MICROSECOND


def at_clock(day: date, wall: str, *, last: bool = False) -> int:
    """Return when a clock in London shows HH:MM on a day; the last time of two where the hour comes twice.

    24:00 is midnight at the end of the day. A time that is skipped in spring is the same while after the skip.
    """
    hours, minutes = int(wall[:2]), int(wall[3:])
    if hours == 24:
        day, hours = day + timedelta(days=1), 0
    return number(datetime.combine(day, time(hours, minutes, fold=int(last)), clock.LONDON).astimezone(UTC))


def within(window: Span, opening: Sequence[Any], day: date, length: int) -> Starts:
    """Return the minutes at which a booking of `length` may begin, in a window of a day and inside one opening."""
    open_at = [window]
    if opening:
        today = [one for one in opening if one["weekday"] == day.isoweekday()]
        hours = ((at_clock(day, one["from_time"]), at_clock(day, one["until_time"], last=True)) for one in today)
        open_at = [(max(begins, window[0]), min(ends, window[1])) for begins, ends in hours]
    found = ((_up(begins), _down(ends - length)) for begins, ends in open_at)
    return _joined(sorted((first, last) for first, last in found if first <= last))


def _up(moment: int) -> int:
    return -(-moment // MINUTE) * MINUTE


def _down(moment: int) -> int:
    return moment // MINUTE * MINUTE


def _joined(starts: Iterable[Span]) -> Starts:
    made: Starts = []
    for first, last in starts:
        if made and first <= made[-1][1] + MINUTE:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return made


def without(starts: Starts, taken: Iterable[Span], length: int) -> Starts:
    """Return those minutes from which `length` passes without meeting anything that is taken."""
    for begins, ends in taken:
        if not starts:
            break
        # it may begin when the taken time is over, or so early that it has ended before
        latest, earliest = _down(begins - length), _up(ends)
        if latest >= starts[-1][1] or earliest <= starts[0][0]:
            continue
        kept: Starts = []
        for first, last in starts:
            kept += [(first, min(last, latest))] * (first <= latest)
            kept += [(max(first, earliest), last)] * (earliest <= last)
        starts = kept
    return starts


def crowded(spans: Iterable[Span], room: int) -> list[Span]:
    """Return when more than `room` of the spans run at once; of two that only touch, never both."""
    return _where(((moment, step) for begins, ends in spans for moment, step in ((begins, 1), (ends, -1))), room)


def _where(steps: Iterable[Span], most: int) -> list[Span]:
    """Return the spans in which the running sum of (moment, step) is more than `most`; goings come before comings."""
    found: list[Span] = []
    there, since = 0, None
    for moment, step in sorted(steps):
        there += step
        if there > most and since is None:
            since = moment
        elif there <= most and since is not None:
            found += [(since, moment)] * (since < moment)
            since = None
    return found


def too_few_adults(stays: Iterable[Stay], pupils: int, adults: int, ratio: int, window: Span) -> list[Span]:
    """Return when one adult would have more than `ratio` pupils, with so many more pupils and adults, in a window."""
    steps: dict[int, int] = {window[0]: 0, window[1]: 0}
    for one in stays:
        by = 1 if one.is_pupil else -ratio
        steps[one.starts_at] = steps.get(one.starts_at, 0) + by
        steps[one.ends_at] = steps.get(one.ends_at, 0) - by
    found: list[Span] = []
    lacking, moments = pupils - adults * ratio, sorted(steps)
    for moment, following in pairwise(moments):
        lacking += steps[moment]
        if lacking > 0:
            found.append((moment, following))
    return found


def peak(spans: Iterable[Span], during: Span) -> int:
    """Return how many of the spans run at once at most, in a period."""
    there = most = 0
    meeting = [(begins, ends) for begins, ends in spans if begins < during[1] and ends > during[0]]
    for _, step in sorted(one for begins, ends in meeting for one in ((max(begins, during[0]), 1), (ends, -1))):
        there += step
        most = max(most, there)
    return most
