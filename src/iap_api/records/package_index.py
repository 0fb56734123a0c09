"""Typesets the index of a package as PDF: `python -m iap_api.records.package_index released < record.json > index.pdf`.

A process of its own: it knows nothing of the database and imports nothing of the API but the words of days.
"""

import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from iap_api.records.index_words import (
    COMPLAINT,
    HOW_TO_READ,
    KINDS,
    LEFT_OUT_LEAD,
    WITHHELD_LEAD,
    WORKING,
    day_in_words,
)

FONTS = Path(__file__).parents[1] / "core" / "fonts"
LONDON = ZoneInfo("Europe/London")
INK, QUIET, LINE, PALE = HexColor("#1c2733"), HexColor("#5a6672"), HexColor("#c6ced6"), HexColor("#f3f5f7")
RED = HexColor("#a3242b")
MARGIN = 22 * mm
# a word of the software's, such as in_progress
WORD = re.compile(r"[a-z]+(_[a-z]+)+\Z")
# these say nothing to a reader; the JSON file has them
UNPRINTED = frozenset({"id", "version", "school_id", "pupil_id", "created_at", "updated_at"})


def _styles() -> dict[str, ParagraphStyle]:
    for name, file in (("Body", "DejaVuSans.ttf"), ("Strong", "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    pdfmetrics.registerFontFamily("Body", normal="Body", bold="Strong", italic="Body", boldItalic="Strong")

    def style(name: str, size: float, *, strong: bool = False, colour: Color = INK, after: float = 0) -> ParagraphStyle:
        return ParagraphStyle(
            name, fontName="Strong" if strong else "Body", fontSize=size, leading=size * 1.42, textColor=colour,
            spaceAfter=after, alignment=TA_LEFT, splitLongWords=True,
        )  # fmt: skip

    return {
        "title": style("title", 22, strong=True, after=4),
        "under": style("under", 11, colour=QUIET, after=14),
        "heading": style("heading", 13.5, strong=True, after=6),
        "day": style("day", 9.5, strong=True, after=2),
        "text": style("text", 9.5, after=6),
        "small": style("small", 8.2),
        "entry": style("entry", 8.2, after=2.5),
        "quiet": style("quiet", 8.2, colour=QUIET),
        "head": style("head", 8.2, strong=True),
    }


class _Pages(BaseDocTemplate):
    """A4 pages with the school and the number of the page at the foot."""

    def __init__(self, held: io.BytesIO, foot: str, working: bool) -> None:
        super().__init__(
            held, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
            title="Copy of a record", author=foot, subject="Index of a subject's package",
        )  # fmt: skip
        self._foot, self._working = foot, working
        frame = Frame(MARGIN, MARGIN, A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._draw))

    def _draw(self, canvas: Any, _document: Any) -> None:
        canvas.saveState()
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, 15 * mm, A4[0] - MARGIN, 15 * mm)
        canvas.setFont("Body", 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 10.5 * mm, self._foot)
        canvas.drawRightString(A4[0] - MARGIN, 10.5 * mm, f"Page {canvas.getPageNumber()}")
        if self._working:
            canvas.setFont("Strong", 8)
            canvas.setFillColor(RED)
            canvas.drawString(MARGIN, A4[1] - 13 * mm, "WORKING COPY – NOT FOR RELEASE")
        canvas.restoreState()


class Index:
    """The index of one document, piece by piece."""

    def __init__(self, document: dict[str, Any], working: bool) -> None:
        """Take the document as the JSON file holds it."""
        self._document, self._working, self._styles = document, working, _styles()

    def pdf(self) -> bytes:
        """Return the PDF."""
        held = io.BytesIO()
        pages = _Pages(held, self._document["about"]["school"], self._working)
        pages.build([*self._cover(), *self._contents(), *self._withheld(), *self._left_out(), PageBreak(),
                     *self._records(), PageBreak(), *self._accesses()])  # fmt: skip
        return held.getvalue()

    def _say(self, text: str, style: str = "text", *, marked_up: bool = False) -> Paragraph:
        return Paragraph(text if marked_up else escape(text), self._styles[style])

    def _heading(self, text: str, room: float = 35) -> list[Flowable]:
        """Return a heading that goes to the next page if there is not `room` (mm) for what it is over."""
        return [CondPageBreak(room * mm), Spacer(0, 10), self._say(text, "heading")]

    def _cover(self) -> Iterator[Flowable]:
        about = self._document["about"]
        yield self._say("Copy of a pupil’s record", "title")
        yield self._say(about["school"], "under")
        if self._working:
            yield self._boxed(WORKING)
        facts = [
            ("Name", self._name()),
            ("What was asked", KINDS[about["kind"]]),
            ("Request received", day_in_words(date.fromisoformat(about["received_on"]))),
            ("Copy made", self._instant(about["built_at"])),
            ("Reference", about["request_id"]),
        ]
        yield self._table([[self._say(name, "head"), self._say(value, "small")] for name, value in facts], (40, 126))
        yield from self._heading("How to read this")
        for text in HOW_TO_READ:
            yield self._say(text)
        yield self._say(COMPLAINT)

    def _boxed(self, text: str) -> Table:
        box = Table([[self._say(text, "small")]], colWidths=[166 * mm])
        box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 1, RED), ("TOPPADDING", (0, 0), (-1, -1), 6),
                                 ("BOTTOMPADDING", (0, 0), (-1, -1), 8)]))  # fmt: skip
        box.spaceAfter = 12
        return box

    def _contents(self) -> Iterator[Flowable]:
        yield from self._heading("What is in this copy")
        rows = [[self._say("Part", "head"), self._say("Entries", "head"), self._say("In record.json", "head")]]
        for name, part in self._document["records"].items():
            rows.append([self._say(part["title"], "small"), self._say(str(len(part["rows"])), "small"),
                         self._say(f"records / {name}", "quiet")])  # fmt: skip
        days = sum(len(day["sentences"]) for day in self._document["accesses"])
        rows.append([self._say("Who has seen the record", "small"), self._say(str(days), "small"),
                     self._say("accesses", "quiet")])  # fmt: skip
        yield self._table(rows, (92, 20, 54), head=True)
        yield Spacer(0, 6)
        yield self._say(self._document["files"]["note"], "quiet")

    def _withheld(self) -> Iterator[Flowable]:
        if self._working:
            return
        count = len(self._document["withheld"])
        yield from self._heading("What is withheld")
        yield self._say(WITHHELD_LEAD)
        if count:
            yield self._say(f"Places withheld: {count}.")

    def _left_out(self) -> Iterator[Flowable]:
        yield from self._heading("What is not in this copy", 90)
        yield self._say(LEFT_OUT_LEAD)
        rows = [[self._say("Kept by this system", "head"), self._say("Why it is not here", "head")]]
        rows += [
            [self._say(one["title"], "small"), self._say(one["why"], "small")]
            for one in self._document["left_out"].values()
        ]
        yield self._table(rows, (48, 118), head=True)

    def _records(self) -> Iterator[Flowable]:
        yield self._say("The record", "title")
        for part in self._document["records"].values():
            yield from self._heading(part["title"])
            for at, row in enumerate(part["rows"].values()):
                if at:
                    yield HRFlowable("100%", 0.4, color=LINE, spaceBefore=3, spaceAfter=3)
                yield self._row(part["columns"], row)

    def _row(self, columns: dict[str, str], row: dict[str, Any] | str) -> Paragraph:
        if isinstance(row, str):
            return self._say(row, "small")
        said = [
            f"<b>{escape(columns[name])}:</b> {escape(told)}"
            for name, value in row.items()
            if name not in UNPRINTED and (told := self._cell(name, value))
        ]
        return self._say(" &nbsp; ".join(said) or "(nothing but references)", "small", marked_up=True)

    def _accesses(self) -> Iterator[Flowable]:
        yield self._say("Who has seen the record", "title")
        if not self._document["accesses"]:
            yield self._say("Nobody has seen or changed it since it was set up.")
        for day in self._document["accesses"]:
            yield CondPageBreak(20 * mm)
            yield self._say(day_in_words(date.fromisoformat(day["on"])), "day")
            for sentence in day["sentences"]:
                # the day stands above
                said = sentence.removeprefix(f"On {day_in_words(date.fromisoformat(day['on']))} ")
                yield self._say(said[0].upper() + said[1:], "entry")
            yield Spacer(0, 6)

    def _table(self, rows: list[list[Paragraph]], widths: tuple[float, ...], *, head: bool = False) -> Table:
        made = Table(rows, colWidths=[width * mm for width in widths], repeatRows=int(head))
        looks: list[Any] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 4), ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]  # fmt: skip
        looks += [("BACKGROUND", (0, 0), (-1, 0), PALE)] if head else []
        made.setStyle(TableStyle(looks))
        return made

    def _name(self) -> str:
        for row in self._document["records"].get("pupils", {"rows": {}})["rows"].values():
            if isinstance(row, dict):
                return f"{row['given_name']} {row['family_name']}"
        return "not in this copy"

    def _instant(self, value: str) -> str:
        at = datetime.fromisoformat(value).astimezone(LONDON)
        return f"{at.day} {day_in_words(at.date()).split(' ', 2)[2]}, {at.hour}.{at.minute:02d}"

    def _cell(self, name: str, value: Any) -> str:
        """Return a value, or what its official code means."""
        meant = self._document["codes"].get(name, {})
        codes = value if isinstance(value, list) else [value]
        if meant and all(isinstance(one, str) for one in codes):
            return ", ".join(meant.get(one, one) for one in codes)
        return self._value(value)

    def _value(self, value: Any) -> str:
        """Return a value as a reader expects it: names for ids, days and times as they are said."""
        if value is None or value == [] or value == "":
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(filter(None, (self._value(one) for one in value)))
        if isinstance(value, dict):
            told = ((name.replace("_", " "), self._value(one)) for name, one in value.items())
            return "; ".join(f"{name}: {one}" for name, one in told if one)
        return self._word(str(value))

    def _word(self, text: str) -> str:
        if text in self._document["names"]:
            return str(self._document["names"][text])
        if text == self._document["about"]["pupil_id"]:
            return "the pupil"
        if len(text) == 10 and text[4:5] == "-":
            try:
                day = date.fromisoformat(text)
            except ValueError:
                return text
            return day_in_words(day).split(" ", 1)[1]
        if len(text) > 18 and text[10:11] == "T":
            try:
                return self._instant(text)
            except ValueError:
                return text
        # the id of another record: the JSON file has it
        if len(text) == 36 and text.count("-") == 4 and " " not in text:
            return ""
        return text.replace("_", " ") if WORD.match(text) else text


if __name__ == "__main__":
    sys.stdout.buffer.write(Index(json.load(sys.stdin.buffer), sys.argv[1] != "released").pdf())
