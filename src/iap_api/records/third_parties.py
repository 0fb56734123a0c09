"""Proposes what may have to be withheld from a package: other people's names in free text, and their particulars."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.transactions import Prepared
from iap_api.pupils.roll import search_name
from iap_api.pupils.tables import Contact, Pupil
from iap_api.records.plain_words import KEPT_APART
from iap_api.records.subjects import once_here
from iap_api.records.withholding import pointer_to

# words in a text; a name may hold an apostrophe or a hyphen
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SHORTEST = 3
_PUPILS = Prepared(
    select(col(Pupil.id), col(Pupil.given_name), col(Pupil.family_name), col(Pupil.preferred_name)).where(once_here())
)
_CONTACTS = Prepared(
    select(col(Contact.pupil_id), col(Contact.name)).where(among(Contact.school_id, "scope_around"))
)  # fmt: skip

# not free text: ids, codes and what the software wrote; names of adults at work are given out
_NOT_TEXT = frozenset(
    {
        "id", "school_id", "pupil_id", "kind", "status", "resource", "sex", "given_name", "family_name", "upn",
        "preferred_name", "former_upn", "relationship",
    }
)  # fmt: skip
# proposed whatever they hold: (table, column), the reason and what is there
ALWAYS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("contacts", "phone"): ("about_somebody_else", "how to reach another person"),
    ("contacts", "email"): ("about_somebody_else", "how to reach another person"),
    # a flag that is down is asked about too: withheld only where it is up, its absence would tell
    ("pupils", "safeguarding_flag"): ("child_abuse_data", "whether there is a child-protection file"),
    ("pupils", "safeguarding_where"): ("child_abuse_data", "where a child-protection file is kept"),
    ("pupils", "address"): ("about_somebody_else", "where the pupil, and whoever cares for them, lives"),
    ("rectifications", "asked_by"): ("about_somebody_else", "who asked for something to be put right"),
}
# rows proposed whole, unless they are of the request that is answered: that there is one tells already
WHOLE: Mapping[str, tuple[str, str]] = {
    "subject_requests": ("about_somebody_else", "another request"),
    "subject_request_pauses": ("about_somebody_else", "another request"),
    "legal_holds": ("legal_privilege", "a legal hold"),
}
# former values name the record they are of by its resource
_TABLE_OF = {
    "contact": "contacts",
    "pupil": "pupils",
    "legal_hold": "legal_holds",
    "rectification": "rectifications",
    "subject_request": "subject_requests",
}


class Proposal(NamedTuple):
    """One place, why it may have to be withheld, and what kind of thing was found there (never whose)."""

    pointer: str
    reason: str
    found: str


class Names:
    """The names of pupils who are, or were, at the schools within reach and of contacts there, not the pupil's own."""

    def __init__(self, own: Iterable[str], pupils: Iterable[str], contacts: Iterable[str]) -> None:
        """Take names of several words; each word counts alone, if it is long enough and not the pupil's own."""
        mine = {part for name in own for part in _parts(name)}
        self._contacts = {part for name in contacts for part in _parts(name)} - mine
        self._pupils = {part for name in pupils for part in _parts(name)} - mine

    def found_in(self, text: str) -> str | None:
        """Say what kind of name a text holds, or None; a name begins with a capital letter."""
        words = {search_name(word) for word in _WORD.findall(text) if word[0].isupper()}
        # Amira’s is Amira
        words |= {word.removesuffix("'s") for word in words} | {part for word in words for part in word.split("-")}
        if words & self._pupils:
            return "the name of another pupil"
        return "the name of a contact" if words & self._contacts else None


def _parts(name: str) -> set[str]:
    words = {search_name(word) for word in _WORD.findall(name)}
    folded = words | {part for word in words for part in word.split("-")}
    return {word for word in folded if len(word) >= _SHORTEST and word not in ("mrs", "miss", "the")}


async def names_for(caller: Caller, pupil_id: UUID) -> Names:
    """Return the names to look for in the record of one pupil."""
    given = caller.scope.binds()
    pupils = await caller.rows(_PUPILS, given)
    contacts = await caller.rows(_CONTACTS, given)
    own = [name for ident, *names in pupils if ident == pupil_id for name in names if name]
    others = [name for ident, *names in pupils if ident != pupil_id for name in names if name]
    return Names(own, others, [name for _, name in contacts])


def _texts(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for name, inner in node.items():
            if name not in _NOT_TEXT:
                yield from _texts(inner, (*path, name))
    elif isinstance(node, list):
        for at, inner in enumerate(node):
            yield from _texts(inner, (*path, at))


def proposals(document: Mapping[str, Any], names: Names) -> list[Proposal]:
    """Return the places of a package that somebody must look at before it is released."""
    found = []
    request_id = document["about"]["request_id"]
    for table, part in document["records"].items():
        for key, row in part["rows"].items():
            if table == "former_values":
                found += _former(row, ("records", table, "rows", key, "values"), request_id)
            # who asks now knows what they ask, and their own name
            if key == request_id:
                continue
            if table in WHOLE and row.get("request_id") != request_id:
                found.append(Proposal(pointer_to("records", table, "rows", key), *WHOLE[table]))
                continue
            for column, value in row.items():
                start = ("records", table, "rows", key, column)
                always = ALWAYS.get((table, column))
                if always and value is not None:
                    found.append(Proposal(pointer_to(*start), *always))
                elif column not in _NOT_TEXT:
                    for path, text in _texts(value, start):
                        # the contact's own row names the contact: who they are to the pupil is the pupil's data too
                        held = names.found_in(text) if (table, column) != ("contacts", "name") else None
                        if held:
                            found.append(Proposal(pointer_to(*path), "about_somebody_else", held))
    return found


def _former(row: Mapping[str, Any], start: tuple[str, ...], request_id: str) -> list[Proposal]:
    """Propose the former values of what is proposed whatever it holds; the whole row where names of fields tell."""
    table, values = _TABLE_OF.get(row["resource"]), row["values"]
    named = values if isinstance(values, dict) else {}
    if any(name.startswith(KEPT_APART) for name in named):
        return [Proposal(pointer_to(*start[:-1]), "child_abuse_data", "what was said of a child-protection file")]
    if table and table in WHOLE and row["resource_id"] != request_id:
        return [Proposal(pointer_to(*start[:-1]), *WHOLE[table])]
    return [
        Proposal(pointer_to(*start, name), *ALWAYS[(table, name)])
        for name, value in named.items()
        if table and (table, name) in ALWAYS and value is not None
    ]
