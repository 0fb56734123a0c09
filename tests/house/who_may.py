"""Reads who_may.md: what each role may do, as people wrote it down."""

import re
from pathlib import Path

from iap_api.access.roles import Role

_TEXT = (Path(__file__).parent / "who_may.md").read_text("utf-8")
_CELLS = frozenset("-obst")


def _named_in(title: str) -> frozenset[str]:
    return frozenset(re.findall("`([a-z_]+)`", _TEXT.split(f"## {title}\n")[1].split("\n## ")[0]))


def _table(text: str) -> dict[str, list[str]]:
    lines = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {first: rest for first, *rest in rows if not set(first) <= {"-"}}


ROLES = {short: Role(name) for short, (name, _place) in _table(_TEXT.split("\n## ")[0]).items() if short != "short"}


def _by_role(text: str, cells: frozenset[str]) -> dict[str, dict[Role, str]]:
    found: dict[str, dict[Role, str]] = {}
    heads: list[Role] = []
    for first, rest in ((first, rest) for part in text.split("\n\n") for first, rest in _table(part).items()):
        if first in ("operation", "section"):
            heads = [ROLES[short] for short in rest]
            continue
        if first in found or len(rest) != len(heads) or not set(rest) <= cells:
            raise ValueError(f"who_may.md: the row {first} stands twice, lacks a cell or holds an unknown letter")
        found[first] = dict(zip(heads, rest, strict=True))
    return found


PUBLIC = _named_in("Public operations")
ANY_SIGNED_IN = _named_in("Any signed-in operations")
_CHAPTERS, _SECTIONS = _TEXT.split("## Any signed-in operations\n")[1].split("## Sections of a pupil\n")
OPERATIONS = _by_role(_CHAPTERS, _CELLS)
SECTIONS = {
    name: frozenset(role for role, cell in cells.items() if cell == "x")
    for name, cells in _by_role(_SECTIONS, frozenset("x-")).items()
}
