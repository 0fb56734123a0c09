"""Writes a sheet as SVG: shapes and text alone, no script, no style sheet and nothing from elsewhere."""

import re
from xml.sax.saxutils import escape, quoteattr

from iap_api.spaces.timetables.timetable_sheet import INK, Sheet
from iap_api.spaces.timetables.timetable_symbols import SQUARE, symbol_of

FONTS = "DejaVu Sans, Verdana, Noto Sans, Arial, sans-serif"
# what XML 1.0 does not know (2.2), however it came into a name
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _plain(text: str) -> str:
    return escape(_NO_XML.sub("", text))


def svg_of(sheet: Sheet) -> bytes:
    """Return the picture in UTF-8."""
    wide, high = f"{sheet.width:g}", f"{sheet.height:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'role="img" xml:lang="en" font-family={quoteattr(FONTS)}>',
        f"<title>{_plain(sheet.title)}</title>",
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for box in sheet.boxes:
        parts.append(
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
            f'rx="{min(6, box.height / 3):.1f}" fill="{box.fill}" stroke="{box.line}" stroke-width="1"/>'
        )
    for one in sheet.symbols:
        parts.append(
            f'<path transform="translate({one.x:.1f} {one.y:.1f}) scale({one.size / SQUARE:.3f})" fill="none" '
            f'stroke="{INK}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" '
            f'd="{symbol_of(one.purpose)}"/>'
        )
    for word in sheet.words:
        weight = ' font-weight="bold"' if word.bold else ""
        anchor = "" if word.anchor == "start" else f' text-anchor="{word.anchor}"'
        parts.append(
            f'<text x="{word.x:.1f}" y="{word.y:.1f}" font-size="{word.size:g}" fill="{word.colour}"{weight}{anchor}>'
            f"{_plain(word.text)}</text>"
        )
    return "\n".join([*parts, "</svg>\n"]).encode("utf-8")
