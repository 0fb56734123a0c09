"""The marks of the pictures: what is told by colour is told by shape or pattern too, so that paper in black will do."""

from iap_api.core.sheets.fitted_text import cut_to, width
from iap_api.core.sheets.sheet import INK, Box, Path, Words

# Okabe and Ito's blue, darkened, and greys: apart for every kind of colour vision, and apart as greys
BAR, BAND, NEED = "#1f5a94", "#dfe3e7", "#7a2d0c"
EARLIER = "#5b6670"
HATCH_STEP = 5.0


def box_path(x: float, y: float, width: float, height: float) -> str:
    """Return the drawing of a rectangle, for what must lie above another path."""
    r, b = x + width, y + height
    return f"M {x:.1f} {y:.1f} L {r:.1f} {y:.1f} L {r:.1f} {b:.1f} L {x:.1f} {b:.1f} Z"


def hatch(x: float, y: float, width: float, height: float, step: float = HATCH_STEP) -> str:
    """Return the drawing of diagonal lines within a rectangle, or nothing where it has no room for one."""
    lines = []
    at = step
    while at < width + height:
        # from the left or lower edge up to the upper or right one
        x1, y1 = (x, y + at) if at <= height else (x + at - height, y + height)
        x2, y2 = (x + at, y) if at <= width else (x + width, y + at - width)
        lines.append(f"M {x1:.1f} {y1:.1f} L {x2:.1f} {y2:.1f}")
        at += step
    return " ".join(lines)


def hatched(x: float, y: float, width: float, height: float, line: str, step: float = HATCH_STEP) -> list[Path]:
    """Return a rectangle of diagonal lines with a dashed edge."""
    drawing = hatch(x, y, width, height, step)
    found = [Path(drawing, line=line, weight=0.7)] if drawing else []
    return [*found, Path(box_path(x, y, width, height), line=line, weight=0.9, dashed=True)]


def triangle(x: float, y: float, size: float, *, up: bool, colour: str = NEED) -> Path:
    """Return a filled triangle with its middle there: it points to where the total lies, below or above the range."""
    tip, base = (y - size, y + size) if up else (y + size, y - size)
    drawing = f"M {x - size:.1f} {base:.1f} L {x + size:.1f} {base:.1f} L {x:.1f} {tip:.1f} Z"
    return Path(drawing, fill=colour, line=colour, weight=0.5)


def dot(x: float, y: float, size: float, *, filled: bool, colour: str = INK) -> Path:
    """Return a small circle with its middle there."""
    k = size * 0.5523
    drawing = (
        f"M {x + size:.1f} {y:.1f} C {x + size:.1f} {y + k:.1f} {x + k:.1f} {y + size:.1f} {x:.1f} {y + size:.1f} "
        f"C {x - k:.1f} {y + size:.1f} {x - size:.1f} {y + k:.1f} {x - size:.1f} {y:.1f} "
        f"C {x - size:.1f} {y - k:.1f} {x - k:.1f} {y - size:.1f} {x:.1f} {y - size:.1f} "
        f"C {x + k:.1f} {y - size:.1f} {x + size:.1f} {y - k:.1f} {x + size:.1f} {y:.1f} Z"
    )
    return Path(drawing, fill=colour if filled else "#ffffff", line=colour, weight=1)


def words(
    x: float, y: float, size: float, room: float, text: str, *, bold: bool = False, anchor: str = "start",
    colour: str = INK,
) -> Words:  # fmt: skip
    """Return a line of text that is printed as it is shown."""
    return Words(x, y, size, bold, colour, anchor, room, text, text)


def shrunk(
    x: float, y: float, size: float, smallest: float, room: float, text: str, *, bold: bool = False,
    colour: str = INK,
) -> Words:  # fmt: skip
    """Return a line of text in letters as large as fit, cut with an ellipsis where the smallest do not."""
    while size > smallest and width(text, size, bold=bold) > room:
        size -= 0.5
    return words(x, y, size, room, cut_to(text, room, size, bold=bold), bold=bold, colour=colour)


def rule(x: float, y: float, wide: float, colour: str, weight: float) -> Box:
    """Return a level line, as the box that it is on paper."""
    return Box(x, y - weight / 2, wide, weight, colour, "", 0)
