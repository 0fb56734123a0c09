"""Bookings of rivals: all want the same three spaces, and every fifth wants the very minute another is asking for."""

from bench.free_times import FreeTimes
from iap_api.demo.large import LargeWorld

# places 3, 2 and 1: with two, two and one pupil a booking, as many as the bookings over all spaces have on average
SPACES = (0, 4, 7)
EVERY = 5


class Rivals(FreeTimes):
    """Hands out four bookings that fit and then one more for the time of the fourth, with other people.

    The space has no room for both, so one of the two is refused, whichever comes first.
    """

    def __init__(self, world: LargeWorld, lane: int, school: int) -> None:
        """Start at the first free time of a lane, in three spaces of one school."""
        super().__init__(world, lane, only_school=school)
        self.rooms = [(school, one) for one in SPACES]

    def take(self) -> tuple[int, dict[str, object]]:
        """Return the next body and the school it is for."""
        group, at_in_group = divmod(self.given, EVERY)
        self.given += 1
        if at_in_group < EVERY - 1:
            return self.body(group * (EVERY - 1) + at_in_group, 0)
        return self.body(group * (EVERY - 1) + EVERY - 2, 2)

    def refused_until(self, given: int) -> int:
        """Return how many of the first `given` bookings must be refused."""
        return given // EVERY
