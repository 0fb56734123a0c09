"""Whatever is booked, moved, shortened, extended or cancelled: the databases and the plain model agree about it."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.spaces.bookings.presence_databases import (
    ADULTS,
    INSERT,
    PLACES,
    PUPILS,
    START,
    UPDATE,
    inserted,
    opened,
    presences,
    space_id,
    updated,
)
from tests.spaces.bookings.presence_model import Booking, Diary

spaces = st.sampled_from(sorted(PLACES))
starts = st.integers(0, 11).map(lambda tens: tens * 10)
lengths = st.sampled_from([10, 20, 30, 40, 60, 60, 60, 90, 720, 721, 0, -10])
everybody = st.frozensets(st.sampled_from(PUPILS + ADULTS), max_size=3)
inner_lengths = st.sampled_from([10, 10, 20, 20, 30, 60, 720])
which = st.integers(0, 1000)


class DiaryMachine(RuleBasedStateMachine):
    """Makes and changes bookings; the database and the model must agree about every one."""

    dialect = ""
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.database = self.stack.enter_context(opened(self.dialect, self.url))
        self.diary = Diary(places=dict(PLACES), ended={}, bookings={})

    def teardown(self) -> None:
        self.stack.close()

    def agree(self, word: str, judged: tuple[Diary, set[str]]) -> None:
        self.diary, words = judged
        assert word in words if words else word == ""
        assert presences(self.database) == self.diary.presences()

    def create(self, booking: Booking) -> None:
        key = len(self.diary.bookings) + 1
        judged = self.diary.book(key, booking)
        self.agree(self.database.write(INSERT, *inserted(key, booking)), judged)

    def change(self, number: int, **changes: Any) -> None:
        key, before = self.chosen(number)
        booking = replace(before, **changes)
        if booking != before:
            judged = self.diary.book(key, booking)
            self.agree(self.database.write(UPDATE, *updated(key, booking)), judged)

    def chosen(self, number: int) -> tuple[int, Booking]:
        # The newest first: small numbers are drawn most, and inner bookings of inner ones are what is rare.
        key = sorted(self.diary.bookings, reverse=True)[number % len(self.diary.bookings)]
        return key, self.diary.bookings[key]

    @rule(space=spaces, start=starts, length=lengths, people=everybody)
    def book(self, space: int, start: int, length: int, people: frozenset[str]) -> None:
        self.create(Booking(space, start, start + length, people))

    @precondition(lambda self: self.diary.bookings)
    @rule(outer=which, more=which, space=spaces, start=starts, length=inner_lengths, other_people=everybody)
    def take_out(
        self, outer: int, more: int, space: int, start: int, length: int, other_people: frozenset[str]
    ) -> None:
        key, booking = self.chosen(outer)
        begin = booking.starts + start % max(10, booking.ends - booking.starts)
        # Mostly people who are there to be taken, mostly from one booking.
        people = other_people & booking.people or booking.people if outer % 8 else other_people
        also = {self.chosen(more)[0]} if more % 3 == 0 else set()
        self.create(Booking(space, begin, begin + length, people, frozenset({key} | also)))

    @precondition(lambda self: self.diary.bookings)
    @rule(number=which, space=spaces, start=starts)
    def move(self, number: int, space: int, start: int) -> None:
        _, booking = self.chosen(number)
        self.change(number, space=space, starts=start, ends=start + booking.ends - booking.starts)

    @precondition(lambda self: self.diary.bookings)
    @rule(number=which, by=st.sampled_from([-20, -10, 10, 20, 700]), end=st.booleans())
    def shorten_or_extend(self, number: int, by: int, end: bool) -> None:
        _, booking = self.chosen(number)
        if end:
            self.change(number, ends=booking.ends + by)
        else:
            self.change(number, starts=booking.starts - by)

    @precondition(lambda self: self.diary.bookings)
    @rule(number=which, swapped=everybody)
    def change_people(self, number: int, swapped: frozenset[str]) -> None:
        _, booking = self.chosen(number)
        self.change(number, people=booking.people ^ swapped)

    @precondition(lambda self: self.diary.bookings)
    @rule(number=which)
    def cancel_or_book_again(self, number: int) -> None:
        self.change(number, booked=not self.chosen(number)[1].booked)

    @precondition(lambda self: any(booking.takes_from for booking in self.diary.bookings.values()))
    @rule(number=which)
    def cancel_an_inner_one(self, number: int) -> None:
        inner = [key for key, booking in self.diary.bookings.items() if booking.takes_from]
        self.change(len(self.diary.bookings) - inner[number % len(inner)], booked=False)

    @rule(space=spaces, places=st.sampled_from([0, 1, 2, 3, 4, 4, 4]), ends_in=st.integers(0, 12))
    def change_space(self, space: int, places: int, ends_in: int) -> None:
        if ends_in > 2:
            word = self.database.write("UPDATE spaces SET places = ? WHERE id = ?", places, space_id(space))
            self.agree(word, self.diary.set_places(space, places))
        else:
            ended_on = (START + timedelta(days=ends_in + 1)).date()
            word = self.database.write("UPDATE spaces SET ended_on = ? WHERE id = ?", ended_on, space_id(space))
            self.agree(word, self.diary.end_space(space, 60 + ends_in * 24 * 60))


@pytest.mark.parametrize(("dialect", "diaries"), [("sqlite", 150), ("postgresql", 60)])
def test_database_and_model_agree_about_every_booking(dialect: str, diaries: int, ruled_url: str) -> None:
    machine = type("Machine", (DiaryMachine,), {"dialect": dialect, "url": ruled_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=diaries, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
