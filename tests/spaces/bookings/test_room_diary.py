"""Whatever is asked of rooms with buffers, adults and closures: the databases and the plain model agree about it."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from tests.spaces.bookings.presence_databases import PLACES, SCHOOL, at, identity, space_id
from tests.spaces.bookings.room_model import Asking, Rooms
from tests.spaces.bookings.test_presence_diary import DiaryMachine, spaces, starts

CLOSE = "INSERT INTO closures (id, school_id, space_ids, from_at, until_at) VALUES (?, ?, ?, ?, ?)"
ASK = "UPDATE spaces SET buffer_before_minutes = ?, buffer_after_minutes = ?, pupils_per_adult = ? WHERE id = ?"
asking = st.builds(
    Asking, st.sampled_from([0, 0, 10]), st.sampled_from([0, 0, 10, 20]), st.sampled_from([None, None, 1, 2, 3])
)


class RoomMachine(DiaryMachine):
    """A diary machine whose spaces ask something, and are closed now and then."""

    @initialize(asked=st.tuples(asking, asking, asking))
    def set_up(self, asked: tuple[Asking, Asking, Asking]) -> None:
        """Say what each space asks, before anything is booked."""
        self.diary = Rooms(places=dict(PLACES), ended={}, bookings={}, asking=dict(zip(PLACES, asked, strict=True)))
        for space, one in zip(PLACES, asked, strict=True):
            values = (one.before, one.after, one.pupils_per_adult, space_id(space))
            assert self.database.write(ASK, *values) == ""

    @rule(space=spaces, start=starts, length=st.sampled_from([10, 30, 60]))
    def close(self, space: int, start: int, length: int) -> None:
        """Close a space, without touching what is booked there."""
        assert isinstance(self.diary, Rooms)
        key = identity(6, len(self.diary.closures) + 1)
        assert self.database.write(CLOSE, key, SCHOOL, [space_id(space)], at(start), at(start + length)) == ""
        self.diary = self.diary.close(space, start, start + length)


@pytest.mark.parametrize(("dialect", "diaries"), [("sqlite", 120), ("postgresql", 50)])
def test_database_and_model_agree_about_rooms_that_ask_something(dialect: str, diaries: int, ruled_url: str) -> None:
    machine = type("Machine", (RoomMachine,), {"dialect": dialect, "url": ruled_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=diaries, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
