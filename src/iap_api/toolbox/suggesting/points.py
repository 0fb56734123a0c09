"""The arithmetic of suggestions: points that a teacher can add up by hand, as docs/suggestions.md does."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

from msgspec import Struct

from iap_api.profiles.definition import Band
from iap_api.profiles.scoring import StrandScore
from iap_api.toolbox.what_works_shapes import FEWEST

FURTHEST = 3
STRANDS_COUNTED = 2
FURTHEST_POINTS, OTHER_POINTS, CLUSTER_POINTS = 4, 2, 1
OFTEN_POINTS, SOMETIMES_POINTS = 3, 1
WORKED_POINTS = {"worked_mostly": 4, "worked_half": 2, "worked_sometimes": 0, "worked_rarely": -2}
SAID_POINTS = 2


class Need(Struct, frozen=True):
    """A strand outside the usual range: by how many points of its maximum, and whether it is among the furthest."""

    strand: str
    cluster: str
    total: int
    outside: int
    maximum: int
    furthest: bool


class Zones(Struct, frozen=True):
    """In how many records of lately each zone was named; several may be named in one."""

    records: int
    times: Mapping[str, int]


class Record(Struct, frozen=True):
    """How one thing went with a pupil: uses with the zone after, in the zone wanted then; asked, said yes, said no."""

    uses: int
    arrived: int
    asked: int = 0
    yes: int = 0
    no: int = 0


class Reason(Struct, frozen=True):
    """Why something has points: a code, what it is about, the points, and `times` out of `of`."""

    code: str
    about: str | None
    points: int
    times: int
    of: int


class Tagged(Protocol):
    """Whatever can be suggested: it carries strands, clusters and zones."""

    @property
    def strands(self) -> Sequence[str]:
        """The strands of need it helps with."""

    @property
    def clusters(self) -> Sequence[str]:
        """The clusters those belong to, or that it helps with as a whole."""

    @property
    def zones(self) -> Sequence[str]:
        """The zones it helps with."""


def needs_of(strands: Iterable[StrandScore], bands: Mapping[str, Band]) -> list[Need]:
    """Return the strands of need, the furthest from the usual range first.

    How far is what share of the strand's maximum lies between its total and the range; of equals the first in the
    instrument comes first.
    """
    found = []
    for one in strands:
        band = bands.get(one.key)
        if one.total is None or band is None:
            continue
        higher = one.direction == "higher_is_better"
        outside = band.lowest - one.total if higher else one.total - band.highest
        if outside > 0:
            found.append((one, outside))
    found.sort(key=lambda pair: Fraction(-pair[1], pair[0].maximum))
    return [
        Need(one.key, one.cluster, one.total or 0, outside, one.maximum, number < FURTHEST)
        for number, (one, outside) in enumerate(found)
    ]


def reasons_for(thing: Tagged, needs: Sequence[Need], zones: Zones, record: Record | None) -> list[Reason]:
    """Return why a thing fits a pupil, each reason with its points; their sum is the thing's."""
    return [*_of_strands(thing, needs), *_of_zones(thing, zones), *_of_record(record)]


def _of_strands(thing: Tagged, needs: Sequence[Need]) -> list[Reason]:
    # the two furthest alone: whatever is tagged with everything must not win by its breadth
    matching = [need for need in needs if need.strand in thing.strands][:STRANDS_COUNTED]
    if matching:
        return [
            Reason("strand_furthest", need.strand, FURTHEST_POINTS, need.outside, need.maximum)
            if need.furthest
            else Reason("strand", need.strand, OTHER_POINTS, need.outside, need.maximum)
            for need in matching
        ]
    near = next((need.cluster for need in needs if need.cluster in thing.clusters), None)
    there = sum(need.cluster == near for need in needs)
    return [Reason("cluster", near, CLUSTER_POINTS, there, len(needs))] if near else []


def _of_zones(thing: Tagged, zones: Zones) -> list[Reason]:
    helped = [(zones.times.get(zone, 0), zone) for zone in thing.zones]
    if zones.records < FEWEST or not helped:
        return []
    times, zone = max(helped, key=lambda one: one[0])
    if 2 * times >= zones.records:
        return [Reason("zone_often", zone, OFTEN_POINTS, times, zones.records)]
    if 4 * times >= zones.records:
        return [Reason("zone_sometimes", zone, SOMETIMES_POINTS, times, zones.records)]
    return []


def _of_record(record: Record | None) -> list[Reason]:
    found: list[Reason] = []
    if record is None:
        return found
    if 0 < record.uses < FEWEST:
        found.append(Reason("too_few_uses", None, 0, record.uses, FEWEST))
    elif record.uses:
        code = _how_often(record.arrived, record.uses)
        found.append(Reason(code, None, WORKED_POINTS[code], record.arrived, record.uses))
    if record.asked >= FEWEST:
        if 2 * record.yes >= record.asked:
            found.append(Reason("said_yes", None, SAID_POINTS, record.yes, record.asked))
        if 2 * record.no >= record.asked:
            found.append(Reason("said_no", None, -SAID_POINTS, record.no, record.asked))
    return found


def _how_often(times: int, of: int) -> str:
    if 4 * times >= 3 * of:
        return "worked_mostly"
    if 2 * times >= of:
        return "worked_half"
    return "worked_sometimes" if 4 * times >= of else "worked_rarely"


T = TypeVar("T")


def ranked(things: Iterable[tuple[T, Sequence[Reason], tuple[int, str, str]]]) -> list[tuple[T, int, Sequence[Reason]]]:
    """Return the things with more than no points, most first; equals in the order of the tuple each came with."""
    pointed = [(one, sum(reason.points for reason in reasons), reasons, place) for one, reasons, place in things]
    kept = [one for one in pointed if one[1] > 0]
    kept.sort(key=lambda one: (-one[1], one[3]))
    return [(one, points, reasons) for one, points, reasons, _ in kept]
