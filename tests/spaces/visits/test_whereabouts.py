"""Who is where: at no instant is a pupil in two places, whatever bookings and visits say; both databases, one model."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations.rules.whereabouts import POSTGRESQL_UP, SQLITE_UP
from tests.spaces.bookings.presence_databases import (
    INSERT,
    SCHOOL,
    Database,
    Postgresql,
    Sqlite,
    at,
    booking_id,
    inserted,
    opened,
    person_id,
    space_id,
)
from tests.spaces.bookings.presence_model import Booking

PUPILS = ("pupil 1", "pupil 2")
SPACES = (1, 2, 3)
MINUTES = 30


@dataclass(frozen=True)
class Visit:
    """One visit in the model's terms; an open one holds its place until `until`."""

    pupil: str
    space: int
    starts: int
    until: int
    is_open: bool


def visit_id(number: int) -> UUID:
    return UUID(int=(9 << 64) + number)


bookings = st.lists(
    st.builds(
        lambda starts, length, space, people: Booking(space, starts, starts + length, frozenset(people)),
        st.integers(0, MINUTES - 2), st.integers(1, 15), st.sampled_from(SPACES),
        st.sets(st.sampled_from([*PUPILS, "adult 1"]), min_size=1),
    ),
    max_size=5,
)  # fmt: skip
visits = st.lists(
    st.builds(
        lambda pupil, space, starts, length, is_open: Visit(pupil, space, starts, starts + length, is_open),
        st.sampled_from(PUPILS), st.sampled_from(SPACES), st.integers(0, MINUTES - 2), st.integers(0, 12),
        st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


def expected(kept: dict[int, Booking], said: list[Visit], who: str, minute: int) -> tuple[str, int, int] | None:
    """Where one person is in one minute, looked up naively: the last visit that began, else a booking, else nowhere."""
    there = [(visit.starts, number, visit) for number, visit in enumerate(said)
             if visit.pupil == who and visit.starts <= minute < visit.until]  # fmt: skip
    if there:
        _, number, visit = max(there, key=lambda one: one[:2])
        return ("visit", number, visit.space)
    for number, booking in kept.items():
        if who in booking.people and booking.starts <= minute < booking.ends:
            return ("booking", number, booking.space)
    return None


@contextlib.contextmanager
def _with_visits(database: Database) -> Iterator[None]:
    if isinstance(database, Sqlite):
        for statement in SQLITE_UP:
            database.connection.execute(statement)
    elif isinstance(database, Postgresql):
        for statement in POSTGRESQL_UP:
            database.runner.run(database.connection.execute(statement))
    yield


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@given(planned=bookings, said=visits)
def test_at_no_instant_is_a_pupil_in_two_places(
    ruled_url: str, dialect: str, planned: list[Booking], said: list[Visit]
) -> None:
    with opened(dialect, ruled_url) as database, _with_visits(database):
        kept = {}
        for key, booking in enumerate(planned):
            # a refused booking is no presence, whatever it was refused for
            if not database.write(INSERT, *inserted(key, booking)):
                kept[key] = booking
        for number, visit in enumerate(said):
            refused = database.write(
                "INSERT INTO visits (id, school_id, space_id, pupil_id, started_at, ended_at, holds_until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                visit_id(number), SCHOOL, space_id(visit.space), person_id(visit.pupil), at(visit.starts),
                None if visit.is_open else at(visit.until), at(visit.until) if visit.is_open else at(visit.until + 5),
            )  # fmt: skip
            assert not refused
        names = {person_id(who): who for who in (*PUPILS, "adult 1")}
        rows = database.read(
            "SELECT space_id, pupil_id, staff_id, starts_at, ends_at, booking_id, visit_id, whole_from, whole_until"
            " FROM whereabouts"
        )
        for minute in range(MINUTES + 15):
            instant = _plain(dialect, at(minute))
            for person, who in names.items():
                found = [row for row in rows if _id(row[1] or row[2]) == person and row[3] <= instant < row[4]]
                wanted = expected(kept, said, who, minute)
                assert len(found) == (wanted is not None), (who, minute, found)
                for space, _pupil, _adult, starts, ends, booked, visited, whole_from, whole_until in found:
                    assert whole_from <= starts < ends <= whole_until
                    kind, number, where = wanted or ("", 0, 0)
                    of = visit_id(number) if kind == "visit" else booking_id(number)
                    assert (_id(space), _id(booked or visited)) == (space_id(where), of)
                    assert (visited is not None) == (kind == "visit")


def _id(value: object) -> UUID:
    return UUID(str(value))


def _plain(dialect: str, instant: object) -> object:
    return instant.strftime("%Y-%m-%d %H:%M:%S.%f") if dialect == "sqlite" else instant  # type: ignore[attr-defined]
