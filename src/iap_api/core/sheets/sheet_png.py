"""Draws an SVG of ours as PNG: `python sheet_png.py < picture.svg > picture.png`.

A process of its own, for the renderer keeps the interpreter to itself while it draws, a thread or not; it imports
nothing of ours, to be soon ready. It is given our fonts and no
folder, so it reads nothing else.
"""

import sys
from pathlib import Path

import resvg_py

FONTS = [str(Path(__file__).parents[1] / "fonts" / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
# a sheet of 842 points becomes 926 pixels wide: easy to read on a screen, and a third faster than 1.5
ZOOM = 1.1


def png_of(svg: bytes) -> bytes:
    """Return the picture of an SVG that `svg_of` wrote."""
    drawn = resvg_py.svg_to_bytes(
        svg_string=svg.decode(), font_files=FONTS, skip_system_fonts=True, zoom=ZOOM, font_family="DejaVu Sans"
    )
    return bytes(drawn)


if __name__ == "__main__":
    sys.stdout.buffer.write(png_of(sys.stdin.buffer.read()))
