"""What a space asks of a booking before any clash: open then, not walked into only, whose to book, how far ahead."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotYourRole

# no booking, presence or visit is longer (migrations/rules/presence)
LONGEST = timedelta(hours=12)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class SpaceClosed(Conflict):
    status, kind, title = 409, "space-closed", "The space is closed at that time"
    advice = "Choose a time at which the space is open and no closure stands, or another space."


class WalkInOnly(Conflict):
    status, kind, title = 409, "walk-in-only", "This space is walked into, never booked for a pupil"
    advice = "Record a visit when the pupil uses it; a retreat must stay free for whoever needs it now."


class NotYoursToBook(NotYourRole):
    status, kind, title = 403, "not-your-space-to-book", "Your role does not book this space"
    advice = "Ask one of the roles that the space names in bookable_by."


class TooFarAhead(Conflict):
    status, kind, title = 409, "too-far-ahead", "It is too early to book that"
    advice = "Book nearer to the day: the space says in days_ahead how far."


@dataclass(frozen=True, slots=True)
class Terms:
    """What one space asks, as its row has it."""

    opening: Sequence[Mapping[str, Any]]
    walk_in_only: bool
    bookable_by: Sequence[str]
    days_ahead: int | None
    needs_approval: bool

    def is_open(self, day: date, from_time: str, until_time: str) -> bool:
        """Say whether one opening of that weekday holds the whole of a local period (HH:MM)."""
        return not self.opening or any(
            one["weekday"] == day.isoweekday() and one["from_time"] <= from_time and until_time <= one["until_time"]
            for one in self.opening
        )

    def check(self, starts_at: datetime, ends_at: datetime, *, pupils: bool, roles: Collection[str]) -> None:
        """Raise what forbids a booking of that period by somebody with these roles.

        `SpaceClosed`, `WalkInOnly` and `TooFarAhead` (409), `NotYoursToBook` (403).
        """
        starts, ends = starts_at.astimezone(clock.LONDON), ends_at.astimezone(clock.LONDON)
        if pupils and self.walk_in_only:
            raise WalkInOnly(errors=[("/space_id", "is walked into only")])
        if self.bookable_by and not set(self.bookable_by) & set(roles):
            raise NotYoursToBook(errors=[("/space_id", f"is booked by {' or '.join(self.bookable_by)}")])
        if not self.is_open(starts.date(), starts.strftime("%H:%M"), _minute_reached(ends)):
            hours = [f"{one['from_time']} to {one['until_time']}" for one in self.opening_of(starts.date())]
            day = WEEKDAYS[starts.weekday()]
            raise SpaceClosed(errors=[("/starts_at", f"{day}: open {' and '.join(hours) or 'at no time'}")])
        if self.days_ahead is not None and starts.date() > clock.today() + timedelta(days=self.days_ahead):
            raise TooFarAhead(errors=[("/starts_at", f"lies more than {self.days_ahead} days ahead")])

    def opening_of(self, day: date) -> list[Mapping[str, Any]]:
        """Return the openings of a day's weekday."""
        return [one for one in self.opening if one["weekday"] == day.isoweekday()]


def _minute_reached(ends: datetime) -> str:
    """The end as HH:MM, a minute begun counted whole; midnight is the end of the day before."""
    if ends.second or ends.microsecond:
        ends += timedelta(minutes=1)
    written = ends.strftime("%H:%M")
    return "24:00" if written == "00:00" else written


def within_one_day(starts_at: datetime, ends_at: datetime) -> None:
    """Raise `Invalid` unless a period begins before it ends and lies within one day in London."""
    if ends_at <= starts_at:
        raise Invalid(errors=[("/ends_at", "must be later than starts_at")])
    last = ends_at - timedelta(microseconds=1)
    if starts_at.astimezone(clock.LONDON).date() != last.astimezone(clock.LONDON).date():
        raise Invalid(errors=[("/ends_at", "must be on the same day in London as starts_at")])
