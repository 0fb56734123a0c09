"""A sheet as every writer draws it: boxes, paths and words, each where it lies from the top left corner, in points."""

from typing import NamedTuple

INK, QUIET, RULE, WHITE = "#14202b", "#46525d", "#c3cbd2", "#ffffff"


class Box(NamedTuple):
    """A rectangle; an empty colour is none, and corners are round as far as its height allows."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    line: str
    corner: float = 6
    weight: float = 1


class Path(NamedTuple):
    """A drawing of M, L, C and Z alone, absolute and parted by spaces, scaled and then moved to where it lies."""

    drawing: str
    x: float = 0
    y: float = 0
    scale: float = 1
    fill: str = ""
    line: str = INK
    weight: float = 1
    dashed: bool = False


class Words(NamedTuple):
    """A line of text on its baseline, `room` wide at most; `anchor` is start, middle or end.

    `instead` is printed where the font on paper has no such letters.
    """

    x: float
    y: float
    size: float
    bold: bool
    colour: str
    anchor: str
    room: float
    text: str
    instead: str


class Sheet(NamedTuple):
    """Everything on one sheet in the order in which it is drawn, words last; `about` tells it to who cannot see it."""

    width: float
    height: float
    title: str
    about: str
    boxes: list[Box]
    paths: list[Path]
    words: list[Words]
