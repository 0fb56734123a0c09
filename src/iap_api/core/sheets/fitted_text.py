"""Fits words into a box: the largest letters in which they stand in it, broken between words."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_NARROW, _WIDE = frozenset("iljItfr.,:;'|!()[] ·’"), frozenset("mwMW@%—")
LEADING = 1.22


class Line(NamedTuple):
    """One line of text; `instead` is printed where the font on paper has no such letters."""

    text: str
    bold: bool
    instead: str


class Fitted(NamedTuple):
    """The size of the letters and the lines as they are broken."""

    size: float
    lines: list[Line]


def width(text: str, size: float, *, bold: bool) -> float:
    """Return about how wide a text is in DejaVu Sans, the widest of the fonts we name: it is rather less than more."""
    units = sum(
        0.42 if one in _NARROW else 0.98 if one in _WIDE or unicodedata.east_asian_width(one) in "WF"
        else 0.72 if one.isupper() else 0.63
        for one in text
    )  # fmt: skip
    return units * size * (1.1 if bold else 1.0)


def _pieces(word: str, size: float, room: float, *, bold: bool) -> list[str]:
    """Return a word cut wherever the room ends."""
    cut = [""]
    for letter in word:
        if cut[-1] and width(cut[-1] + letter, size, bold=bold) > room:
            cut.append("")
        cut[-1] += letter
    return cut


def _broken(line: Line, size: float, room: float, *, cutting: bool) -> list[Line] | None:
    """Return a line broken between words, or None when one word alone is too wide and may not be cut."""
    rows: list[str] = []
    words = line.text.split()
    if cutting:
        words = [piece for word in words for piece in _pieces(word, size, room, bold=line.bold)]
    for word in words:
        if width(word, size, bold=line.bold) > room and not cutting:
            return None
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and width(longer, size, bold=line.bold) <= room:
            rows[-1] = longer
        else:
            rows.append(word)
    if len(rows) < 2:
        return [line._replace(text=row) for row in rows]
    return [Line(row, line.bold, line.instead if at == 0 else "") for at, row in enumerate(rows)]


def fit(
    lines: Sequence[Line], room: float, height: float, largest: float, smallest: float, *, cutting: bool = False
) -> Fitted | None:
    """Return the lines in the largest letters that fit, or None when even the smallest do not.

    `cutting`: words may be cut where the room ends.
    """
    size = largest
    while size >= smallest:
        broken: list[Line] = []
        for line in lines:
            rows = _broken(line, size, room, cutting=cutting)
            if rows is None:
                break
            broken += rows
        else:
            if len(broken) * size * LEADING <= height:
                return Fitted(size, broken)
        size -= 0.5
    return None


def cut_to(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return as much of a text as the room holds, with an ellipsis where something is left out."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(kept.rstrip() + "…", size, bold=bold) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"
