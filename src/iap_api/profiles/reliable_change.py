"""Whether a change between two totals is more than chance: the reliable change index, and the words for it.

N. S. Jacobson and P. Truax, "Clinical significance: a statistical approach to defining meaningful change in
psychotherapy research", Journal of Consulting and Clinical Psychology 59 (1991), 12-19, with Cronbach's alpha as the
reliability, which the instrument's definition gives.
"""

from collections.abc import Iterable
from math import floor, sqrt
from typing import Literal

from msgspec import Struct

from iap_api.profiles.definition import Instrument
from iap_api.profiles.definition_forms import Reliability
from iap_api.profiles.scoring import Change

# beyond it lie 5 of 100 differences between two measurements of a child who has not changed
BEYOND_CHANCE = 1.96
Verdict = Literal["better", "worse", "within_chance"]


class Judged(Struct, frozen=True, gc=False):
    """A section's change; `reliable` is None where the definition gives no reliability, or there is no change.

    `index` is the change in standard errors of the difference, `needed` the fewest points that are more than chance.
    """

    key: str
    earlier: int | None
    later: int | None
    change: int | None
    reliable: Verdict | None
    index: float | None
    needed: int | None


def error_of_difference(reliability: Reliability) -> float:
    """Return the standard error of the difference of two totals: the root of 2 times SD² times (1 - r)."""
    return sqrt(2) * reliability.standard_deviation * sqrt(1 - reliability.alpha)


def points_needed(reliability: Reliability) -> int:
    """Return the fewest points, up or down, that are a reliable change: more than 1.96 errors."""
    return floor(BEYOND_CHANCE * error_of_difference(reliability)) + 1


def verdict(change: int, reliability: Reliability) -> Verdict:
    """Say what a change, + for better, amounts to."""
    if abs(change) < points_needed(reliability):
        return "within_chance"
    return "better" if change > 0 else "worse"


def judged(definition: Instrument, sections: Iterable[Change]) -> tuple[Judged, ...]:
    """Return the changes of an instrument's sections, each with what it amounts to."""
    known = {section.key: section.reliability for section in definition.sections}
    return tuple(_judged(one, known.get(one.key)) for one in sections)


def _judged(one: Change, reliability: Reliability | None) -> Judged:
    if reliability is None:
        return Judged(one.key, one.earlier, one.later, one.change, None, None, None)
    said = index = None
    if one.change is not None:
        said, index = verdict(one.change, reliability), round(one.change / error_of_difference(reliability), 2)
    return Judged(one.key, one.earlier, one.later, one.change, said, index, points_needed(reliability))
