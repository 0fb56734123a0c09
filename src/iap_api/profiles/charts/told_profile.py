"""A profile as its pictures take it: strands in panels with titles, ranges and totals, and the words that tell it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from iap_api.profiles.definition import Band, Instrument
from iap_api.profiles.group_figures import is_need
from iap_api.profiles.scoring import Scores, Status, norm_of

# a panel of more columns is no histogram anybody can read: it goes on in the next one
MOST_COLUMNS = 30


class Column(NamedTuple):
    """One strand: `label` stands under its column and before its title in the list below."""

    label: str
    title: str
    cluster: str
    cluster_title: str
    maximum: int
    total: int | None
    earlier: int | None
    band: Band | None
    status: Status | None
    direction: str

    @property
    def in_need(self) -> bool:
        """Say whether its status is a need."""
        return is_need(self.direction, self.status)


class Panel(NamedTuple):
    """A section, or a part of one that has too many strands for one panel."""

    title: str
    direction: str
    columns: list[Column]


class Told(NamedTuple):
    """What a picture of one profile shows; nobody is named but by initials."""

    instrument: str
    whose: str
    observed_on: date
    age_years: int
    draft: bool
    norms: str | None
    provisional: bool
    earlier_on: date | None
    panels: list[Panel]


def day(on: date) -> str:
    """Return a day in words, such as 3 March 2025."""
    return f"{on.day} {on:%B %Y}"


def told_profile(
    definition: Instrument, scores: Scores, whose: str, observed_on: date, age_years: int, *, draft: bool,
    earlier: Scores | None = None, earlier_on: date | None = None,
) -> Told:  # fmt: skip
    """Return a profile as its pictures take it, with the totals of an earlier one of the same version behind it."""
    norm = norm_of(definition, scores.norm_version) if scores.norm_version else None
    bands = norm.bands_at(age_years) if norm else {}
    before = {one.key: one.total for one in earlier.strands} if earlier else {}
    now = {one.key: (one.total, one.maximum, one.status) for one in scores.strands}
    short = all(len(key) <= 3 for key in now)
    panels: list[Panel] = []
    number = 0
    for section in definition.sections:
        columns = []
        for cluster in section.clusters:
            for strand in cluster.strands:
                number += 1
                total, maximum, status = now[strand.key]
                columns.append(
                    Column(
                        strand.key if short else str(number), strand.title, cluster.key, cluster.title, maximum, total,
                        before.get(strand.key), bands.get(strand.key), status, section.direction,
                    )
                )  # fmt: skip
        panels += _panels(section.title, section.direction, columns)
    return Told(
        definition.title, whose, observed_on, age_years, draft, norm.version if norm else None,
        bool(norm and norm.provisional), earlier_on, panels,
    )  # fmt: skip


def _panels(title: str, direction: str, columns: Sequence[Column]) -> list[Panel]:
    parts = -(-len(columns) // MOST_COLUMNS)
    size = -(-len(columns) // parts)
    return [
        Panel(title if parts == 1 else f"{title} ({at + 1} of {parts})", direction, list(columns[at * size :][:size]))
        for at in range(parts)
    ]


def section_totals(told: Told) -> Mapping[str, str]:
    """Return for each panel its total in words, such as "92 of 136"."""
    found = {}
    for panel in told.panels:
        totals = [one.total for one in panel.columns]
        most = sum(one.maximum for one in panel.columns)
        known = [one for one in totals if one is not None]
        found[panel.title] = f"{sum(known)} of {most}" if len(known) == len(totals) else f"not complete, of {most}"
    return found


def in_words(told: Told) -> str:
    """Return the picture for who cannot see it: every strand with its total, its range and where it stands."""
    said = [f"{told.instrument}, observed {day(told.observed_on)}, age {told.age_years}."]
    if told.earlier_on:
        said.append(f"Behind it the profile of {day(told.earlier_on)}.")
    said.append(f"Norms: {told.norms}{', provisional' if told.provisional else ''}." if told.norms else "No norms.")
    for panel in told.panels:
        better = "more is better" if panel.direction == "higher_is_better" else "less is better"
        strands = "; ".join(_strand(one) for one in panel.columns)
        said.append(f"{panel.title} ({better}): {strands}.")
    return " ".join(said)


def _strand(one: Column) -> str:
    total = "not answered yet" if one.total is None else f"{one.total} of {one.maximum}"
    usual = f", usual {one.band.lowest} to {one.band.highest}, {one.status}" if one.band and one.status else ""
    before = f", before {one.earlier}" if one.earlier is not None else ""
    return f"{one.label} {one.title}: {total}{usual}{before}"
