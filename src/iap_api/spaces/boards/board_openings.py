"""Who has which board open in this process, so that the ledger hears of an opening and of every pupil newly shown.

A poll that shows nobody new writes nothing (design 6). An opening is a sign-in and a base, and lasts 15 minutes from
its first entry: whoever polls for longer opens it anew. Several workers each keep their own, so at worst an opening is
written once by each: never too seldom.
"""

from collections.abc import Iterable
from time import monotonic
from uuid import UUID

LASTS = 15 * 60
MOST = 5000
Opening = tuple[UUID, UUID]


class Openings:
    """The boards open now, each with the pupils it has shown."""

    def __init__(self, lasts: float = LASTS) -> None:
        """Nothing is open yet."""
        self._lasts = lasts
        self._open: dict[Opening, tuple[float, set[UUID]]] = {}

    def new(self, opening: Opening, pupil_ids: Iterable[UUID]) -> list[UUID]:
        """Return the pupils that this opening has not shown yet: all of them when it is new."""
        until, shown = self._open.get(opening, (0.0, set()))
        known = shown if monotonic() < until else set()
        return [one for one in pupil_ids if one not in known]

    def remember(self, opening: Opening, pupil_ids: Iterable[UUID]) -> None:
        """Note that the ledger has entries for these pupils now."""
        now = monotonic()
        until, shown = self._open.get(opening, (0.0, set()))
        if now >= until:
            if len(self._open) >= MOST:
                self._open = {one: kept for one, kept in self._open.items() if now < kept[0]}
            until, shown = now + self._lasts, set()
        self._open[opening] = (until, shown | set(pupil_ids))
