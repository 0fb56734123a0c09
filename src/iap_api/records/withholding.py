"""Withholds marked places of a package: what a JSON pointer (RFC 6901) names is replaced by words that say so."""

from collections.abc import Iterable
from typing import Any

# one text for every reason: to say why would tell what is withheld
WITHHELD = "[withheld]"
_TOP = "records"
# these say by their names that there is a child-protection file
_OF_A_FILE = ("safeguarding_flag", "safeguarding_where")
# and these, that somebody else asked for something or that the record must be kept: their rows are gone
_TELLING_TABLES = frozenset({"subject_requests", "subject_request_pauses", "legal_holds"})


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
    """Say whether a pointer names a row of a record, something in one, or a sentence of who has seen it.

    No whole table, and no whole day.
    """
    parts = parts_of(pointer)
    in_a_row = len(parts) >= 4 and parts[0] == _TOP and parts[2] == "rows"
    a_sentence = len(parts) == 4 and parts[0] == "accesses" and parts[2] == "sentences"
    if not pointer.startswith("/") or not (in_a_row or a_sentence):
        return False
    node = document
    try:
        for part in parts:
            node = _step(node, part)
    except (KeyError, IndexError):
        return False
    return True


def withhold(document: Any, pointers: Iterable[str]) -> list[str]:
    """Replace, in the document itself, each place that is marked; return the pointers that the copy then tells.

    The widest first: what lies within a place that is withheld already is gone with it. Where the place's own name
    tells what is hidden, it is not replaced but gone, and its pointer with it.
    """
    done = []
    for pointer in sorted(pointers, key=lambda one: (one.count("/"), one)):
        *path, last = parts_of(pointer)
        node = document
        try:
            for part in path:
                node = _step(node, part)
            _step(node, last)
        except (KeyError, IndexError):
            continue
        if path[1] in _TELLING_TABLES and len(path) == 3:
            del node[last]
            if not node:
                del document["records"][path[1]]
        elif path[1:2] == ["pupils"] and last in _OF_A_FILE:
            _leave_out(document["records"]["pupils"]["columns"], node, last)
        else:
            node[int(last) if isinstance(node, list) else last] = WITHHELD
            done.append(pointer)
    return done


def _leave_out(columns: dict[str, Any], row: dict[str, Any], name: str) -> None:
    """Leave a column out; without the flag, where the file is kept (or that it is kept nowhere) is gone too."""
    for one in _OF_A_FILE if name == _OF_A_FILE[0] else (name,):
        row.pop(one, None)
        columns.pop(one, None)
