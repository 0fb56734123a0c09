"""The arithmetic of a profile: totals, where they stand against the norm, and change between two profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Literal

from msgspec import Struct, structs

from iap_api.profiles.definition import Band, Direction, Fault, Instrument, Norm, pointer

Status = Literal["below", "within", "above"]


class BadAnswers(ValueError):
    """Answers that the instrument does not know; `errors` lists each with its pointer."""

    def __init__(self, errors: Iterable[tuple[str, str]]) -> None:
        self.errors = tuple(Fault(*error) for error in errors)
        super().__init__("Some answers do not fit the instrument.")


class UnknownNorm(ValueError):
    """The instrument has no norms of the version asked for."""


class NotComparable(ValueError):
    """Two scores that may not be set side by side; `reason` says what differs."""

    def __init__(self, reason: Literal["instrument", "instrument_version", "norm_version"], detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class StrandScore(Struct, frozen=True, gc=False):
    key: str
    cluster: str
    section: str
    direction: Direction
    total: int | None
    maximum: int
    answered: int
    items: int
    status: Status | None


class GroupScore(Struct, frozen=True, gc=False):
    """A cluster's or a section's score: the sum of its strands, or no total while one of them has none."""

    key: str
    direction: Direction
    total: int | None
    maximum: int
    answered: int
    items: int


class Scores(Struct, frozen=True):
    instrument: str
    instrument_version: str
    norm_version: str | None
    complete: bool
    missing: tuple[str, ...]
    strands: tuple[StrandScore, ...]
    clusters: tuple[GroupScore, ...]
    sections: tuple[GroupScore, ...]


class Change(Struct, frozen=True, gc=False):
    """From one total to the next; `change` is above 0 for improvement, None where either total is."""

    key: str
    earlier: int | None
    later: int | None
    change: int | None


class Comparison(Struct, frozen=True):
    """What changed; `overall` is the sum over sections, None where a section has no change."""

    norm_version: str | None
    strands: tuple[Change, ...]
    clusters: tuple[Change, ...]
    sections: tuple[Change, ...]
    overall: int | None


def check_answers(instrument: Instrument, answers: Mapping[str, object]) -> list[Fault]:
    """Every answer to an unknown item or off the scale, pointed to from the answers; None is no answer."""
    faults = []
    for key, value in answers.items():
        if key not in instrument.items_by_key:
            faults.append(Fault(pointer(key), "The instrument has no such item."))
        # A bool is an int to Python, and 1.0 equals 1: neither is what a person chose on the scale.
        elif value is not None and (type(value) is not int or value not in instrument.scale_values):
            faults.append(Fault(pointer(key), f"The answer must be {_on_the_scale(instrument)}, or null."))
    return faults


def score(
    instrument: Instrument,
    answers: Mapping[str, int | None],
    norm_version: str | None = None,
    age_years: int | None = None,
) -> Scores:
    """Score answers, by item key, against one version of the norms (the last one unless named).

    A total needs every answer: 0 is an answer, null or absent is none. Age is in completed years.
    Raises BadAnswers and UnknownNorm.
    """
    norm = norm_of(instrument, norm_version)
    _refuse_bad(instrument, answers)
    answer = answers.get

    def added_up(_strand: str, item_keys: Sequence[str]) -> tuple[int | None, int]:
        given = [*map(answer, item_keys)]
        answered = len(given) - given.count(None)
        return (sum(given) if answered == len(given) else None), answered  # type: ignore[arg-type]

    scored = _scored(instrument, norm, age_years, added_up)
    missing = () if scored.complete else tuple(key for key in instrument.items_by_key if answers.get(key) is None)
    return structs.replace(scored, missing=missing)


def score_totals(
    instrument: Instrument, totals: Mapping[str, int], norm_version: str | None = None, age_years: int | None = None
) -> Scores:
    """Score the totals of strands, by strand key, as another system added them up: no item counts as answered.

    Raises BadAnswers for a strand that the instrument has not or a total beyond its maximum, and UnknownNorm.
    """
    norm = norm_of(instrument, norm_version)
    if faults := check_totals(instrument, totals):
        raise BadAnswers(faults)
    scored = _scored(instrument, norm, age_years, lambda strand, _items: (totals.get(strand), 0))
    items = {
        item for place in instrument.strand_places.values() for key, of, _ in place if key not in totals for item in of
    }
    return structs.replace(scored, missing=tuple(key for key in instrument.items_by_key if key in items))


def check_totals(instrument: Instrument, totals: Mapping[str, object]) -> list[Fault]:
    """Every total of an unknown strand, or beyond its maximum, pointed to from the totals."""
    maxima = {key: maximum for place in instrument.strand_places.values() for key, _, maximum in place}
    faults = []
    for key, value in totals.items():
        if key not in maxima:
            faults.append(Fault(pointer(key), "The instrument has no such strand."))
        elif type(value) is not int or not 0 <= value <= maxima[key]:
            faults.append(Fault(pointer(key), f"The total must be a whole number from 0 to {maxima[key]}."))
    return faults


def _scored(
    instrument: Instrument,
    norm: Norm | None,
    age_years: int | None,
    total_of: Callable[[str, Sequence[str]], tuple[int | None, int]],
) -> Scores:
    """Set out strands, clusters and sections; `total_of` gives a strand's total and how many items are answered."""
    bands = norm.bands_at(age_years) if norm else {}
    band = bands.get
    strands: list[StrandScore] = []
    clusters: list[GroupScore] = []
    sections: list[GroupScore] = []
    for section in instrument.sections:
        section_key, direction = section.key, section.direction
        in_section: list[GroupScore] = []
        for cluster in section.clusters:
            cluster_key = cluster.key
            in_cluster: list[StrandScore] = []
            for key, item_keys, maximum in instrument.strand_places[cluster_key]:
                total, answered = total_of(key, item_keys)
                items = len(item_keys)
                status = status_of(direction, total, band(key))
                in_cluster.append(
                    StrandScore(key, cluster_key, section_key, direction, total, maximum, answered, items, status)
                )
            in_section.append(_sum(cluster_key, direction, in_cluster))
            strands += in_cluster
        sections.append(_sum(section_key, direction, in_section))
        clusters += in_section
    complete = all(section.total is not None for section in sections)
    return Scores(
        instrument.key,
        instrument.version,
        norm.version if norm else None,
        complete,
        (),
        tuple(strands),
        tuple(clusters),
        tuple(sections),
    )


def compare(earlier: Scores, later: Scores) -> Comparison:
    """The change from one profile to a later one; raises NotComparable unless both stand on one ruler.

    Raw scores survive a change of norms, so an older profile is compared by scoring it again under the
    version of the newer one (nurtureuk on the 2017 norms; domain facts 2.3).
    """
    if earlier.instrument != later.instrument:
        raise NotComparable("instrument", "The two profiles were made with different instruments.")
    if earlier.instrument_version != later.instrument_version:
        raise NotComparable("instrument_version", "The two profiles were made with different versions.")
    if earlier.norm_version != later.norm_version:
        raise NotComparable("norm_version", "The two profiles are scored against different norms.")
    sections = _changes(earlier.sections, later.sections)
    deltas = [section.change for section in sections if section.change is not None]
    return Comparison(
        later.norm_version,
        _changes(earlier.strands, later.strands),
        _changes(earlier.clusters, later.clusters),
        sections,
        sum(deltas) if len(deltas) == len(sections) else None,
    )


def norm_of(instrument: Instrument, version: str | None) -> Norm | None:
    """Return the norms of that version, the last one unless named, None if it has none; raises UnknownNorm."""
    if version is None:
        return instrument.norms[-1] if instrument.norms else None
    for norm in instrument.norms:
        if norm.version == version:
            return norm
    raise UnknownNorm("The instrument has no norms of this version.")


def _refuse_bad(instrument: Instrument, answers: Mapping[str, object]) -> None:
    # Three set comparisons settle the usual case; only a bad answer pays for being named.
    values = answers.values()
    if (
        answers.keys() <= instrument.items_by_key.keys()
        and set(map(type, values)) <= {int, NoneType}
        and set(values) - {None} <= instrument.scale_values
    ):
        return
    raise BadAnswers(check_answers(instrument, answers))


def _on_the_scale(instrument: Instrument) -> str:
    return f"a whole number from {min(instrument.scale_values)} to {max(instrument.scale_values)}"


def status_of(direction: Direction, total: int | None, band: Band | None) -> Status | None:
    """Return where a strand's total stands: above is a concern where lower is better, and there is no below."""
    if total is None or band is None:
        return None
    if total > band.highest:
        return "above"
    # Fewer signs of need than usual is no concern, so the second kind of section has no "below".
    return "below" if total < band.lowest and direction == "higher_is_better" else "within"


def _sum(key: str, direction: Direction, parts: Iterable[StrandScore | GroupScore]) -> GroupScore:
    total: int | None = 0
    maximum = answered = items = 0
    for part in parts:
        total = None if total is None or part.total is None else total + part.total
        maximum += part.maximum
        answered += part.answered
        items += part.items
    return GroupScore(key, direction, total, maximum, answered, items)


def _changes(
    earlier: Iterable[StrandScore | GroupScore], later: Iterable[StrandScore | GroupScore]
) -> tuple[Change, ...]:
    changes = []
    for before, after in zip(earlier, later, strict=True):
        change = None
        if before.total is not None and after.total is not None:
            sign = 1 if after.direction == "higher_is_better" else -1
            change = sign * (after.total - before.total)
        changes.append(Change(after.key, before.total, after.total, change))
    return tuple(changes)
