"""A pupil's profiles in a row: the change from each to the next, and why there is none to be told."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from iap_api.profiles.definition import Instrument
from iap_api.profiles.reliable_change import Judged, judged
from iap_api.profiles.scoring import Change, NotComparable, Scores, compare

Reason = Literal["instrument", "instrument_version", "norm_version"]


class Step(Struct, frozen=True):
    """From one profile to the next; without changes it says in `reason` what differs."""

    reason: Reason | None
    strands: tuple[Change, ...] | None
    clusters: tuple[Change, ...] | None
    sections: tuple[Judged, ...] | None
    overall: int | None


def steps(scores: Sequence[tuple[Instrument, Scores]]) -> list[Step | None]:
    """Return, for profiles in the order of observation, what changed since the one before; None for the first."""
    return [None, *(_step(before, after, of) for (_, before), (of, after) in pairwise(scores))][: len(scores)]


def _step(before: Scores, after: Scores, definition: Instrument) -> Step:
    try:
        found = compare(before, after)
    except NotComparable as error:
        return Step(error.reason, None, None, None, None)
    return Step(None, found.strands, found.clusters, judged(definition, found.sections), found.overall)
