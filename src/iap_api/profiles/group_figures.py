"""What the latest profiles of a group say together: how each strand is spread, who is in need, what to plan for."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from iap_api.profiles.definition import Band, Instrument, Norm
from iap_api.profiles.scoring import Status, status_of

PLAN_FOR = 3


class Member(NamedTuple):
    """One pupil of the group, with the strand totals of the latest profile and the age it was made at."""

    pupil_id: UUID
    age_years: int
    totals: Mapping[str, int | None]


class StrandFigures(Struct, frozen=True):
    """One strand over the whole group; pupils whose total no range judges count in none of the three."""

    key: str
    cluster: str
    section: str
    direction: str
    maximum: int
    below: int
    within: int
    above: int
    median: float | None
    in_need_pupil_ids: list[UUID]


class Planned(Struct, frozen=True):
    """A strand to plan for: how many are in need, and how far from the range they are together."""

    key: str
    in_need: int
    points_away: int


def is_need(direction: str, status: Status | None) -> bool:
    """Say whether a status is a need: below where higher is better, above where lower is better."""
    return status == ("below" if direction == "higher_is_better" else "above")


def figures_of(
    instrument: Instrument, norm: Norm | None, members: Sequence[Member]
) -> tuple[list[StrandFigures], list[Planned]]:
    """Return the figures of every strand in reading order, and the three to plan for, all under one version of norms.

    To plan for are the strands with most pupils in need; of two with equally many, the one whose pupils are further
    from the range, summed and as a share of the most it can total; then the one that is read first. A strand in which
    nobody is in need is not among them, so there may be fewer than three.
    """
    bands = [norm.bands_at(one.age_years) if norm else {} for one in members]
    found: list[StrandFigures] = []
    ranked: list[tuple[int, float, Planned]] = []
    for section in instrument.sections:
        for cluster in section.clusters:
            for key, _items, maximum in instrument.strand_places[cluster.key]:
                totals = [one.totals.get(key) for one in members]
                judged = [
                    status_of(section.direction, total, band.get(key))
                    for total, band in zip(totals, bands, strict=True)
                ]
                needy = [at for at, status in enumerate(judged) if is_need(section.direction, status)]
                known = [total for total in totals if total is not None]
                found.append(
                    StrandFigures(
                        key, cluster.key, section.key, section.direction, maximum,
                        judged.count("below"), judged.count("within"), judged.count("above"),
                        float(median(known)) if known else None, [members[at].pupil_id for at in needy],
                    )
                )  # fmt: skip
                away = sum(_away(totals[at], bands[at].get(key)) for at in needy)
                if needy:
                    ranked.append((-len(needy), -away / maximum, Planned(key, len(needy), away)))
    # a stable sort: what is equal stays in reading order
    return found, [planned for *_, planned in sorted(ranked, key=lambda one: one[:2])[:PLAN_FOR]]


def _away(total: int | None, band: Band | None) -> int:
    if total is None or band is None:
        return 0
    return max(band.lowest - total, total - band.highest, 0)
