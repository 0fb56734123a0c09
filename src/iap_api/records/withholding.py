"""Withholds marked places of a package: what a JSON pointer (RFC 6901) names is replaced by words that say so."""

from collections.abc import Iterable, Mapping
from typing import Any

REASONS: Mapping[str, str] = {
    "about_somebody_else": "[withheld: about somebody else]",
    "serious_harm": "[withheld: could cause serious harm]",
    "child_abuse_data": "[withheld: child-protection data]",
    "legal_privilege": "[withheld: legal advice]",
}
_TOP = "records"


def pointer_to(*parts: str | int) -> str:
    """Return the pointer that these names and numbers make."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(pointer: str) -> list[str]:
    """Return the names and numbers of a pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _step(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node[part]
    if isinstance(node, list) and part.isascii() and part.isdigit() and str(int(part)) == part:
        return node[int(part)]
    raise KeyError(part)


def names_a_place(document: Any, pointer: str) -> bool:
    """Say whether a pointer names a row of a record, or something in one: no whole table, no list of accesses."""
    parts = parts_of(pointer)
    if len(parts) < 4 or parts[0] != _TOP or parts[2] != "rows" or not pointer.startswith("/"):
        return False
    node = document
    try:
        for part in parts:
            node = _step(node, part)
    except (KeyError, IndexError):
        return False
    return True


def withhold(document: Any, marks: Iterable[tuple[str, str]]) -> list[str]:
    """Replace, in the document itself, each place of the marks (pointer, reason); return the pointers that were there.

    The widest first: what lies within a place that is withheld already is gone with it.
    """
    done = []
    for pointer, reason in sorted(marks, key=lambda one: (one[0].count("/"), one[0])):
        *path, last = parts_of(pointer)
        node = document
        try:
            for part in path:
                node = _step(node, part)
            _step(node, last)
        except (KeyError, IndexError):
            continue
        node[int(last) if isinstance(node, list) else last] = REASONS[reason]
        done.append(pointer)
    return done
