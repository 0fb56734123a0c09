"""Rivals for one slot, and everything at once: nobody is double booked and no two transactions lock each other out."""

import asyncio
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from tests.spaces.bookings.presence_databases import (
    ADULTS,
    FILLING,
    INSERT,
    PUPILS,
    RULES,
    SCHOOL,
    UPDATE,
    as_sqlite,
    booking_id,
    columns,
    inserted,
    numbered,
    person_id,
    refusal_word,
    space_id,
    tables,
)
from tests.spaces.bookings.presence_model import Booking

RIVALS = 20
ROUNDS = 30
# SQLite's writers wait by sleeping, up to a tenth of a second at a time.
SQLITE_ROUNDS = 6
CLASHES = {"space-full", "pupil-elsewhere", "adult-elsewhere"}
SECONDS = 5

OVERLAPS = """
SELECT count(*) FROM presences a JOIN presences b ON a.id < b.id
 WHERE (a.pupil_id = b.pupil_id OR a.staff_id = b.staff_id)
   AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
"""
OVER_FULL = """
SELECT count(*) FROM presences a JOIN spaces s ON s.id = a.space_id WHERE a.pupil_id IS NOT NULL AND s.places < (
  SELECT count(*) FROM presences b WHERE b.space_id = a.space_id AND b.pupil_id IS NOT NULL
     AND b.starts_at <= a.starts_at AND b.ends_at > a.starts_at)
"""
_SAME = "booking_id, school_id, space_id, pupil_id, staff_id, starts_at, ends_at"
MISSING_OR_LEFT_OVER = f"""
SELECT (SELECT count(*) FROM (SELECT {_SAME} FROM presences EXCEPT ALL SELECT {_SAME} FROM presence_pieces) a)
     + (SELECT count(*) FROM (SELECT {_SAME} FROM presence_pieces EXCEPT ALL SELECT {_SAME} FROM presences) b)
"""


WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock')"


@pytest_asyncio.fixture
async def rivals(ruled_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """Twenty connections to a PostgreSQL with spaces and people, emptied afterwards."""
    connections = [await asyncpg.connect(ruled_url) for _ in range(RIVALS)]
    for statement, values in FILLING:
        await connections[0].execute(numbered(statement), *values)
    yield connections
    await connections[0].execute(
        "TRUNCATE spaces, pupils, staff, bookings, booking_takings, presences, closures, visits"
    )
    for connection in connections:
        await connection.close()


async def attempted(connection: asyncpg.Connection, statement: str, values: list[Any]) -> str:
    """The word that a statement was refused with, in a transaction of its own, or nothing."""
    try:
        await connection.execute(numbered(statement), *values)
    except asyncpg.PostgresError as refusal:
        return refusal_word(refusal)
    return ""


async def faults(connection: asyncpg.Connection) -> list[int]:
    """How many overlaps, over-full moments, and presences that the bookings do not bear out."""
    return [await connection.fetchval(query) for query in (OVERLAPS, OVER_FULL, MISSING_OR_LEFT_OVER)]


def rival_booking(number: int, round_number: int) -> Booking:
    """One of twenty that exclude each other: by the only place, by the pupil or by the adult, turn about."""
    start = round_number * 100
    if round_number % 3 == 0:
        return Booking(1, start, start + 30, frozenset({PUPILS[number % 4]}))
    if round_number % 3 == 1:
        return Booking(number % 3 + 1, start + number, start + 60, frozenset({"pupil 1", ADULTS[number % 2]}))
    return Booking(number % 3 + 1, start + number, start + 60, frozenset({"adult 1"}))


async def test_of_twenty_rivals_for_one_slot_exactly_one_wins(rivals: list[asyncpg.Connection]) -> None:
    for slot in range(ROUNDS):
        bookings = [inserted(slot * RIVALS + n, rival_booking(n, slot)) for n in range(RIVALS)]
        words = Counter(
            await asyncio.gather(
                *(attempted(rival, INSERT, values) for rival, values in zip(rivals, bookings, strict=True))
            )
        )
        assert words.pop("") == 1
        assert set(words) <= CLASHES
    assert await faults(rivals[0]) == [0, 0, 0]


def random_people(chance: random.Random) -> frozenset[str]:
    return frozenset(chance.sample(PUPILS + ADULTS, chance.randint(1, 3)))


async def restless(connection: asyncpg.Connection, chance: random.Random, until: float) -> Counter[str]:
    """Book, take out, move, change and cancel whatever is there; how often each word came back."""
    words: Counter[str] = Counter()
    while time.monotonic() < until:
        start = chance.randrange(0, 240, 10)
        booking = Booking(chance.randint(1, 3), start, start + chance.choice([10, 30, 120]), random_people(chance))
        known = await connection.fetch("SELECT id FROM bookings WHERE status = 'booked' ORDER BY random() LIMIT 2")
        ids = [row["id"] for row in known]
        act = chance.choice(["book", "take out", "take out", "move", "move", "cancel"])
        if act == "book" or not ids:
            words[await attempted(connection, INSERT, [uuid4(), SCHOOL, [], *columns(booking)])] += 1
        elif act == "take out":
            words[await attempted(connection, INSERT, [uuid4(), SCHOOL, ids, *columns(booking)])] += 1
        elif act == "move":
            words[await attempted(connection, UPDATE, [*columns(booking), ids[0]])] += 1
        else:
            cancel = "UPDATE bookings SET status = 'cancelled' WHERE id = ?"
            words[await attempted(connection, cancel, [ids[0]])] += 1
    return words


async def test_everything_at_once_ends_without_a_deadlock_and_with_every_rule_kept(
    rivals: list[asyncpg.Connection],
) -> None:
    until = time.monotonic() + SECONDS
    told = await asyncio.gather(*(restless(rivals[n], random.Random(n), until) for n in range(12)))
    words = sum(told, Counter[str]())
    assert set(words) <= {"", "outer-not-booked"} | CLASHES
    assert words[""] > 100
    assert await rivals[0].fetchval("SELECT count(*) FROM booking_takings") > 20
    assert await faults(rivals[0]) == [0, 0, 0]


async def test_rivals_who_cross_each_other_wait_in_line(rivals: list[asyncpg.Connection]) -> None:
    words: Counter[str] = Counter()
    await rivals[0].execute("UPDATE spaces SET places = 4")
    for slot in range(ROUNDS):
        first, last, key = slot * 100, slot * 100 + 60, slot * 100
        outers = [
            Booking(1, first, last, frozenset({"pupil 1", "pupil 3", "adult 1"})),
            Booking(2, first, last, frozenset({"pupil 2", "pupil 4", "adult 2"})),
        ]
        for number, outer in enumerate(outers):
            assert await attempted(rivals[0], INSERT, inserted(key + number, outer)) == ""
        both = frozenset({key, key + 1})
        middle = (first + 20, first + 40)
        acts = [
            (INSERT, inserted(key + 2, Booking(3, *middle, frozenset({"pupil 1", "pupil 2"}), both))),
            (INSERT, inserted(key + 3, Booking(2, *middle, frozenset({"pupil 3", "adult 1"}), both - {key + 1}))),
            (INSERT, inserted(key + 4, Booking(1, *middle, frozenset({"pupil 4", "adult 2"}), both - {key}))),
            (INSERT, inserted(key + 5, Booking(1, *middle, frozenset({"pupil 2", "adult 2"}), both - {key}))),
            (INSERT, inserted(key + 6, Booking(3, first, last, frozenset(PUPILS + ADULTS)))),
            (UPDATE, [*columns(replace(outers[0], space=2)), booking_id(key)]),
            (UPDATE, [*columns(replace(outers[1], space=1)), booking_id(key + 1)]),
            (UPDATE, [*columns(replace(outers[0], people=outers[1].people)), booking_id(key)]),
            (UPDATE, [*columns(replace(outers[1], people=outers[0].people)), booking_id(key + 1)]),
            (UPDATE, [*columns(replace(outers[1], booked=False)), booking_id(key + 1)]),
        ]
        random.Random(slot).shuffle(acts)
        attempts = (attempted(rival, *act) for rival, act in zip(rivals, acts, strict=False))
        words.update(await asyncio.gather(*attempts))
    assert set(words) <= {"", "outer-not-booked"} | CLASHES
    assert await faults(rivals[0]) == [0, 0, 0]


# The order of the locks: the booking taken from, spaces, pupils, adults, each kind by id.
IN_ORDER = [
    ("bookings", booking_id(1)),
    *(("spaces", space_id(number)) for number in (1, 2, 3)),
    *(("pupils", person_id(f"pupil {number}")) for number in (1, 2)),
    *(("staff", person_id(f"adult {number}")) for number in (1, 2)),
]


@pytest.mark.parametrize("place", range(len(IN_ORDER)))
async def test_whoever_waits_for_a_lock_holds_none_that_comes_later(
    rivals: list[asyncpg.Connection], place: int
) -> None:
    outer = Booking(2, 0, 60, frozenset({*PUPILS[:2], *ADULTS}))
    inner = Booking(3, 20, 40, frozenset({"pupil 2", "adult 2"}), frozenset({1}))
    for key, booking in enumerate((outer, inner), 1):
        assert await attempted(rivals[0], INSERT, inserted(key, booking)) == ""
    holder, mover = rivals[0], rivals[1]
    moved = [*columns(replace(inner, space=1, people=frozenset({"pupil 1", "adult 1"}))), booking_id(2)]
    async with holder.transaction():
        table, row = IN_ORDER[place]
        await holder.execute(f"SELECT FROM {table} WHERE id = $1 FOR NO KEY UPDATE", row)
        waiting = asyncio.create_task(attempted(mover, UPDATE, moved))
        while not await rivals[2].fetchval(WAITS, mover.get_server_pid()):
            assert not waiting.done()
            await asyncio.sleep(0.01)
        for table, row in IN_ORDER[place + 1 :]:
            await holder.execute(f"SELECT FROM {table} WHERE id = $1 FOR NO KEY UPDATE NOWAIT", row)
    assert await waiting == ""


async def test_several_bookings_moved_by_one_statement_are_judged_by_where_they_end(
    rivals: list[asyncpg.Connection],
) -> None:
    for key, start in ((1, 0), (2, 30)):
        booking = Booking(1, start, start + 30, frozenset({"pupil 1"}))
        assert await attempted(rivals[0], INSERT, inserted(key, booking)) == ""
    forth = "UPDATE bookings SET starts_at = starts_at + interval '30 min', ends_at = ends_at + interval '30 min'"
    assert await attempted(rivals[0], forth, []) == ""
    assert await attempted(rivals[0], forth.replace("+ interval", "- interval"), []) == ""
    assert await faults(rivals[0]) == [0, 0, 0]


async def test_a_transaction_that_would_count_from_an_old_snapshot_is_refused(
    rivals: list[asyncpg.Connection],
) -> None:
    async with rivals[0].transaction(isolation="repeatable_read"):
        booking = Booking(1, 0, 30, frozenset({"pupil 1"}))
        assert await attempted(rivals[0], INSERT, inserted(1, booking)) == "25001"


def test_of_twenty_rivals_on_sqlite_exactly_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "race.sqlite3"
    with sqlite3.connect(path) as first:
        first.execute("PRAGMA journal_mode = WAL")
        for statement in [*tables("sqlite"), *RULES["sqlite"]]:
            first.execute(statement)
        for statement, values in FILLING:
            first.execute(statement, [as_sqlite(value) for value in values])
    first.close()
    words: Counter[tuple[int, str]] = Counter()

    def compete(number: int) -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous = OFF")
        for slot in range(SQLITE_ROUNDS):
            start.wait()
            values = [as_sqlite(value) for value in inserted(slot * RIVALS + number, rival_booking(number, slot))]
            word = ""
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(INSERT, values)
            except sqlite3.IntegrityError as refusal:
                word = str(refusal)
            connection.execute("COMMIT")
            words[slot, word] += 1
        connection.close()

    start = threading.Barrier(RIVALS)
    threads = [threading.Thread(target=compete, args=(number,)) for number in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {slot: count for (slot, word), count in words.items() if not word} == dict.fromkeys(range(SQLITE_ROUNDS), 1)
    assert {word for _, word in words} - {""} <= CLASHES
    assert words.total() == SQLITE_ROUNDS * RIVALS
