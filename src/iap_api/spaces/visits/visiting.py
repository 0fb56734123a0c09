"""How a visit is written down: what is nonsense, what it ends, whom it finds there; else it is never refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, column, select, table
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import Visible
from iap_api.access.scope import among
from iap_api.core.errors import Conflict, Invalid, NotFound
from iap_api.core.refusals import refuse
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import reach_pupils
from iap_api.pupils.tables import Pupil, Registration
from iap_api.pupils.zones import CLOCK_SKEW
from iap_api.schools.tables import Staff
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Space
from iap_api.spaces.visits.visit_tables import Visit

# who is where (migrations/rules/whereabouts.py)
WHEREABOUTS = table(
    "whereabouts",
    *(column(name, Uuid()) for name in ("school_id", "space_id", "pupil_id", "staff_id", "booking_id", "visit_id")),
    *(column(name, UtcDateTime()) for name in ("starts_at", "ends_at", "whole_from", "whole_until")),
)
_BEGIN, _END = bindparam("begin", type_=UtcDateTime()), bindparam("end", type_=UtcDateTime())
_SPACE, _PUPIL = bindparam("space", type_=Uuid()), bindparam("pupil", type_=Uuid())

# in the order in which the triggers of bookings lock
_LOCK_SPACE = Prepared(
    select(col(Space.places), col(Space.usual_minutes)).where(col(Space.id) == _SPACE).with_for_update(key_share=True)
)
_LOCK_PUPIL = Prepared(select(col(Pupil.id)).where(col(Pupil.id) == _PUPIL).with_for_update(key_share=True))
_OTHERS = Prepared(
    select(WHEREABOUTS.c.starts_at, WHEREABOUTS.c.ends_at).where(
        WHEREABOUTS.c.space_id == _SPACE,
        WHEREABOUTS.c.pupil_id.is_not(None),
        WHEREABOUTS.c.pupil_id != _PUPIL,
        WHEREABOUTS.c.whole_from > bindparam("earliest", type_=UtcDateTime()),
        WHEREABOUTS.c.whole_from <= _END,
        WHEREABOUTS.c.starts_at <= _END,
        WHEREABOUTS.c.ends_at > _BEGIN,
    )
)


def _too_long() -> Invalid:
    return Invalid(errors=[("/ended_at", "must lie within 12 hours of the start, and not before it")])


def _still_open() -> Conflict:
    return Conflict("The pupil is on another visit that is still open.")


for _rule in ("visits_not_too_long", "visits_holds_not_too_long", "ck_visits_ends_last", "ck_visits_holds"):
    refuse(_rule, _too_long)
# the pupil's row is locked first, so this is for whoever writes beside the API
for _rule in ("uq_visits_open", "uq_visits_pupil_id"):
    refuse(_rule, _still_open)


def check_period(started_at: datetime, ended_at: datetime | None, now: datetime) -> None:
    """Refuse a period that cannot have been; raises `Invalid`. A phone's clock may be a little fast."""
    latest = now + CLOCK_SKEW
    if started_at > latest:
        raise Invalid(errors=[("/started_at", "lies in the future")])
    if ended_at is None:
        if now - started_at > LONGEST:
            raise Invalid(errors=[("/ended_at", "say when it ended: no visit is longer than 12 hours")])
    elif ended_at <= started_at:
        raise Invalid(errors=[("/ended_at", "must be later than started_at")])
    elif ended_at - started_at > LONGEST:
        raise Invalid(errors=[("/ended_at", "must be at most 12 hours after started_at")])
    elif ended_at > latest:
        raise Invalid(errors=[("/ended_at", "lies in the future")])


def check_zones(sent: Mapping[str, Any]) -> None:
    """Refuse a zone that stands twice; raises `Invalid`."""
    twice = [
        (f"/{name}", "names a zone twice")
        for name in ("zones_before", "zones_after")
        if len(set(sent.get(name) or [])) != len(sent.get(name) or [])
    ]
    if twice:
        raise Invalid(errors=twice)


async def reach_space(caller: Caller, space_id: UUID, pupil_id: UUID) -> UUID:
    """Return the school of a space the pupil may be met in; raises `Invalid`, the same for absent and out of reach.

    Any space of a school around the caller that has to do with the pupil: a child may run into the other base's room.
    """
    await reach_pupils(caller, [pupil_id], "/pupil_id")
    school_id = (
        await caller.session.execute(
            select(col(Space.school_id))
            .join(Registration, col(Registration.school_id) == Space.school_id)
            .where(
                col(Space.id) == space_id,
                col(Registration.pupil_id) == pupil_id,
                among(Space.school_id, "scope_around"),
            ),
            caller.scope.binds(),
        )
    ).scalar_one_or_none()
    if school_id is None:
        raise Invalid(errors=[("/space_id", "is not a space within your reach, of a school of the pupil's")])
    return school_id


async def check_adult(caller: Caller, school_id: UUID, staff_id: UUID | None, *, pointer: str) -> None:
    """Refuse an adult who is nobody of that school; raises `Invalid`."""
    if staff_id is None:
        return
    wanted = select(col(Staff.id)).where(col(Staff.id) == staff_id, col(Staff.school_id) == school_id)
    if (await caller.session.execute(wanted)).first() is None:
        raise Invalid(errors=[(pointer, "is not a member of that school's staff")])


async def lock(caller: Caller, space_id: UUID, pupil_id: UUID) -> tuple[int, int, Visit | None]:
    """Lock the space and then the pupil.

    Returns the places there, its usual minutes, and the visit the pupil is still on, locked too.
    """
    found = await caller.rows(_LOCK_SPACE, {"space": space_id})
    await caller.rows(_LOCK_PUPIL, {"pupil": pupil_id})
    still_open = (
        select(Visit).where(col(Visit.pupil_id) == pupil_id, col(Visit.ended_at).is_(None)).with_for_update(of=Visit)
    )
    return found[0][0], found[0][1], (await caller.session.execute(still_open)).scalar_one_or_none()


async def hold_pupil_of(caller: Caller, visit_id: UUID, visible: Visible) -> None:
    """Lock the pupil of a visit before the visit itself, as whoever begins one does; raises `NotFound`."""
    whose = select(col(Visit.pupil_id)).where(col(Visit.id) == visit_id, visible(caller.scope.kinds))
    pupil_id = (await caller.session.execute(whose, caller.scope.binds())).scalar_one_or_none()
    if pupil_id is None:
        raise NotFound()
    await caller.rows(_LOCK_PUPIL, {"pupil": pupil_id})


async def is_over_capacity(
    caller: Caller, space_id: UUID, pupil_id: UUID, places: int, begin: datetime, end: datetime
) -> bool:
    """Say whether, with this pupil, there are more in the space at some instant of a period than it has places."""
    rows = await caller.rows(
        _OTHERS, {"space": space_id, "pupil": pupil_id, "begin": begin, "end": end, "earliest": begin - LONGEST}
    )
    # goings before comings: [a, b) and [b, c) never meet
    steps = sorted([(max(row[0], begin), 1) for row in rows] + [(row[1], -1) for row in rows])
    there = most = 0
    for _at, step in steps:
        there += step
        most = max(most, there)
    return most + 1 > places


def held_until(started_at: datetime, now: datetime, usual_minutes: int) -> datetime:
    """Return until when an open visit keeps its place: the usual length from now on, never beyond twelve hours."""
    return min(max(started_at, now) + timedelta(minutes=usual_minutes), started_at + LONGEST)
