"""Whom of a booking its reader is shown: opened by a child, the children within reach, and of the others a number."""

from collections.abc import Collection, Mapping
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, or_, select, union
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import Visible
from iap_api.access.scope import length, within_list
from iap_api.core.errors import NotFound, NotYourRole
from iap_api.pupils.scope import reached
from iap_api.spaces.bookings.booking_scope import by_place
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.tables import Booking, Series

_BY_CHILD = frozenset({"bases", "own"})
# what may be changed without knowing everybody: it says nothing of a child
OF_NOBODY = frozenset({"purpose", "subject"})


class PupilsNotShown(NotYourRole):
    status, kind, title = 403, "pupils-not-shown", "You do not see every pupil of this booking"
    advice = "Ask somebody who looks after the base or the school to change it; purpose and subject you may change."


@lru_cache(maxsize=32)
def shown_pupils(table: type[Booking | Series], kinds: frozenset[str]) -> Any:
    """Return the column of the pupils who are shown of a booking or series.

    Opened by its place (`by_place`): everybody. Opened by a child of the caseload, or in a hall by a child of the base:
    the children within the caller's reach, and nobody else.
    """
    everybody = col(table.pupil_ids)
    if not kinds & _BY_CHILD:
        return everybody
    ways = reached(kinds)
    kept = within_list(everybody, ways[0] if len(ways) == 1 else union(*ways))
    places = by_place(table, kinds)
    return case((or_(*places), everybody), else_=kept) if places else kept


def read_of(table: type[Booking | Series]) -> dict[str, Any]:
    """Return what a `Reading` of bookings or series is made with, beside `count_others`."""
    return {"also": {"others": length(table.pupil_ids)}, "by_reach": {"pupil_ids": partial(shown_pupils, table)}}


def count_others(item: dict[str, Any]) -> None:
    """Finish a rendered item, in which `others` counts all: count who is not shown, and keep the note back then.

    A note may be about any of the children, so it is shown to whoever is shown all of them, and to nobody else: not to
    who wrote it, for somebody may have written on since, nor to the adults in it.
    """
    item["others"] -= len(item["pupil_ids"])
    if item["others"]:
        item["note"] = None


def as_shown(row: dict[str, Any], hidden: Collection[UUID] = ()) -> dict[str, Any]:
    """Return a booking's columns as the answer to a change shows them, without the `hidden` pupils."""
    shown = {
        **row,
        "pupil_ids": [one for one in row["pupil_ids"] if one not in hidden],
        "others": len(row["pupil_ids"]),
    }
    count_others(shown)
    return shown


async def held_for_change(
    caller: Caller, table: type[Booking | Series], wanted: UUID, visible: Visible
) -> tuple[Any, frozenset[UUID]]:
    """Return the row, locked as `for_change` locks it, and the pupils in it who are not shown to the caller.

    Raises `NotFound`, `IfMatchNeeded` (428) and `Stale` (412).
    """
    kinds = caller.scope.kinds
    statement = (
        select(table, shown_pupils(table, kinds).label("shown"))
        .where(col(table.id) == bindparam("wanted", type_=Uuid()), visible(kinds))
        .with_for_update(of=table)
    )
    found = (await caller.session.execute(statement, {**caller.scope.binds(), "wanted": wanted})).one_or_none()
    if found is None:
        raise NotFound()
    caller.expected(found[0])
    return found[0], frozenset(found[0].pupil_ids) - frozenset(found[1])


def check_shown(hidden: Collection[UUID], changed: Mapping[str, Any]) -> None:
    """Raise `PupilsNotShown` where somebody would change what concerns pupils whom they are not shown.

    A list of pupils would drop those it cannot name, a note would be written over unread, and a meeting takes the space
    whole, from children of whom they know nothing too.
    """
    if hidden and (changed.keys() - OF_NOBODY or changed.get("purpose") in WHOLE):
        raise PupilsNotShown()
