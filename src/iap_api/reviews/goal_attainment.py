"""Goal attainment scaling: the T score that sums up several targets, each from -2 to +2 and weighted."""

from collections.abc import Iterable
from math import sqrt

EXPECTED_CORRELATION = 0.3


def t_score(goals: Iterable[tuple[int, int]]) -> float | None:
    """Return the T score of (level, weight) pairs, rounded to two decimals; None without any goal.

    T = 50 + 10 * sum(w x) / sqrt((1 - r) * sum(w^2) + r * sum(w)^2) with r = 0.3; 50 means that all was reached as
    expected. Source: domain.md 7, where the formula is marked unverified: have it checked before deciding by it.
    """
    pairs = list(goals)
    if not pairs:
        return None
    reached = sum(weight * level for level, weight in pairs)
    squares = sum(weight * weight for _, weight in pairs)
    whole = sum(weight for _, weight in pairs)
    spread = sqrt((1 - EXPECTED_CORRELATION) * squares + EXPECTED_CORRELATION * whole * whole)
    return round(50 + 10 * reached / spread, 2)
