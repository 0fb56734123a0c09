"""Draws a sheet as a PDF of one page: `python -m iap_api.spaces.timetables.timetable_pdf < sheet.json > timetable.pdf`.

A process of its own, as for the index of a package: it knows nothing of the database.
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

from iap_api.spaces.timetables.timetable_symbols import SQUARE, symbol_of

FONTS = Path(__file__).parents[2] / "core" / "fonts"
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


def pdf_of(sheet: dict[str, Any]) -> bytes:
    """Return the PDF of a sheet as `msgspec` writes one."""
    held = io.BytesIO()
    wide, high = sheet["width"], sheet["height"]
    canvas = Canvas(held, pagesize=(wide, high), lang="en-GB", invariant=1)
    # a file's title outlives the paper, so it names nobody
    canvas.setTitle("Timetable")
    fonts = _fonts()
    for x, y, width, height, fill, line in sheet["boxes"]:
        canvas.setFillColor(HexColor(fill))
        canvas.setStrokeColor(HexColor(line))
        canvas.setLineWidth(1)
        canvas.roundRect(x, high - y - height, width, height, min(6, height / 3), stroke=1, fill=1)
    for x, y, size, purpose in sheet["symbols"]:
        _draw(canvas, symbol_of(purpose), x, high - y, size / SQUARE)
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


def _draw(canvas: Canvas, drawing: str, x: float, y: float, scale: float) -> None:
    canvas.setStrokeColor(HexColor("#14202b"))
    canvas.setLineWidth(1.7 * scale)
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
    canvas.drawPath(path, stroke=1, fill=0)


if __name__ == "__main__":
    sys.stdout.buffer.write(pdf_of(json.load(sys.stdin.buffer)))
