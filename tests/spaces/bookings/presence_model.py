"""Who is where, minute by minute, in plain Python: what the presence rules of the database are measured against."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

LONGEST = 12 * 60

# booking, space, person, first minute, minute after the last
Presence = tuple[int, int, str, int, int]


@dataclass(frozen=True)
class Booking:
    """What was asked for; a person is `pupil 1` or `adult 1`."""

    space: int
    starts: int
    ends: int
    people: frozenset[str]
    takes_from: frozenset[int] = frozenset()
    booked: bool = True


@dataclass(frozen=True)
class Diary:
    """All bookings and spaces at one time; a change makes a new diary, so a refused one leaves no trace."""

    places: dict[int, int]
    # The minute at which the day begins on which the space is no longer there.
    ended: dict[int, int]
    bookings: dict[int, Booking]

    def outers(self, key: int) -> set[int]:
        """The bookings that this one takes from, and all that those take from."""
        direct = self.bookings[key].takes_from
        return set(direct).union(*(self.outers(outer) for outer in direct))

    def minutes(self, key: int, person: str) -> set[int]:
        """The minutes a person is present at a booking: all of it that no inner booking takes."""
        booking = self.bookings[key]
        left = set(range(booking.starts, booking.ends))
        for inner_key, inner in self.bookings.items():
            if inner.booked and person in inner.people and key in self.outers(inner_key):
                left -= set(range(inner.starts, inner.ends))
        return left

    def _present(self) -> Iterator[tuple[int, str, set[int]]]:
        for key, booking in self.bookings.items():
            if booking.booked:
                for person in booking.people:
                    yield key, person, self.minutes(key, person)

    def presences(self) -> set[Presence]:
        """Every unbroken stay."""
        stays: set[Presence] = set()
        for key, person, minutes in self._present():
            for _, run in groupby(enumerate(sorted(minutes)), key=lambda pair: pair[1] - pair[0]):
                stay = [minute for _, minute in run]
                stays.add((key, self.bookings[key].space, person, stay[0], stay[-1] + 1))
        return stays

    def _clashes(self) -> set[str]:
        """The words of the rules that do not hold at some minute."""
        words = set()
        pupils_in: Counter[tuple[int, int]] = Counter()
        whereabouts: Counter[tuple[str, int]] = Counter()
        for key, person, minutes in self._present():
            space = self.bookings[key].space
            if any(minute >= self.ended.get(space, minute + 1) for minute in minutes):
                words.add("space-ended")
            whereabouts.update((person, minute) for minute in minutes)
            if person.startswith("pupil"):
                pupils_in.update((space, minute) for minute in minutes)
        if any(number > self.places[space] for (space, _), number in pupils_in.items()):
            words.add("space-full")
        for (person, _), number in whereabouts.items():
            if number > 1:
                words.add("pupil-elsewhere" if person.startswith("pupil") else "adult-elsewhere")
        return words

    def book(self, key: int, booking: Booking) -> "tuple[Diary, set[str]]":
        """The diary after a new or changed booking, and the words of what forbids it, if anything does."""
        words = set()
        if booking.ends <= booking.starts:
            words.add("booking-ends-first")
        if booking.ends - booking.starts > LONGEST:
            words.add("booking-too-long")
        before = self.bookings.get(key)
        newly_booked = booking.booked and not (before and before.booked)
        if newly_booked and any(not self.bookings[outer].booked for outer in booking.takes_from):
            words.add("outer-not-booked")
        if booking.booked and booking.ends > self.ended.get(booking.space, booking.ends):
            words.add("space-ended")
        after = replace(self, bookings={**self.bookings, key: booking})
        return self._judged(after, words)

    def set_places(self, space: int, places: int) -> "tuple[Diary, set[str]]":
        """The diary after a space got more or fewer places."""
        return self._judged(replace(self, places={**self.places, space: places}), set())

    def end_space(self, space: int, minute: int) -> "tuple[Diary, set[str]]":
        """The diary after a space ceased to be there from a midnight on."""
        return self._judged(replace(self, ended={**self.ended, space: minute}), set())

    def _judged(self, after: "Diary", words: set[str]) -> "tuple[Diary, set[str]]":
        words = words | after._clashes()
        return (self if words else after), words
