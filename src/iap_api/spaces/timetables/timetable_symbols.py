"""The symbols of the timetable: one drawing of lines for each purpose, in a square of 24, for screen and paper alike.

Drawn for this project, so that nobody else's pictures have to be licensed; a symbol never stands without its word.
"""

SQUARE = 24.0


def _circle(x: float, y: float, r: float) -> str:
    k = r * 0.5523
    return (
        f"M {x + r} {y} C {x + r} {y + k} {x + k} {y + r} {x} {y + r} C {x - k} {y + r} {x - r} {y + k} {x - r} {y} "
        f"C {x - r} {y - k} {x - k} {y - r} {x} {y - r} C {x + k} {y - r} {x + r} {y - k} {x + r} {y} Z"
    )


def _wave(y: float) -> str:
    return (
        f"M 2 {y} C 4 {y - 4} 7 {y - 4} 9 {y} C 11 {y + 4} 14 {y + 4} 16 {y} C 17.6 {y - 3.2} 20 {y - 3.6} 22 {y - 1}"
    )


_STONES = " ".join(_circle(x, y, 3) for x, y in ((5, 17), (12, 6.5), (19, 17)))
# commands are M, L, C and Z alone, absolute and parted by spaces: both writers read them
SYMBOLS: dict[str, str] = {
    # an open book
    "lesson": "M 12 6 C 10 4.5 6.5 4 3 4.5 L 3 18.5 C 6.5 18 10 18.5 12 20 C 14 18.5 17.5 18 21 18.5 L 21 4.5 "
    "C 17.5 4 14 4.5 12 6 Z M 12 6 L 12 20 M 6 8.5 L 9.3 9 M 6 12.3 L 9.3 12.8 M 14.7 9 L 18 8.5 M 14.7 12.8 L 18 12.3",
    # calm water
    "regulation": " ".join(_wave(y) for y in (6.5, 12, 17.5)),
    # a heart
    "therapy": "M 12 20.5 C 4.5 15 2.5 11.5 2.5 8.2 C 2.5 5.2 4.8 3.2 7.4 3.2 C 9.4 3.2 11.1 4.3 12 6.2 "
    "C 12.9 4.3 14.6 3.2 16.6 3.2 C 19.2 3.2 21.5 5.2 21.5 8.2 C 21.5 11.5 19.5 15 12 20.5 Z",
    # stepping stones that lead round
    "sensory_circuit": f"{_STONES} M 6.5 14.4 L 10.4 9.1 M 13.6 9.1 L 17.5 14.4 M 16 17 L 8 17",
    # the school, with its door
    "reintegration_lesson": "M 2.5 11 L 12 3.5 L 21.5 11 M 5 9.2 L 5 20.5 L 19 20.5 L 19 9.2 "
    "M 10 20.5 L 10 14 L 14 14 L 14 20.5",
    # two people
    "meeting": f"{_circle(8, 7.5, 3.2)} {_circle(16.8, 8.5, 2.6)} M 2.2 20 C 2.2 15.5 4.8 13.3 8 13.3 "
    "C 11.2 13.3 13.8 15.5 13.8 20 Z M 15.6 13.8 C 19 13.4 21.8 15.3 21.8 19.4 L 16.6 19.4",
    # a spanner
    "maintenance": "M 20.5 7 C 20.5 10 18 12.2 15 11.6 L 7.5 19.6 C 6.6 20.6 5 20.6 4.2 19.7 C 3.4 18.9 3.4 17.4 "
    "4.4 16.5 L 12.4 9 C 11.8 6 14 3.5 17 3.5 L 14.8 6.6 L 17.4 9.2 Z",
    # a star
    "other": "M 12 2.8 L 14.8 9 L 21.5 9.7 L 16.5 14.2 L 17.9 20.8 L 12 17.4 L 6.1 20.8 L 7.5 14.2 L 2.5 9.7 L 9.2 9 Z",
}


def symbol_of(purpose: str) -> str:
    """Return the drawing for a purpose; one that has none yet has the star."""
    return SYMBOLS.get(purpose, SYMBOLS["other"])
