"""Draws a passport as a PDF of one page: `python -m iap_api.today.passport_pdf < page.json > passport.pdf`.

A process of its own, as for every PDF: it knows nothing of the database.
"""

import io
import json
import sys
from html import escape
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, HRFlowable, KeepInFrame, Paragraph, Spacer

FONTS = Path(__file__).parents[1] / "core" / "fonts"
_MARGIN = 16 * mm
_INK, _GREY = HexColor("#14202b"), HexColor("#4a5a68")


def _styles() -> dict[str, ParagraphStyle]:
    for name, file in (("Page", "DejaVuSans.ttf"), ("PageBold", "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    plain = ParagraphStyle("plain", fontName="Page", fontSize=11, leading=15.5, textColor=_INK, splitLongWords=1)
    return {
        "plain": plain,
        "title": ParagraphStyle("title", plain, fontName="PageBold", fontSize=25, leading=30),
        "head": ParagraphStyle(
            "head", plain, fontName="PageBold", fontSize=12.5, leading=16, spaceBefore=9, spaceAfter=2
        ),
        "item": ParagraphStyle("item", plain, leftIndent=12, bulletIndent=2),
        "empty": ParagraphStyle("empty", plain, textColor=_GREY),
        "foot": ParagraphStyle("foot", plain, fontSize=9, leading=12, textColor=_GREY, spaceBefore=14),
    }


def pdf_of(page: dict[str, Any]) -> bytes:
    """Return the PDF of a page; what is much is made smaller, so that it stays one."""
    styles = _styles()
    story: list[Flowable] = [
        Paragraph(escape(page["title"]), styles["title"]),
        HRFlowable(width="100%", thickness=3, color=_INK, spaceBefore=4, spaceAfter=4),
    ]
    for head, said, listed in page["parts"]:
        story.append(Paragraph(escape(head), styles["head"]))
        for one in said:
            text = escape(one).replace("\n", "<br/>")
            story.append(
                Paragraph(text, styles["item"], bulletText="\u2022") if listed else Paragraph(text, styles["plain"])
            )
        if not said:
            story.append(Paragraph("Nothing written down yet.", styles["empty"]))
    story += [Spacer(1, 4), Paragraph(escape(page["foot"]), styles["foot"])]
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, lang="en-GB", invariant=1)
    # a file's title outlives the paper, so it names nobody
    canvas.setTitle("Passport")
    wide, high = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN
    frame = Frame(_MARGIN, _MARGIN, wide, high, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    frame.addFromList([KeepInFrame(wide, high, story, mode="shrink")], canvas)
    canvas.showPage()
    canvas.save()
    return held.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(pdf_of(json.load(sys.stdin.buffer)))
