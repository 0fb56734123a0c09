"""Lays a week out on one sheet: days side by side, time downwards, each booking a card with symbol, words and times."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from iap_api.core import clock
from iap_api.core.sheets import sheet as drawn
from iap_api.core.sheets.fitted_text import LEADING, Fitted, Line, fit
from iap_api.core.sheets.sheet import INK, QUIET, WHITE, Box, Path, Words
from iap_api.spaces.timetables.purposes import in_words
from iap_api.spaces.timetables.timetable_axis import axis, lanes
from iap_api.spaces.timetables.timetable_symbols import SQUARE, symbol_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# pale, so that ink stands on it with more than 12 to 1; symbol and word say the same as the colour
TINTS = {
    "lesson": "#eaf1fb", "regulation": "#e3f4f1", "therapy": "#fbeaf0", "sensory_circuit": "#fdf3dc",
    "reintegration_lesson": "#efeafa", "meeting": "#eef0f2", "maintenance": "#eef0f2",
}  # fmt: skip
SMALLEST = 4.0


class Card(NamedTuple):
    """One booking of the week; `lines` stand between its purpose and its times."""

    purpose: str
    starts_at: datetime
    ends_at: datetime
    lines: list[Line]
    subject: str | None = None


class Paper(NamedTuple):
    """The size of the sheet in points, the largest and the easily read letters of a card, and how low it may be."""

    width: float
    height: float
    largest: float
    easy: float
    least: float


# a child's own sheet is for the tray or the desk; a base's hangs on a wall, and may be printed on A4 all the same
OF_A_PUPIL, OF_A_BASE = Paper(842, 595, 15, 9, 48), Paper(1191, 842, 13, 7.5, 44)


class Symbol(NamedTuple):
    """The symbol of a purpose in a square."""

    x: float
    y: float
    size: float
    purpose: str


class Sheet(NamedTuple):
    """Everything on one sheet, in the order in which it is drawn."""

    width: float
    height: float
    title: str
    boxes: list[Box]
    symbols: list[Symbol]
    words: list[Words]

    def drawn(self) -> drawn.Sheet:
        """Return the sheet as every writer draws it, each symbol as lines."""
        paths = [Path(symbol_of(one.purpose), one.x, one.y, one.size / SQUARE, weight=1.7) for one in self.symbols]
        return drawn.Sheet(self.width, self.height, self.title, "", self.boxes, paths, self.words)


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def laid_out(paper: Paper, title: Line, monday: date, cards: Sequence[Card], note: str = "") -> Sheet:
    """Return the sheet of a week; Saturday and Sunday are there only when something is."""
    edge, head = 28.0, 92.0
    by_day: dict[int, list[Card]] = {}
    for card in cards:
        by_day.setdefault(_day(card, monday), []).append(card)
    count = max(5, *(day + 1 for day in by_day)) if by_day else 5
    column = (paper.width - 2 * edge) / count
    sheet = Sheet(paper.width, paper.height, title.text, [], [], [])
    _headings(sheet, title, monday, count, edge, column, note)
    height = paper.height - head - edge
    spans = {id(card): _span(card, monday) for card in cards}
    if not cards:
        middle = Words(
            paper.width / 2, head + height / 2, 18, False, QUIET, "middle", paper.width - 2 * edge, _EMPTY, ""
        )
        sheet.words.append(middle)
        return sheet
    place = axis(list(spans.values()), height, paper.least)
    for day, here in by_day.items():
        mine = [spans[id(card)] for card in here]
        for card, (start, end), lane in zip(here, mine, lanes(mine), strict=True):
            share = (column - 6) / lane.abreast
            x, top = edge + day * column + 3 + lane.at * share, head + place(start)
            high = place(end) - place(start) - 3
            box = Box(x + 1.5, top + 1.5, share * lane.takes - 3, high, TINTS.get(card.purpose, WHITE), INK)
            _draw(sheet, box, card, paper)
    return sheet


_EMPTY = "Nothing is booked this week."


def _day(card: Card, monday: date) -> int:
    return max(0, (card.starts_at.astimezone(clock.LONDON).date() - monday).days)


def _span(card: Card, monday: date) -> tuple[int, int]:
    """Return the minutes of the day; the end by how long it lasts, for on one Sunday an hour comes twice."""
    local = card.starts_at.astimezone(clock.LONDON)
    start = local.hour * 60 + local.minute if local.date() >= monday else 0
    lasts = (card.ends_at - card.starts_at).total_seconds() / 60
    return start, max(start + 1, min(24 * 60 + 60, start + int(lasts)))


def _headings(sheet: Sheet, title: Line, monday: date, count: int, edge: float, column: float, note: str) -> None:
    last = monday + timedelta(days=count - 1)
    same = monday.month == last.month
    began = str(monday.day) if same else f"{monday.day} {monday:%B}"
    when = f"{began} to {last.day} {last:%B %Y}"
    half = sheet.width / 2 - edge
    sheet.words.append(Words(edge, 46, 26, True, INK, "start", half * 1.35, title.text, title.instead))
    right = sheet.width - edge
    sheet.words.append(Words(right, 46, 13, False, INK, "end", half * 0.6, when, when))
    if note:
        sheet.words.append(Words(right, 30, 8, False, INK, "end", half * 0.6, note, note))
    for day in range(count):
        x = edge + day * column
        on = monday + timedelta(days=day)
        sheet.boxes.append(Box(x + 4, 84, column - 8, 2.2, INK, INK))
        sheet.words.append(Words(x + 5, 78, 15, True, INK, "start", column * 0.66, DAYS[day], DAYS[day]))
        short = f"{on.day} {on:%b}"
        sheet.words.append(Words(x + column - 5, 78, 10, False, INK, "end", column * 0.3, short, short))


class _Arranged(NamedTuple):
    """How a card is filled: the size of its symbol, whether the words stand beside it, and the words."""

    symbol: float
    beside: bool
    words: Fitted


def _draw(sheet: Sheet, box: Box, card: Card, paper: Paper) -> None:
    sheet.boxes.append(box)
    pad = max(1.5, min(6.0, box.height * 0.09, box.width * 0.06))
    _place(sheet, box, card, pad, _arranged(box, card, pad, paper))


def _arranged(box: Box, card: Card, pad: float, paper: Paper) -> _Arranged:
    """Return the calmest arrangement whose letters are easy to read, or else that with the largest.

    A high card has a large symbol above its words, others have it beside them. Where there is no room the purpose is
    left to the symbol, and at last the words are cut.
    """
    word, times = in_words(card.purpose, card.subject), _times(card)
    full = [Line(word, True, word), *card.lines, Line(times, False, times)]
    run = [Line(" · ".join(one.text for one in full), False, " · ".join(one.instead for one in full if one.instead))]
    inner, high = box.width - 2 * pad, box.height - 2 * pad
    above = (min(inner * 0.6, high * 0.42, 72), False)
    beside = (min(high, inner * 0.3, 54), True)
    ways = [above, beside] if high >= 105 or inner < 70 else [beside, above]
    found: list[_Arranged] = []
    for lines in (full, full[1:], run):
        for symbol, is_beside in ways:
            room, tall = (inner - symbol - pad, high) if is_beside else (inner, high - symbol - pad)
            if words := fit(lines, room, tall, paper.largest, SMALLEST):
                arranged = _Arranged(symbol, is_beside, words)
                if words.size >= paper.easy:
                    return arranged
                found.append(arranged)
    if found:
        return max(found, key=lambda one: one.words.size)
    cut = fit(full, inner, high, paper.largest, 1, cutting=True) or Fitted(1, full)
    return _Arranged(0, True, cut)


def _place(sheet: Sheet, box: Box, card: Card, pad: float, arranged: _Arranged) -> None:
    size, beside, found = arranged
    step = found.size * LEADING
    tall = step * len(found.lines)
    if beside:
        if size:
            sheet.symbols.append(Symbol(box.x + pad, box.y + (box.height - size) / 2, size, card.purpose))
        x, room = box.x + pad + (size + pad if size else 0), box.width - 3 * pad - size
        y, anchor = box.y + (box.height - tall) / 2, "start"
    else:
        top = box.y + max(pad, (box.height - size - pad - tall) / 2)
        sheet.symbols.append(Symbol(box.x + (box.width - size) / 2, top, size, card.purpose))
        x, room = box.x + box.width / 2, box.width - 2 * pad
        y, anchor = top + size + pad, "middle"
    for at, line in enumerate(found.lines):
        base = y + step * at + found.size * 0.95
        sheet.words.append(Words(x, base, found.size, line.bold, INK, anchor, room, line.text, line.instead))


def _times(card: Card) -> str:
    start, end = (one.astimezone(clock.LONDON) for one in (card.starts_at, card.ends_at))
    return f"{start.hour}:{start:%M}–{end.hour}:{end:%M}"
