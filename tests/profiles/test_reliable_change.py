"""What is more than chance: the example its authors worked out, others by hand, and what holds for every change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.profiles.definition_forms import Reliability
from iap_api.profiles.reliable_change import BEYOND_CHANCE, error_of_difference, points_needed, verdict


def reliability(alpha: float, deviation: float) -> Reliability:
    return Reliability(alpha=alpha, standard_deviation=deviation, source="Measured on all of Year 4.")


# the first row is Jacobson and Truax's own (1991, page 14): 32.5 to 47.5 is 2.37 errors, r = 0.80, SD = 10
BY_HAND = [
    # alpha, SD, error of the difference, 1.96 of them are ..., so it takes
    (0.80, 10.0, 6.32, 13),  # 12.4
    (0.82, 5.0, 3.00, 6),  # 5.88
    (0.50, 8.0, 8.00, 16),  # 15.68
    (0.92, 20.0, 8.00, 16),
    (0.98, 10.0, 2.00, 4),  # 3.92
    (0.50, 0.5, 0.50, 1),  # 0.98
]


@pytest.mark.parametrize(("alpha", "deviation", "error", "needed"), BY_HAND)
def test_the_points_that_are_more_than_chance_worked_out_by_hand(
    alpha: float, deviation: float, error: float, needed: int
) -> None:
    known = reliability(alpha, deviation)
    assert error_of_difference(known) == pytest.approx(error, abs=0.005)
    assert points_needed(known) == needed
    assert [verdict(change, known) for change in (needed, needed - 1, 1 - needed, -needed)] == [
        "better", "within_chance", "within_chance", "worse",
    ]  # fmt: skip


def test_the_authors_own_example_is_beyond_chance() -> None:
    assert (47.5 - 32.5) / error_of_difference(reliability(0.80, 10)) == pytest.approx(2.37, abs=0.005)
    assert verdict(15, reliability(0.80, 10)) == "better"


MEASURED = st.builds(reliability, st.floats(0.01, 0.99), st.floats(0.1, 60))
CHANGES = st.integers(-140, 140)


@given(MEASURED, CHANGES)
def test_it_is_reliable_just_when_it_is_more_than_1_96_errors(known: Reliability, change: int) -> None:
    beyond = abs(change) > BEYOND_CHANCE * error_of_difference(known)
    assert (verdict(change, known) != "within_chance") is beyond


@given(MEASURED, CHANGES)
def test_a_change_the_other_way_is_said_the_other_way(known: Reliability, change: int) -> None:
    other = {"better": "worse", "worse": "better", "within_chance": "within_chance"}
    assert verdict(-change, known) == other[verdict(change, known)]


@given(MEASURED, CHANGES, st.integers(1, 50))
def test_a_larger_gain_is_never_said_to_be_less(known: Reliability, change: int, more: int) -> None:
    order = ["worse", "within_chance", "better"]
    assert order.index(verdict(change + more, known)) >= order.index(verdict(change, known))


@given(st.floats(0.01, 0.9), st.floats(0.1, 60), st.floats(0.01, 0.09))
def test_the_better_the_instrument_the_fewer_points_it_takes(alpha: float, deviation: float, more: float) -> None:
    assert points_needed(reliability(alpha + more, deviation)) <= points_needed(reliability(alpha, deviation))


@given(MEASURED)
def test_no_change_is_never_reliable(known: Reliability) -> None:
    assert verdict(0, known) == "within_chance"
