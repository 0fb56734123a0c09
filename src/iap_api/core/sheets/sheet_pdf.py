"""Draws a sheet as a PDF of one page: `python sheet_pdf.py Timetable < sheet.json > sheet.pdf`.

A process of its own that imports nothing of ours: it knows nothing of the database and is soon ready.
"""

import io
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).parents[1] / "fonts"
# letters of these change their form beside others, which needs a shaper: alone they print well
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def _fonts() -> dict[bool, TTFont]:
    fonts = {
        bold: TTFont(f"Sheet{bold:d}", str(FONTS / name))
        for bold, name in ((False, "DejaVuSans.ttf"), (True, "DejaVuSans-Bold.ttf"))
    }
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return fonts


def _prints(text: str, font: TTFont) -> bool:
    known = font.face.charToGlyph
    if any(ord(one) not in known for one in text):
        return False
    words = text.replace(",", " ").split()
    return not any(
        len(word) > 1 and any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in word) for word in words
    )


def pdf_of(sheet: dict[str, Any], title: str) -> bytes:
    """Return the PDF of a sheet as `typeset_sheet` writes one; `title` outlives the paper, so it names nobody."""
    held = io.BytesIO()
    wide, high = sheet["width"], sheet["height"]
    canvas = Canvas(held, pagesize=(wide, high), lang="en-GB", invariant=1)
    canvas.setTitle(title)
    canvas.setSubject(sheet["about"])
    fonts = _fonts()
    for x, y, width, height, fill, line, corner, weight in sheet["boxes"]:
        _ink(canvas, fill, line, weight)
        drawn = {"stroke": int(bool(line)), "fill": int(bool(fill))}
        if corner:
            canvas.roundRect(x, high - y - height, width, height, min(corner, height / 3), **drawn)
        else:
            canvas.rect(x, high - y - height, width, height, **drawn)
    for drawing, x, y, scale, fill, line, weight, dashed in sheet["paths"]:
        _ink(canvas, fill, line, weight * scale)
        canvas.setDash([3, 2] if dashed else [])
        _draw(canvas, drawing, x, high - y, scale, fill=bool(fill), line=bool(line))
    for x, y, size, bold, colour, anchor, room, text, instead in sheet["words"]:
        font = fonts[bold]
        shown = text if _prints(text, font) else instead
        if not shown or not _prints(shown, font):
            continue
        real = pdfmetrics.stringWidth(shown, font.fontName, size)
        fitted = size if real <= room else size * room / real
        canvas.setFillColor(HexColor(colour))
        canvas.setFont(font.fontName, fitted)
        say = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}[anchor]
        say(x, high - y, shown)
    canvas.showPage()
    canvas.save()
    return held.getvalue()


def _ink(canvas: Canvas, fill: str, line: str, weight: float) -> None:
    if fill:
        canvas.setFillColor(HexColor(fill))
    if line:
        canvas.setStrokeColor(HexColor(line))
        canvas.setLineWidth(weight)


def _draw(canvas: Canvas, drawing: str, x: float, y: float, scale: float, *, fill: bool, line: bool) -> None:
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    steps: dict[str, tuple[Any, int]] = {"M": (path.moveTo, 2), "L": (path.lineTo, 2), "C": (path.curveTo, 6)}
    parts = iter(drawing.split())
    for command in parts:
        if command == "Z":
            path.close()
            continue
        step, count = steps[command]
        numbers = [float(next(parts)) * scale for _ in range(count)]
        step(*(x + one if at % 2 == 0 else y - one for at, one in enumerate(numbers)))
    canvas.drawPath(path, stroke=int(line), fill=int(fill))


if __name__ == "__main__":
    sys.stdout.buffer.write(pdf_of(json.load(sys.stdin.buffer), sys.argv[1]))
