"""Lays out a group's heat map: a row for each pupil, a column for each strand, and below them how many are in need."""

from typing import NamedTuple

from iap_api.core.sheets.fitted_text import width
from iap_api.core.sheets.sheet import INK, QUIET, RULE, WHITE, Box, Path, Sheet
from iap_api.profiles.charts.chart_marks import BAND, NEED, dot, hatch, rule, shrunk, triangle, words
from iap_api.profiles.charts.told_profile import MOST_COLUMNS

WIDE, EDGE, NAMES = 842.0, 30.0, 58.0
# more rows than that nobody reads: those most in need are shown, and the rest counted
MOST_ROWS = 60


class Cell(NamedTuple):
    """One pupil's total of one strand; `side` is below, within, above, or None where no range judges it."""

    total: int | None
    side: str | None
    in_need: bool


class Row(NamedTuple):
    """One pupil, by initials, with a cell for each strand."""

    whose: str
    cells: list[Cell]

    @property
    def needs(self) -> int:
        """Return in how many strands the pupil is in need."""
        return sum(one.in_need for one in self.cells)


class GroupColumn(NamedTuple):
    """One strand of the group; `rank` is its place among those to plan for, or None."""

    label: str
    title: str
    in_need: int
    rank: int | None


class ToldGroup(NamedTuple):
    """What the heat map shows: the pupils within reach who have a profile, most in need first."""

    instrument: str
    norms: str | None
    without: int
    columns: list[GroupColumn]
    rows: list[Row]


def group_chart(told: ToldGroup) -> Sheet:
    """Return the sheet; strands beyond the width of a sheet go on in a second map below."""
    title = f"{told.instrument}: {len(told.rows)} pupils"
    sheet = Sheet(WIDE, 0, title, group_in_words(told), [], [], [])
    half = WIDE / 2 - EDGE
    sheet.words.append(shrunk(EDGE, 40, 20, 11, half * 1.3, told.instrument, bold=True))
    who = f"{len(told.rows)} pupils" + (f", {told.without} without a profile" if told.without else "")
    sheet.words.append(words(WIDE - EDGE, 36, 12, half * 0.65, who, bold=True, anchor="end"))
    norms = f"Norms {told.norms}" if told.norms else "No norms: nothing is marked"
    sheet.words.append(words(WIDE - EDGE, 52, 9, half * 0.65, norms, anchor="end", colour=QUIET))
    if not told.rows:
        empty = "Nobody here has a completed profile yet."
        sheet.words.append(words(WIDE / 2, 200, 16, WIDE, empty, anchor="middle", colour=QUIET))
        return sheet._replace(height=320)
    top = 72.0
    parts = -(-len(told.columns) // MOST_COLUMNS)
    size = -(-len(told.columns) // parts)
    for at in range(0, len(told.columns), size):
        top = _map(sheet, told, range(at, min(at + size, len(told.columns))), top) + 18
    _legend(sheet, told, top)
    return sheet._replace(height=top + 40)


def _map(sheet: Sheet, told: ToldGroup, columns: range, top: float) -> float:
    begin = EDGE + NAMES
    step = min(56.0, (WIDE - EDGE - begin) / len(columns))
    shown = told.rows[:MOST_ROWS]
    high = max(13.0, min(26.0, 330.0 / len(shown)))
    letters = min(10.0, high * 0.62)
    for place, at in enumerate(columns):
        column = told.columns[at]
        middle = begin + step * (place + 0.5)
        bold = column.rank is not None
        sheet.words.append(words(middle, top + 12, 11, step, column.label, bold=bold, anchor="middle"))
        for row, one in enumerate(shown):
            _cell(sheet, one.cells[at], begin + step * place, top + 20 + high * row, step, high, letters)
    for row, one in enumerate(shown):
        y = top + 20 + high * row + high / 2 + letters * 0.36
        sheet.words.append(words(begin - 8, y, letters, NAMES - 8, one.whose, bold=True, anchor="end"))
    low = top + 20 + high * len(shown)
    if len(told.rows) > MOST_ROWS:
        more = f"and {len(told.rows) - MOST_ROWS} more pupils, who have fewer needs or as few"
        sheet.words.append(words(begin, low + 11, 8.5, 400, more, colour=QUIET))
        low += 14
    sheet.boxes.append(rule(EDGE, low + 3, begin - EDGE + step * len(columns), INK, 1))
    if not told.norms:
        return _titles(sheet, told, columns, low + 10)
    sheet.words.append(words(begin - 8, low + 18, 9, NAMES - 8, "in need", bold=True, anchor="end"))
    for place, at in enumerate(columns):
        column = told.columns[at]
        middle = begin + step * (place + 0.5)
        bold = column.rank is not None
        sheet.words.append(words(middle, low + 18, 10, step, str(column.in_need), bold=bold, anchor="middle"))
        if column.rank is not None:
            sheet.paths.append(dot(middle, low + 31, 7, filled=True))
            sheet.words.append(
                words(middle, low + 34.5, 9.5, 14, str(column.rank), bold=True, anchor="middle", colour=WHITE)
            )
    return _titles(sheet, told, columns, low + 42)


def _cell(sheet: Sheet, one: Cell, x: float, y: float, wide: float, high: float, letters: float) -> None:
    fill = NEED if one.in_need else BAND if one.side == "within" else WHITE
    sheet.boxes.append(Box(x + 1, y + 1, wide - 2, high - 2, fill, RULE, 2, 0.7))
    if one.side == "above" and not one.in_need:
        sheet.paths.append(Path(hatch(x + 2, y + 2, wide - 4, high - 4, 5), line=RULE, weight=0.8))
    middle = x + wide / 2
    said = "–" if one.total is None else str(one.total)
    aside = letters * 0.75 if one.in_need and wide >= 24 else 0
    if one.in_need and wide >= 24:
        up = one.side == "above"
        sheet.paths.append(triangle(middle + letters * 0.9, y + high / 2, letters * 0.3, up=up, colour=WHITE))
    sheet.words.append(
        words(middle - aside, y + high / 2 + letters * 0.36, letters, wide, said, bold=one.in_need, anchor="middle",
              colour=WHITE if one.in_need else INK)
    )  # fmt: skip


def _titles(sheet: Sheet, told: ToldGroup, columns: range, top: float) -> float:
    shown = [told.columns[at] for at in columns]
    label = max(len(one.label) for one in shown) * 8.0 + 6
    longest = max(width(one.title, 9, bold=True) for one in shown) + label + 8
    whole = WIDE - 2 * EDGE
    abreast = max(1, min(4, int(whole // longest), len(shown)), -(-len(shown) // 10))
    high = -(-len(shown) // abreast)
    room = whole / abreast
    for at, one in enumerate(shown):
        x, y = EDGE + room * (at // high), top + 12 + 12.5 * (at % high)
        bold = one.rank is not None
        sheet.words.append(words(x, y, 9, label, one.label, bold=True))
        sheet.words.append(shrunk(x + label, y, 9, 7, room - label - 6, one.title, bold=bold))
    return top + 6 + 12.5 * high


def _legend(sheet: Sheet, told: ToldGroup, top: float) -> None:
    sheet.boxes.append(rule(EDGE, top, WIDE - 2 * EDGE, RULE, 0.8))
    if not told.norms:
        said = "The numbers are totals. This instrument has no norms, so nobody is marked as in need."
        sheet.words.append(words(EDGE, top + 18, 9, WIDE - 2 * EDGE, said))
        return
    x, y = EDGE, top + 16.0
    kinds = (
        (Cell(4, "below", in_need=True), "in need, below the range"),
        (Cell(9, "above", in_need=True), "in need, above it"),
        (Cell(9, "within", in_need=False), "within"),
        (Cell(9, "above", in_need=False), "above, no need"),
    )
    for cell, said in kinds:
        _cell(sheet, cell, x, y - 9, 30, 18, 9)
        sheet.words.append(words(x + 35, y + 3.5, 9, 160, said))
        x += 35 + width(said, 9, bold=False) + 12
    sheet.paths.append(dot(x + 7, y, 7, filled=True))
    sheet.words.append(words(x + 7, y + 3.5, 9.5, 14, "1", bold=True, anchor="middle", colour=WHITE))
    sheet.words.append(words(x + 19, y + 3.5, 9, 160, "to plan for, first"))


def group_in_words(told: ToldGroup) -> str:
    """Return the picture for who cannot see it: how many are in need in each strand, and what to plan for."""
    said = [f"{told.instrument}, {len(told.rows)} pupils with a profile, {told.without} without."]
    said.append(f"Norms: {told.norms}." if told.norms else "No norms.")
    ranked = sorted((one for one in told.columns if one.rank), key=lambda one: one.rank or 0)
    if ranked:
        named = "; ".join(f"{one.label} {one.title}, {one.in_need} in need" for one in ranked)
        said.append(f"To plan for: {named}.")
    if told.norms:
        needs = "; ".join(f"{one.label} {one.title}: {one.in_need}" for one in told.columns)
        said.append(f"In need: {needs}.")
    return " ".join(said)
