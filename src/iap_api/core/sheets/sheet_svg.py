"""Writes a sheet as SVG: shapes and text alone, no script, no style sheet and nothing from elsewhere."""

import re
from xml.sax.saxutils import escape, quoteattr

from iap_api.core.sheets.sheet import Sheet

FONTS = "DejaVu Sans, Verdana, Noto Sans, Arial, sans-serif"
# what XML 1.0 does not know (2.2), however it came into a name
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _plain(text: str) -> str:
    return escape(_NO_XML.sub("", text))


def svg_of(sheet: Sheet) -> bytes:
    """Return the picture in UTF-8; its title and description are read out to whoever cannot see it."""
    wide, high = f"{sheet.width:g}", f"{sheet.height:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'role="img" xml:lang="en" font-family={quoteattr(FONTS)}>',
        f"<title>{_plain(sheet.title)}</title>",
        *([f"<desc>{_plain(sheet.about)}</desc>"] if sheet.about else ()),
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for x, y, width, height, fill, line, corner, weight in sheet.boxes:
        round_ = f' rx="{min(corner, height / 3):.1f}"' if corner else ""
        stroke = f' stroke="{line}" stroke-width="{weight:g}"' if line else ""
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.2f}"{round_} '
            f'fill="{fill or "none"}"{stroke}/>'
        )
    for one in sheet.paths:
        place = f"translate({one.x:.1f} {one.y:.1f}) scale({one.scale:.3f})"
        moved = "" if one[1:4] == (0, 0, 1) else f'transform="{place}" '
        stroke = f'stroke="{one.line}" stroke-width="{one.weight:g}" ' if one.line else ""
        dash = 'stroke-dasharray="3 2" ' if one.dashed else ""
        parts.append(
            f'<path {moved}fill="{one.fill or "none"}" {stroke}{dash}'
            f'stroke-linecap="round" stroke-linejoin="round" d="{one.drawing}"/>'
        )
    for word in sheet.words:
        bold = ' font-weight="bold"' if word.bold else ""
        anchor = "" if word.anchor == "start" else f' text-anchor="{word.anchor}"'
        parts.append(
            f'<text x="{word.x:.1f}" y="{word.y:.1f}" font-size="{word.size:g}" fill="{word.colour}"{bold}{anchor}>'
            f"{_plain(word.text)}</text>"
        )
    return "\n".join([*parts, "</svg>\n"]).encode("utf-8")
