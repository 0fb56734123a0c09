"""Bookings that fit: free minutes, after lessons, on the days of the large world, never used twice."""

from datetime import timedelta

from iap_api.demo.dealing import slot
from iap_api.demo.large import LargeWorld

TIMES_A_DAY = 390
LANES = 13
DAYS = 340
AFTER_LESSONS = timedelta(hours=6, minutes=15)
ONE_MINUTE = timedelta(minutes=1)


class FreeTimes:
    """Hands out bodies for bookings; each `lane` is a part of every afternoon that no other lane touches."""

    def __init__(self, world: LargeWorld, lane: int, *, only_school: int | None = None) -> None:
        """Start at the first free time of a lane, in every school or in one alone."""
        if not 0 <= lane < LANES:
            raise ValueError(f"there are {LANES} lanes")
        self.world = world
        schools = range(len(world.school_ids)) if only_school is None else [only_school]
        self.rooms = [(at, one) for one in range(len(world.places)) for at in schools]
        self.lane = lane
        self.given = 0

    def take(self) -> tuple[int, dict[str, object]]:
        """Return the next body and the school it is for: one or two pupils, one adult, one minute."""
        self.given += 1
        return self.body(self.given - 1, 0)

    def refused_until(self, _given: int) -> int:
        """Return how many of the first bookings must be refused: none, for they all fit."""
        return 0

    def body(self, at_number: int, others: int) -> tuple[int, dict[str, object]]:
        """Return the body number so and so; with `others`, for the same time, other pupils and another adult."""
        number, room = divmod(at_number, len(self.rooms))
        at, one = self.rooms[room]
        part, day = divmod(number, DAYS)
        if part >= TIMES_A_DAY // LANES:
            raise RuntimeError("no free time is left in this lane")
        starts_at = slot(day * 12) + AFTER_LESSONS + (self.lane * (TIMES_A_DAY // LANES) + part) * ONE_MINUTE
        pupils, staff = self.world.pupil_ids[at], self.world.staff_ids[at]
        first = (number * 31 + one * 2 + others) % (len(pupils) - 1)
        several = pupils[first : first + (2 if self.world.places[one] > 1 else 1)]
        return at, {
            "space_id": str(self.world.space_ids[at][one]),
            "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ends_at": (starts_at + ONE_MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "purpose": "regulation",
            "pupil_ids": [str(pupil_id) for pupil_id in several],
            "staff_ids": [str(staff[(one + others) % len(staff)])],
        }
