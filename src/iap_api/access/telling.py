"""Row filters that can say in words what they let through, so that the sentence stands where the filter does."""

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement

Rows = Callable[[frozenset[str]], ColumnElement[bool]]


class Told:
    """A row filter with one sentence for each kind of reach it tells apart: `own`, `base`, `school`, `trust`.

    A kind that has no sentence is told by the school's. `{things}`, `{Things}` and `{place}` are filled in.
    """

    __slots__ = ("_rows", "words")

    def __init__(self, rows: Rows, words: Mapping[str, str]) -> None:
        """Put words beside a filter."""
        self._rows, self.words = rows, words

    def __call__(self, kinds: frozenset[str]) -> ColumnElement[bool]:
        """Return the filter itself."""
        return self._rows(kinds)


def told(**words: str) -> Callable[[Rows], Told]:
    """Return the decorator that puts words beside a filter."""
    return lambda rows: Told(rows, words)
