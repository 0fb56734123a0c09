"""Reads who_may.md: what each role may do, how far it sees and what it is shown, as people wrote it down."""

import re
from dataclasses import dataclass
from pathlib import Path

from iap_api.access.roles import Role

_TEXT = (Path(__file__).parent / "who_may.md").read_text("utf-8")
_CELLS = frozenset("-obst")


def _chapter(title: str) -> str:
    return _TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def _named_in(title: str) -> frozenset[str]:
    return frozenset(re.findall("`([a-z_]+)`", _chapter(title)))


def _table(text: str) -> dict[str, list[str]]:
    lines = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {first: rest for first, *rest in rows if not set(first) <= {"-"}}


_ROLE_ROWS = {
    short: (Role(name), at) for short, (name, at) in _table(_TEXT.split("\n## ")[0]).items() if short != "short"
}
ROLES = {short: role for short, (role, _at) in _ROLE_ROWS.items()}
HELD_AT = dict(_ROLE_ROWS.values())
# who has an invitation instead of an account
GUESTS = frozenset(role for role, at in _ROLE_ROWS.values() if at == "an invitation")


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
_CHAPTERS = _TEXT.split("## Any signed-in operations\n")[1].split("## Sections of a pupil\n")[0]
OPERATIONS = _by_role(_CHAPTERS, _CELLS)
SECTIONS = {
    name: frozenset(role for role, cell in cells.items() if cell == "x")
    for name, cells in _by_role(_chapter("Sections of a pupil"), frozenset("x-")).items()
}


def _distances(text: str) -> dict[str, frozenset[str]]:
    (_, *letters), *rows = ((first, *rest) for first, rest in _table(text).items())
    return {
        letter: frozenset(first for first, *rest in rows if rest[at] == "x")
        for at, letter in enumerate(letters)
        if letter in _CELLS
    }


_BY_PUPIL, _BY_CALLER = _chapter("Distances").split("And who it is that asks")
DISTANCES = _distances(_BY_PUPIL)
CALLERS = {first: int(rest[0]) for first, rest in _table(_BY_CALLER).items() if first != "caller"}


@dataclass(frozen=True)
class Members:
    """The members of an answer, and those of what stands inside; `open` where the school's own words name them."""

    names: frozenset[str]
    inside: dict[str, "Members"]
    open: bool = False


_WORDS = re.compile(r"[a-z0-9_]+|[()*]")


def _members(words: list[str]) -> Members:
    names: list[str] = []
    inside: dict[str, Members] = {}
    is_open = False
    while words:
        word = words.pop(0)
        if word == ")":
            break
        if word == "(":
            inside[names[-1]] = _members(words)
        elif word == "*":
            is_open = True
        else:
            names.append(word)
    if len(names) != len(set(names)):
        raise ValueError(f"who_may.md: a member stands twice among {names}")
    return Members(frozenset(names), inside, is_open)


def _shown() -> dict[str, Members]:
    found: dict[str, Members] = {}
    for answers, (shows,) in _table(_chapter("What each answer shows")).items():
        for name in [] if answers == "answer of" else answers.split():
            if name in found:
                raise ValueError(f"who_may.md: what {name} shows stands twice")
            found[name] = _members(_WORDS.findall(shows))
    return found


SHOWN = _shown()
FILTERS = _named_in("Filters that are no member")
SHOWS_NOTHING = _named_in("What each answer shows")
