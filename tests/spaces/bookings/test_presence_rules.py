"""What raw SQL cannot do, where exactly the limits lie, and how the rules go up and down, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from migrations.rules import presence_at_once
from migrations.rules.presence import POSTGRESQL_DOWN, POSTGRESQL_UP, SQLITE_DOWN, SQLITE_UP
from tests.spaces.bookings.presence_databases import (
    INSERT,
    SCHOOL,
    Database,
    at,
    booking_id,
    identity,
    inserted,
    opened,
    person_id,
    presences,
    space_id,
)
from tests.spaces.bookings.presence_model import Booking

PRESENCE = (
    "INSERT INTO presences (school_id, booking_id, space_id, pupil_id, staff_id, starts_at, ends_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
# space, pupil, adult, first minute, minute after the last, what is said on PostgreSQL and on SQLite
FORBIDDEN = {
    "a pupil in two places": (3, 1, None, 20, 40, "pupil-elsewhere", "pupil-elsewhere"),
    "an adult in two places": (3, None, 1, -10, 1, "adult-elsewhere", "adult-elsewhere"),
    "one pupil too many": (1, 2, None, 29, 40, "space-full", "space-full"),
    "a day on which the space has ended": (2, 3, None, 30, 61, "space-ended", "space-ended"),
    "more than twelve hours": (3, 3, None, 100, 821, "presences_not_too_long", "booking-too-long"),
    "an end before the start": (3, 3, None, 100, 100, "presences_end_after_start", "booking-ends-first"),
    "nobody": (3, None, None, 100, 110, "presences_of_one_person", "presence-of-one-person"),
    "two people in one": (3, 3, 2, 100, 110, "presences_of_one_person", "presence-of-one-person"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("by", ["INSERT", "UPDATE"])
def test_raw_sql_cannot_write_a_forbidden_presence(ruled: Database, what: str, by: str) -> None:
    space, pupil, adult, first, last, postgresql, sqlite = FORBIDDEN[what]
    assert ruled.write(INSERT, *inserted(1, Booking(1, 0, 30, frozenset({"pupil 1", "adult 1"})))) == ""
    assert ruled.write("UPDATE spaces SET ended_on = ? WHERE id = ?", at(60).date(), space_id(2)) == ""
    values = [
        space_id(space),
        person_id(f"pupil {pupil}") if pupil else None,
        person_id(f"adult {adult}") if adult else None,
        at(first),
        at(last),
    ]
    if by == "INSERT":
        word = ruled.write(PRESENCE, SCHOOL, booking_id(1), *values)
    else:
        harmless = [space_id(3), person_id("pupil 4"), None, at(300), at(310)]
        assert ruled.write(PRESENCE, SCHOOL, booking_id(1), *harmless) == ""
        word = ruled.write(
            "UPDATE presences SET space_id = ?, pupil_id = ?, staff_id = ?, starts_at = ?, ends_at = ?"
            " WHERE starts_at = ?",
            *values,
            at(300),
        )
    assert word == (postgresql if ruled.dialect == "postgresql" else sqlite)


def test_places_are_counted_at_each_moment_and_not_over_the_whole_time(ruled: Database) -> None:
    for key, (pupil, first, last) in enumerate([("pupil 1", 0, 10), ("pupil 2", 10, 20), ("pupil 3", 20, 30)], 1):
        assert ruled.write(INSERT, *inserted(key, Booking(2, first, last, frozenset({pupil})))) == ""
    assert ruled.write(INSERT, *inserted(4, Booking(2, 0, 30, frozenset({"pupil 4"})))) == ""


def test_twelve_hours_are_allowed_and_a_microsecond_more_is_not(ruled: Database) -> None:
    instant = timedelta(microseconds=1)
    space, starts_at, _, *rest = inserted(1, Booking(1, 0, 30, frozenset({"pupil 1"})))[3:]
    ahead = [booking_id(1), SCHOOL, [], space, starts_at + instant]
    assert ruled.write(INSERT, *ahead, at(720) + 2 * instant, *rest) == "booking-too-long"
    assert ruled.write(INSERT, *ahead, at(720) + instant, *rest) == ""
    before = [booking_id(2), SCHOOL, [], space, at(-60)]
    assert ruled.write(INSERT, *before, starts_at + 2 * instant, *rest) == "pupil-elsewhere"
    assert ruled.write(INSERT, *before, starts_at + instant, *rest) == ""


def test_the_last_minute_of_a_long_booking_is_taken_too(ruled: Database) -> None:
    assert ruled.write(INSERT, *inserted(1, Booking(1, 0, 720, frozenset({"pupil 1", "adult 1"})))) == ""
    assert ruled.write(INSERT, *inserted(2, Booking(1, 719, 730, frozenset({"pupil 2"})))) == "space-full"
    assert ruled.write(INSERT, *inserted(3, Booking(2, 719, 730, frozenset({"pupil 1"})))) == "pupil-elsewhere"
    assert ruled.write(INSERT, *inserted(4, Booking(2, 719, 730, frozenset({"adult 1"})))) == "adult-elsewhere"


def test_a_child_called_out_of_a_calling_out_is_back_where_each_leaves_off(ruled: Database) -> None:
    child = frozenset({"pupil 1"})
    for key, booking in enumerate(
        (
            Booking(1, 0, 60, child),
            Booking(2, 10, 40, child, frozenset({1})),
            Booking(3, 20, 50, child, frozenset({2})),
        ),
        1,
    ):
        assert ruled.write(INSERT, *inserted(key, booking)) == ""
    innermost = (3, 3, "pupil 1", 20, 50)
    lesson = {(1, 1, "pupil 1", 0, 10), (1, 1, "pupil 1", 50, 60)}
    assert presences(ruled) == {*lesson, (2, 2, "pupil 1", 10, 20), innermost}
    cancel = "UPDATE bookings SET status = 'cancelled' WHERE id = ?"
    assert ruled.write(cancel, booking_id(2)) == ""
    assert presences(ruled) == {(1, 1, "pupil 1", 0, 20), (1, 1, "pupil 1", 50, 60), innermost}
    assert ruled.write(cancel, booking_id(3)) == ""
    assert presences(ruled) == {(1, 1, "pupil 1", 0, 60)}


def _at_once(*bookings: tuple[int, Booking]) -> tuple[str, list[Any]]:
    """One INSERT of several bookings."""
    row = INSERT.split("VALUES")[1]
    values = [value for key, booking in bookings for value in inserted(key, booking)]
    return INSERT + f",{row}" * (len(bookings) - 1), values


def test_bookings_of_one_statement_are_held_to_the_rules_as_one_by_one(ruled: Database) -> None:
    one, other = frozenset({"pupil 1", "adult 1"}), frozenset({"pupil 2"})
    twice, values = _at_once((1, Booking(1, 0, 30, one)), (2, Booking(3, 29, 40, one)))
    assert ruled.write(twice, *values) in ("pupil-elsewhere", "adult-elsewhere")
    full, values = _at_once((1, Booking(1, 0, 30, one)), (2, Booking(1, 20, 40, other)))
    assert ruled.write(full, *values) == "space-full"
    asked = Booking(1, 0, 30, other, booked=False)
    week, values = _at_once((1, Booking(1, 0, 30, one)), (2, Booking(1, 30, 40, other)), (3, asked))
    assert ruled.write(week, *values) == ""
    assert presences(ruled) == {(1, 1, "pupil 1", 0, 30), (1, 1, "adult 1", 0, 30), (2, 1, "pupil 2", 30, 40)}


def test_a_booking_takes_from_another_of_the_same_statement(ruled: Database) -> None:
    both, child = frozenset({"pupil 1", "pupil 2"}), frozenset({"pupil 1"})
    statement, values = _at_once((1, Booking(3, 0, 60, both)), (2, Booking(1, 10, 20, child, frozenset({1}))))
    assert ruled.write(statement, *values) == ""
    assert presences(ruled) == {
        (1, 3, "pupil 1", 0, 10), (1, 3, "pupil 1", 20, 60), (1, 3, "pupil 2", 0, 60), (2, 1, "pupil 1", 10, 20),
    }  # fmt: skip


def test_only_a_booked_booking_of_the_same_school_can_be_taken_from(ruled: Database) -> None:
    child = Booking(1, 10, 20, frozenset({"pupil 1"}), frozenset({1}))
    assert ruled.write(INSERT, *inserted(2, child)) == "outer-not-booked"
    other_school, other_space = identity(1, 2), identity(2, 9)
    add_space = "INSERT INTO spaces (id, school_id, places) VALUES (?, ?, 1)"
    assert ruled.write(add_space, other_space, other_school) == ""
    values = inserted(1, Booking(1, 0, 30, frozenset({"pupil 1"})))
    values[1], values[3] = other_school, other_space
    assert ruled.write(INSERT, *values) == ""
    assert ruled.write(INSERT, *inserted(2, child)) == "outer-not-booked"


@pytest.mark.parametrize("column", ["id", "school_id", "takes_from"])
def test_what_a_booking_takes_from_and_whose_it_is_stay_as_they_are(ruled: Database, column: str) -> None:
    assert ruled.write(INSERT, *inserted(1, Booking(1, 0, 30, frozenset()))) == ""
    value = [booking_id(9)] if column == "takes_from" else booking_id(9)
    assert ruled.write(f"UPDATE bookings SET {column} = ?", value) == "booking-fixed"


def test_places_below_a_past_peak_are_no_matter(ruled: Database) -> None:
    for key in (1, 2):
        values = inserted(key, Booking(2, 0, 30, frozenset({f"pupil {key}"})))
        values[4:6] = datetime(2020, 1, 7, 9, tzinfo=UTC), datetime(2020, 1, 7, 10, tzinfo=UTC)
        assert ruled.write(INSERT, *values) == ""
    assert ruled.write("UPDATE spaces SET places = 1, ended_on = ?", date(2020, 1, 7)) == ""


def test_a_time_that_is_no_time_is_refused_by_sqlite(ruled_url: str) -> None:
    with opened("sqlite", ruled_url) as sqlite:
        for nonsense in ("2090-06-03T23:00:00.000000", "2090-06-03 23:00:00", "2090-13-03 23:00:00.000000"):
            values = inserted(1, Booking(1, 0, 30, frozenset({"pupil 1"})))
            values[4] = nonsense
            assert sqlite.write(INSERT, *values) in ("booking-ends-first", "booking-too-long")


def test_the_rules_can_be_put_up_taken_down_and_put_up_again(ruled: Database) -> None:
    up, down = SQLITE_UP, SQLITE_DOWN
    if ruled.dialect == "postgresql":
        up = [*POSTGRESQL_UP, *presence_at_once.POSTGRESQL_UP]
        down = [*presence_at_once.POSTGRESQL_DOWN, *POSTGRESQL_DOWN]
    twice = [inserted(key, Booking(1, 0, 30, frozenset({"pupil 1"}))) for key in (1, 2)]
    assert [ruled.write(statement) for statement in down] == [""] * len(down)
    assert [ruled.write(INSERT, *values) for values in twice] == ["", ""]
    assert ruled.read("SELECT 1 FROM presences") == []
    assert ruled.write("DELETE FROM bookings") == ""
    assert [ruled.write(statement) for statement in up] == [""] * len(up)
    assert ruled.write(INSERT, *twice[0]) == ""
    assert ruled.write(INSERT, *twice[1]) in ("space-full", "pupil-elsewhere")


def test_no_rule_is_compiled_before_each_use(ruled_url: str) -> None:
    """A plan without sequential scans can look dear enough for that; it then takes two hundred times as long."""
    with opened("postgresql", ruled_url) as postgresql:
        planned = (
            "SELECT proname, 'jit=off' = ANY (proconfig) FROM pg_proc WHERE 'enable_seqscan=off' = ANY (proconfig)"
        )
        found = dict(postgresql.read(planned))
        assert len(found) == 10
        assert [name for name, never_compiled in found.items() if not never_compiled] == []
