"""The entries of the shipped catalogue: read once from the files beside this one, and found by their tags."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field


class Ages(Struct, frozen=True, forbid_unknown_fields=True):
    """Completed years, both ends included."""

    youngest: int = field(name="from")
    oldest: int = field(name="to")


class Strategy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something an adult can do; `strands` and `clusters` are those of the shipped SEMH instrument."""

    key: str
    title: str
    what_to_do: str
    why: str
    watch_for: str | None = None
    strands: tuple[str, ...]
    clusters: tuple[str, ...]
    nurture_principles: tuple[str, ...]
    zones: tuple[str, ...]
    age_years: Ages


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something a base can keep in a cupboard or a locker."""

    key: str
    name: str
    category: str
    what_for: str
    how_to_use: str
    safety: str | None = None
    allergens: tuple[str, ...]
    cleaning: str | None = None
    strands: tuple[str, ...]
    clusters: tuple[str, ...]
    nurture_principle: str
    zones: tuple[str, ...]

    @property
    def nurture_principles(self) -> tuple[str, ...]:
        """The one principle, in the form in which strategies carry several."""
        return (self.nurture_principle,)


class Allergen(Struct, frozen=True, forbid_unknown_fields=True):
    """A code that resources carry, and the words by which it is recognised in a note."""

    key: str
    title: str
    words: tuple[str, ...]


class _File(Struct, forbid_unknown_fields=True):
    version: str
    note: str
    wording_owner: str = ""
    strategies: tuple[Strategy, ...] = ()
    resources: tuple[Entry, ...] = ()
    allergens: tuple[Allergen, ...] = ()


def _read(name: str) -> _File:
    return msgspec.json.decode((files("iap_api.toolbox.catalogue") / f"{name}.json").read_bytes(), type=_File)


STRATEGIES: Mapping[str, Strategy] = {one.key: one for one in _read("strategies").strategies}
RESOURCES: Mapping[str, Entry] = {one.key: one for one in _read("resources").resources}
ALLERGENS: Mapping[str, Allergen] = {one.key: one for one in _read("allergens").allergens}

E = TypeVar("E", Strategy, Entry)
_LISTS = {"strand": "strands", "cluster": "clusters", "nurture_principle": "nurture_principles", "zone": "zones"}
_WORDS = ("title", "name", "what_to_do", "why", "what_for", "how_to_use")


def matching(entries: Iterable[E], filters: Mapping[str, Any]) -> list[E]:
    """Return the entries that carry every tag asked for and hold every search word of `q`, in their own order.

    A word is found anywhere in the title or in what the entry says to do, in capitals or not.
    """
    tags = {name: value for name, value in filters.items() if name != "q"}
    words = str(filters.get("q") or "").casefold().split()
    return [one for one in entries if _carries(one, tags) and _holds(one, words)]


def _carries(entry: Struct, tags: Mapping[str, Any]) -> bool:
    return all(
        value in getattr(entry, _LISTS[name]) if name in _LISTS else getattr(entry, name) == value
        for name, value in tags.items()
    )


def _holds(entry: Struct, words: Iterable[str]) -> bool:
    text = " ".join(getattr(entry, name, "") for name in _WORDS).casefold()
    return all(word in text for word in words)
