"""Who is in which space over a period, for sums that name nobody: one statement for spaces and people together."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, false, literal, null, select, true, union_all
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.tables import Pupil
from iap_api.schools.tables import Staff
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Booking, Presence
from iap_api.spaces.visits.visit_tables import Visit

IN_SPACE, PUPIL, ADULT, VISIT = 0, 1, 2, 3
_FROM, _UNTIL = bindparam("from", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())
_PERIOD = and_(
    col(Presence.starts_at) < _UNTIL,
    col(Presence.starts_at) > bindparam("from_start", type_=UtcDateTime()),
    col(Presence.ends_at) > _FROM,
)


def _columns(kind: int, begins: Any, ends: Any) -> list[Any]:
    return [
        literal(kind).label("kind"), col(Presence.space_id), col(Presence.pupil_id), col(Presence.staff_id),
        col(Presence.starts_at), col(Presence.ends_at), begins.label("begins"), ends.label("ends"),
    ]  # fmt: skip


@lru_cache(maxsize=2)
def _statement(whole: bool) -> Prepared:
    there: Select[Any]
    if whole:
        begins = col(Booking.starts_at) == col(Presence.starts_at)
        ends = col(Booking.ends_at) == col(Presence.ends_at)
        there = select(*_columns(IN_SPACE, begins, ends)).join(Booking, col(Booking.id) == col(Presence.booking_id))
    else:
        there = select(*_columns(IN_SPACE, true(), true()))
    # as the rule of the database counts them (migrations/rules/rooms): whoever is booked there has the place already
    booked = (
        select(col(Presence.id))
        .where(
            col(Presence.pupil_id) == col(Visit.pupil_id),
            col(Presence.space_id) == col(Visit.space_id),
            col(Presence.starts_at) < col(Visit.holds_until),
            col(Presence.ends_at) > col(Visit.started_at),
        )
        .correlate(Visit)
        .exists()
    )
    visits = select(
        literal(VISIT).label("kind"), col(Visit.space_id), col(Visit.pupil_id), null().label("staff_id"),
        col(Visit.started_at), col(Visit.holds_until), false().label("begins"), false().label("ends"),
    ).where(
        among(Visit.space_id, "spaces"),
        col(Visit.ended_at).is_(None),
        col(Visit.started_at) < _UNTIL,
        col(Visit.started_at) > bindparam("from_start", type_=UtcDateTime()),
        col(Visit.holds_until) > _FROM,
        ~booked,
    )  # fmt: skip
    # by way of the person: a list of ids would not find its way into the index of the constraint
    pupils = select(*_columns(PUPIL, true(), true())).join(Pupil, col(Pupil.id) == col(Presence.pupil_id))
    adults = select(*_columns(ADULT, true(), true())).join(Staff, col(Staff.id) == col(Presence.staff_id))
    return Prepared(
        union_all(
            there.where(among(Presence.space_id, "spaces"), _PERIOD),
            pupils.where(among(Pupil.id, "pupils"), _PERIOD),
            adults.where(among(Staff.id, "adults"), _PERIOD),
            visits,
        )
    )


async def presences_between(
    caller: Caller, from_at: datetime, until_at: datetime, *, spaces: Iterable[UUID] = (),
    pupils: Iterable[UUID] = (), adults: Iterable[UUID] = (), whole: bool = False,
) -> Sequence[Any]:  # fmt: skip
    """Return what touches a period: kind (`IN_SPACE`, `PUPIL`, `ADULT` or `VISIT`), space, pupil, adult, from, until.

    And, where the `whole` bookings are asked for, whether the booking begins and ends with it. Somebody in one of the
    spaces who is named besides comes twice. The ids must be within the caller's reach, or nothing of whose presence it
    is may be shown. A visit is an open one, for as long as it holds a place in one of the spaces.
    """
    given = {
        "spaces": list(spaces), "pupils": list(pupils), "adults": list(adults), "from": from_at, "until": until_at,
        "from_start": from_at - LONGEST,
    }  # fmt: skip
    return await caller.rows(_statement(whole), given)
