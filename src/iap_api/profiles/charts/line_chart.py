"""Lays out a pupil's line: each section's total over time, every step with its change and whether it is by chance."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from iap_api.core.sheets.fitted_text import width
from iap_api.core.sheets.sheet import INK, QUIET, RULE, WHITE, Box, Path, Sheet
from iap_api.profiles.charts.chart_marks import BAR, NEED, box_path, dot, rule, shrunk, words
from iap_api.profiles.charts.told_profile import day

WIDE, EDGE, HEAD, PLOT, AXIS, EACH = 842.0, 30.0, 78.0, 150.0, 30.0, 250.0
# nearer than this two profiles could not be told apart
NEAREST = 46.0
# more than that have no room for their days
MOST_SHOWN = 24
_OTHER = {
    "norm_version": "other norms",
    "instrument_version": "another version",
    "instrument": "another instrument",
}


class TotalAt(NamedTuple):
    """A section's total on one day; `reason` says why nothing is told of the step to it."""

    observed_on: date
    total: int | None
    maximum: int
    change: int | None
    reliable: str | None
    reason: str | None


class SectionLine(NamedTuple):
    """One section over time."""

    title: str
    direction: str
    totals: list[TotalAt]


class ToldLine(NamedTuple):
    """What the picture of a pupil's line shows."""

    instrument: str
    whose: str
    sections: list[SectionLine]


def signed(change: int) -> str:
    """Return a change with its sign; a minus is as wide as a plus."""
    return f"+{change}" if change > 0 else f"−{-change}" if change else "0"  # noqa: RUF001 - it is a minus


def line_chart(told: ToldLine) -> Sheet:
    """Return the sheet, a band for each section, one below the other; of a very long line, its latest part."""
    cut = any(len(one.totals) > MOST_SHOWN for one in told.sections)
    told = told._replace(sections=[one._replace(totals=one.totals[-MOST_SHOWN:]) for one in told.sections])
    sheet = Sheet(WIDE, 0, f"{told.instrument}: {told.whose} over time", line_in_words(told), [], [], [])
    half = WIDE / 2 - EDGE
    sheet.words.append(shrunk(EDGE, 40, 20, 11, half * 1.4, told.instrument, bold=True))
    sheet.words.append(words(WIDE - EDGE, 38, 12, half * 0.5, f"{told.whose} over time", bold=True, anchor="end"))
    if cut:
        latest = f"The latest {MOST_SHOWN} profiles"
        sheet.words.append(words(WIDE - EDGE, 54, 9, half * 0.5, latest, anchor="end", colour=QUIET))
    if not any(one.totals for one in told.sections):
        middle = HEAD + 120
        empty = "There is no completed profile yet."
        sheet.words.append(words(WIDE / 2, middle, 16, WIDE, empty, anchor="middle", colour=QUIET))
        return sheet._replace(height=HEAD + 240)
    top = HEAD
    for section in told.sections:
        _section(sheet, section, top)
        top += EACH
    _legend(sheet, top)
    return sheet._replace(height=top + 34)


def _places(days: Sequence[date], begin: float, wide: float) -> list[float]:
    """Return where each day lies: by the calendar, but never nearer to the one before than can be read."""
    if len(days) == 1:
        return [begin + wide / 2]
    nearest = min(NEAREST, wide / (len(days) - 1))
    span = max(1, (days[-1] - days[0]).days)
    gaps = [max(nearest, wide * (b - a).days / span) for a, b in pairwise(days)]
    scale = wide / sum(gaps)
    found = [begin]
    for gap in gaps:
        found.append(found[-1] + gap * scale)
    return found


def _section(sheet: Sheet, section: SectionLine, top: float) -> None:
    better = "more is better" if section.direction == "higher_is_better" else "less is better"
    sheet.words.append(shrunk(EDGE, top + 8, 12, 9, WIDE - 2 * EDGE, section.title, bold=True))
    sheet.words.append(words(EDGE, top + 22, 9.5, 300, better, colour=QUIET))
    highest = max(one.maximum for one in section.totals)
    begin, floor_ = EDGE + AXIS, top + 42 + PLOT
    for part in range(5):
        y = floor_ - PLOT * part / 4
        sheet.boxes.append(rule(begin, y, WIDE - EDGE - begin, RULE if part else INK, 0.7))
        sheet.words.append(words(begin - 6, y + 3, 8.5, AXIS, f"{highest * part / 4:g}", anchor="end", colour=QUIET))
    xs = _places([one.observed_on for one in section.totals], begin + 34, WIDE - EDGE - begin - 68)
    ys = [floor_ - PLOT * (one.total or 0) / highest for one in section.totals]
    said = [_said(one) for one in section.totals]
    # where the steps are short their changes stand below the days, so that nothing lies on a total
    below = any(b - a < _wide(text) + 30 for (a, b), text in zip(pairwise(xs), said[1:], strict=True))
    for at in range(1, len(section.totals)):
        one = section.totals[at]
        line = f"M {xs[at - 1]:.1f} {ys[at - 1]:.1f} L {xs[at]:.1f} {ys[at]:.1f}"
        told = one.change is not None
        weight = 2.6 if _sure(one) else 1.3
        sheet.paths.append(Path(line, line=BAR if told else QUIET, weight=weight, dashed=not told))
        middle, y = (xs[at - 1] + xs[at]) / 2, (ys[at - 1] + ys[at]) / 2
        if below:
            _change(sheet, one, said[at] if told else "≠", xs[at], floor_ + 36)
        else:
            _change(sheet, one, said[at], middle, y + 2.5)
    small = len(xs) > 12
    for x, y, one in zip(xs, ys, section.totals, strict=True):
        sheet.paths.append(dot(x, y, 3 if small else 4, filled=True, colour=BAR))
        size = 8.0 if small else 10.0
        sheet.words.append(words(x, y - 7, size, 40, str(one.total), bold=True, anchor="middle"))
        on = f"{one.observed_on.day} {one.observed_on:%b}"
        room = 26.0 if small else 44.0
        sheet.words.append(words(x, floor_ + 13, 7 if small else 9, room, on, anchor="middle"))
        sheet.words.append(
            words(x, floor_ + 23, 6.5 if small else 8, room, f"{one.observed_on:%Y}", anchor="middle", colour=QUIET)
        )


_SIZE = 9.0


def _said(one: TotalAt) -> str:
    return signed(one.change) if one.change is not None else _OTHER.get(one.reason or "", "not told")


def _sure(one: TotalAt) -> bool:
    return one.reliable in ("better", "worse")


def _wide(text: str) -> float:
    return width(text, _SIZE, bold=True) + 4


def _change(sheet: Sheet, one: TotalAt, said: str, middle: float, y: float) -> None:
    wide = _wide(said)
    colour = NEED if one.change is not None and one.change < 0 else INK
    label = box_path(middle - wide / 2, y - 10, wide, 14)
    sheet.paths.append(Path(label, fill=WHITE, line=colour if _sure(one) else "", weight=1.2))
    sheet.words.append(words(middle, y + 0.5, _SIZE, wide, said, bold=_sure(one), anchor="middle", colour=colour))


def _legend(sheet: Sheet, top: float) -> None:
    said = "The number on a step, or below its day, is its change: + is better. "
    said += "In a frame: more than chance. Dashed, or ≠: not on one ruler."
    sheet.boxes.append(Box(EDGE, top, WIDE - 2 * EDGE, 0.8, RULE, "", 0))
    sheet.words.append(words(EDGE, top + 18, 9, WIDE - 2 * EDGE, said))


def line_in_words(told: ToldLine) -> str:
    """Return the picture for who cannot see it: each section's totals with their days and changes."""
    said = [f"{told.instrument} over time."]
    for section in told.sections:
        better = "more is better" if section.direction == "higher_is_better" else "less is better"
        totals = "; ".join(_total(one) for one in section.totals) or "no completed profile"
        said.append(f"{section.title} ({better}): {totals}.")
    return " ".join(said)


def _total(one: TotalAt) -> str:
    change = ""
    if one.change is not None:
        chance = {"within_chance": ", may be chance", None: ""}.get(one.reliable, ", more than chance")
        change = f", change {signed(one.change)}{chance}"
    elif one.reason:
        change = f", {_OTHER.get(one.reason, 'not compared')}"
    return f"{one.total} of {one.maximum} on {day(one.observed_on)}{change}"
