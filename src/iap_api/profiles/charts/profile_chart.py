"""Lays out the histogram of a profile: a column for each strand with its usual range, an earlier total behind it."""

from collections.abc import Callable, Sequence
from itertools import groupby

from iap_api.core.sheets.fitted_text import Line, cut_to, fit, width
from iap_api.core.sheets.sheet import INK, QUIET, RULE, WHITE, Box, Path, Sheet
from iap_api.profiles.charts.chart_marks import (
    BAND,
    BAR,
    EARLIER,
    NEED,
    box_path,
    dot,
    hatched,
    rule,
    shrunk,
    triangle,
    words,
)
from iap_api.profiles.charts.told_profile import MOST_COLUMNS, Column, Panel, Told, day, in_words, section_totals

WIDE = 842.0
EDGE, HEAD, LEGEND, BETWEEN = 30.0, 78.0, 42.0, 26.0
PLOT, AXIS, UNDER, LISTED = 236.0, 22.0, 44.0, 12.5
# in one column of the list below the panel
MOST_LISTED = 10


def profile_chart(told: Told) -> Sheet:
    """Return the sheet; panels share a row as long as their columns are wide enough to be read."""
    title = f"{told.instrument}: {told.whose}, {day(told.observed_on)}"
    sheet = Sheet(WIDE, 0, title, in_words(told), [], [], [])
    _heading(sheet, told)
    totals = section_totals(told)
    top = HEAD
    for row in _rows(told.panels):
        room = WIDE - 2 * EDGE - BETWEEN * (len(row) - 1)
        # a panel of few columns still has room for its title and its list
        shares = [max(5, len(panel.columns)) for panel in row]
        x, lowest = EDGE, top
        for panel, share in zip(row, shares, strict=True):
            wide = room * share / sum(shares)
            lowest = max(lowest, _panel(sheet, panel, totals[panel.title], x, top, wide))
            x += wide + BETWEEN
        top = lowest + 18
    _legend(sheet, told, top + 4)
    return sheet._replace(height=max(top + LEGEND, 420.0))


def _rows(panels: Sequence[Panel]) -> list[list[Panel]]:
    rows: list[list[Panel]] = []
    for panel in panels:
        if rows and sum(max(5, len(one.columns)) for one in [*rows[-1], panel]) <= MOST_COLUMNS:
            rows[-1].append(panel)
        else:
            rows.append([panel])
    return rows


def _heading(sheet: Sheet, told: Told) -> None:
    half = WIDE / 2 - EDGE
    sheet.words.append(shrunk(EDGE, 40, 20, 11, half * 1.25, told.instrument, bold=True))
    whose = f"{told.whose} · {day(told.observed_on)} · aged {told.age_years}" + (" · draft" if told.draft else "")
    sheet.words.append(words(WIDE - EDGE, 36, 12, half * 0.72, whose, bold=True, anchor="end"))
    norms = "No norms: nothing is marked" if told.norms is None else f"Norms {told.norms}"
    under = norms + (" (provisional)" if told.provisional else "")
    sheet.words.append(words(WIDE - EDGE, 52, 9, half * 0.9, under, anchor="end", colour=QUIET))
    if told.earlier_on:
        behind = f"Behind it: {day(told.earlier_on)}"
        sheet.words.append(words(EDGE, 57, 11, half, behind))


def _panel(sheet: Sheet, panel: Panel, total: str, x: float, top: float, wide: float) -> float:
    """Draw one panel and return how low it reaches."""
    better = "more is better" if panel.direction == "higher_is_better" else "less is better"
    sheet.words.append(shrunk(x, top + 8, 12, 9, wide, panel.title, bold=True))
    sheet.words.append(words(x, top + 22, 9.5, wide, f"{total} · {better}", colour=QUIET))
    highest = max(one.maximum for one in panel.columns)
    begin, floor_ = x + AXIS, top + 46 + PLOT
    step = (wide - AXIS) / len(panel.columns)

    def at(points: float) -> float:
        return floor_ - PLOT * points / highest

    for points in _ticks(highest):
        sheet.boxes.append(rule(begin, at(points), wide - AXIS, RULE, 0.6))
        sheet.words.append(words(begin - 5, at(points) + 3, 8.5, AXIS, str(points), anchor="end", colour=QUIET))
    for place, column in enumerate(panel.columns):
        middle = begin + step * (place + 0.5)
        _column(sheet, column, middle, min(step, 46.0), at, floor_)
    sheet.boxes.append(rule(begin, floor_, wide - AXIS, INK, 1.2))
    _clusters(sheet, panel, begin, floor_ + 24, step)
    return _list(sheet, panel, x, floor_ + 24 + UNDER, wide)


def _ticks(highest: int) -> list[int]:
    step = next(one for one in (1, 2, 4, 5, 10, 20, 50, 100, 200, 500, 1000) if highest / one <= 6)
    return list(range(0, highest + 1, step))


def _column(
    sheet: Sheet, one: Column, middle: float, room: float, place: Callable[[float], float], floor_: float
) -> None:
    left, wide = middle - room * 0.44, room * 0.88
    top = place(one.maximum)
    if one.band:
        high, low = place(one.band.highest), place(one.band.lowest)
        # a range of one total is still a line to be seen
        sheet.boxes.append(Box(left, high - 1.5, wide, max(3.0, low - high + 3), BAND, "", 0))
        for edge in (high - 1.5, low + 1.5):
            sheet.boxes.append(rule(left, edge, wide, QUIET, 0.8))
    sheet.boxes.append(Box(left, top, wide, floor_ - top, "", RULE, 0, 0.7))
    if one.earlier is not None:
        behind = place(one.earlier)
        sheet.paths.extend(hatched(middle - room * 0.36, behind, room * 0.72, max(0.6, floor_ - behind), EARLIER))
    if one.total is None:
        sheet.words.append(words(middle, floor_ - 6, 9, room, "–", anchor="middle", colour=QUIET))
    else:
        height = place(one.total)
        bar = box_path(middle - room * 0.2, height, room * 0.4, max(1.6, floor_ - height))
        sheet.paths.append(Path(bar, fill=BAR, line=BAR, weight=0.5))
        size = 10.0 if room >= 24 else 8.0
        number = str(one.total)
        half = size * 0.36 * len(number) + 1
        # the number stands on white, whatever lies behind it
        sheet.paths.append(Path(box_path(middle - half, height - size - 4, 2 * half, size + 2), fill=WHITE, line=""))
        sheet.words.append(words(middle, height - 4.5, size, room, number, bold=True, anchor="middle"))
    if one.in_need:
        sheet.paths.append(triangle(middle, floor_ + 9, 3.6, up=one.status == "above"))
    elif one.status:
        sheet.paths.append(dot(middle, floor_ + 9, 2.8, filled=one.status == "above"))
    label = 11.0 if room >= 22 else 8.5
    colour = NEED if one.in_need else INK
    sheet.words.append(
        words(middle, floor_ + 25, label, room, one.label, bold=one.in_need, anchor="middle", colour=colour)
    )


def _clusters(sheet: Sheet, panel: Panel, begin: float, top: float, step: float) -> None:
    at = 0
    for (_, title), group in groupby(panel.columns, key=lambda one: (one.cluster, one.cluster_title)):
        count = len(list(group))
        left, wide = begin + step * at + 3, step * count - 6
        at += count
        sheet.boxes.append(rule(left, top + 7, wide, INK, 0.8))
        found = fit([Line(title, False, title)], wide, 25, 8.5, 6)
        lines = [one.text for one in found.lines] if found else [cut_to(title, wide, 7)]
        size = found.size if found else 7
        for line, text in enumerate(lines):
            y = top + 8 + size * (1.05 + 1.2 * line)
            sheet.words.append(words(left + wide / 2, y, size, wide, text, anchor="middle", colour=QUIET))


def _list(sheet: Sheet, panel: Panel, x: float, top: float, wide: float) -> float:
    widest = max(len(one.label) for one in panel.columns) * 8.0 + 6
    longest = max(width(one.title, 8, bold=True) for one in panel.columns) + widest + 8
    # as many abreast as hold their titles; where some are longer than the sheet is wide, the list is kept short instead
    abreast = max(1, min(4, int(wide // longest), len(panel.columns)), -(-len(panel.columns) // MOST_LISTED))
    high = -(-len(panel.columns) // abreast)
    room = wide / abreast
    for at, one in enumerate(panel.columns):
        left, y = x + room * (at // high), top + 12 + LISTED * (at % high)
        sheet.words.append(words(left, y, 9, widest, one.label, bold=True, colour=NEED if one.in_need else INK))
        sheet.words.append(shrunk(left + widest, y, 9, 7, room - widest - 6, one.title, bold=one.in_need))
    return top + 6 + LISTED * high


def _legend(sheet: Sheet, told: Told, top: float) -> None:
    x, y = EDGE, top + 14
    sheet.boxes.append(rule(EDGE, top, WIDE - 2 * EDGE, RULE, 0.8))

    def said(text: str, gap: float) -> None:
        nonlocal x
        sheet.words.append(words(x + gap, y + 3.5, 9, 200, text))
        x += gap + width(text, 9, bold=False) + 12

    sheet.paths.append(Path(box_path(x, y - 6, 9, 12), fill=BAR, line=BAR, weight=0.5))
    said("total", 14)
    if told.earlier_on:
        sheet.paths.extend(hatched(x, y - 6, 14, 12, EARLIER))
        said("earlier total", 19)
    if told.norms:
        sheet.boxes.append(Box(x, y - 5, 16, 10, BAND, "", 0))
        for edge in (y - 5, y + 5):
            sheet.boxes.append(rule(x, edge, 16, QUIET, 0.8))
        said("usual range", 21)
        judged = {one.direction for panel in told.panels for one in panel.columns}
        if "higher_is_better" in judged:
            sheet.paths.append(triangle(x + 4, y, 3.6, up=False))
            said("below the range: a need", 13)
        if "lower_is_better" in judged:
            sheet.paths.append(triangle(x + 4, y, 3.6, up=True))
            said("above the range: a need", 13)
        sheet.paths.append(dot(x + 4, y, 2.8, filled=False))
        said("within", 13)
        if "higher_is_better" in judged:
            sheet.paths.append(dot(x + 4, y, 2.8, filled=True))
            said("above it, no need", 13)
