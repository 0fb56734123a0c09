"""What rooms ask, minute by minute, in plain Python: closures, room between bookings, and enough adults."""

from collections import Counter
from dataclasses import dataclass, field, replace

from tests.spaces.bookings.presence_model import Booking, Diary


@dataclass(frozen=True)
class Asking:
    """What one space asks: minutes before and after each booking, and how many pupils one adult may have."""

    before: int = 0
    after: int = 0
    pupils_per_adult: int | None = None


@dataclass(frozen=True)
class Rooms(Diary):
    """A diary of rooms that ask something."""

    asking: dict[int, Asking] = field(default_factory=dict)
    # space, first minute, minute after the last
    closures: tuple[tuple[int, int, int], ...] = ()

    def close(self, space: int, starts: int, ends: int) -> "Rooms":
        """The diary with one more closure; what is booked there stays."""
        return replace(self, closures=(*self.closures, (space, starts, ends)))

    def book(self, key: int, booking: Booking) -> tuple[Diary, set[str]]:
        """As a diary does; besides, what is new or asks for more must leave room and keep away from closures."""
        before = self.bookings.get(key)
        judged, words = super().book(key, booking)
        after = replace(self, bookings={**self.bookings, key: booking})
        if booking.booked and booking.starts < booking.ends <= booking.starts + 720:
            if _grown(before, booking):
                words = words | after._not_left_room(key) | after._closed(booking)
            words = words | after._adults_missing()
        elif not booking.booked:
            words = words | after._adults_missing()
        return (self if words else judged), words

    def _closed(self, booking: Booking) -> set[str]:
        closed = any(
            space == booking.space and starts < booking.ends and ends > booking.starts
            for space, starts, ends in self.closures
        )
        return {"space-closed"} if closed else set()

    def _not_left_room(self, key: int) -> set[str]:
        booking = self.bookings[key]
        asked = self.asking.get(booking.space, Asking())
        if not asked.before and not asked.after:
            return set()
        held: Counter[int] = Counter()
        for other, space, person, starts, ends in self.presences():
            if space == booking.space and person.startswith("pupil"):
                whole = self.bookings[other]
                first = starts - (asked.before if starts == whole.starts else 0)
                held.update(range(first, ends + (asked.after if ends == whole.ends else 0)))
        mine = range(booking.starts - asked.before, booking.ends + asked.after)
        return {"space-full"} if any(held[minute] > self.places[booking.space] for minute in mine) else set()

    def _adults_missing(self) -> set[str]:
        pupils: Counter[tuple[int, int]] = Counter()
        adults: Counter[tuple[int, int]] = Counter()
        for _, space, person, starts, ends in self.presences():
            counted = pupils if person.startswith("pupil") else adults
            counted.update((space, minute) for minute in range(starts, ends))
        for (space, minute), number in pupils.items():
            most = self.asking.get(space, Asking()).pupils_per_adult
            if most and number > adults[space, minute] * most:
                return {"adults-missing"}
        return set()


def _grown(before: Booking | None, after: Booking) -> bool:
    if before is None or not before.booked or before.space != after.space:
        return True
    more = {one for one in after.people - before.people if one.startswith("pupil")}
    return after.starts < before.starts or after.ends > before.ends or bool(more)
