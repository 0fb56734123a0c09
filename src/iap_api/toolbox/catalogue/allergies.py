"""Recognises, in what a school wrote about a pupil's allergies, the codes that resources carry.

The note is free text, so this is a look at words and no more: it may find too much ("no nut allergy" finds nuts),
which costs a suggestion; what it does not find an adult has to, and whoever shows an item beside a note says so.
"""

import re

from iap_api.toolbox.catalogue.entries import ALLERGENS

_FOUND_BY = {
    one.key: re.compile(rf"\b(?:{'|'.join(map(re.escape, one.words))})(?:s|es)?\b") for one in ALLERGENS.values()
}


def named_in(note: str | None) -> frozenset[str]:
    """Return the codes of the allergens that a note names in any of their words; none for no note."""
    text = (note or "").casefold()
    return frozenset(key for key, words in _FOUND_BY.items() if words.search(text))
