"""The T score against sums done by hand."""

import pytest

from iap_api.reviews.goal_attainment import t_score


@pytest.mark.parametrize(
    ("goals", "score"),
    [
        ([(0, 1), (0, 1), (0, 1)], 50.0),
        # one goal: the root is sqrt(0.7 + 0.3) = 1, so each level is ten points
        ([(1, 1)], 60.0),
        ([(-2, 1)], 30.0),
        # (1, 1, 0): 20 / sqrt(0.7 * 3 + 0.3 * 9) = 20 / sqrt(4.8) = 9.1287
        ([(1, 1), (1, 1), (0, 1)], 59.13),
        # (-2, -2): -40 / sqrt(0.7 * 2 + 0.3 * 4) = -40 / sqrt(2.6) = -24.8069
        ([(-2, 1), (-2, 1)], 25.19),
        # weights 2 and 1: 10 * (2 - 1) / sqrt(0.7 * 5 + 0.3 * 9) = 10 / sqrt(6.2) = 4.0161
        ([(1, 2), (-1, 1)], 54.02),
    ],
)
def test_the_t_score_of_a_few_targets(goals: list[tuple[int, int]], score: float) -> None:
    assert t_score(goals) == score


def test_one_weight_for_all_changes_nothing() -> None:
    assert t_score([(1, 5), (1, 5), (0, 5)]) == 59.13


def test_without_a_rated_target_there_is_no_score() -> None:
    assert t_score([]) is None
