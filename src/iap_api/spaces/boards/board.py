"""Puts the live board of a base together from two statements: its spaces with their bookings, and who is where."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    inspect,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.scope import Scope, among
from iap_api.core.preconditions import etag
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import current, pupil_visible
from iap_api.pupils.tables import Placement, Pupil
from iap_api.schools.tables import Base, Staff
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Booking, Presence, Space
from iap_api.spaces.visits.visit_tables import Visit

Rows = Callable[[Prepared, Mapping[str, Any]], Awaitable[Sequence[Any]]]
_NOW, _EARLIEST = bindparam("now", type_=UtcDateTime()), bindparam("earliest", type_=UtcDateTime())
_LATEST, _BASE = bindparam("latest", type_=UtcDateTime()), bindparam("base", type_=Uuid())
# how far ahead "next" looks
AHEAD = timedelta(hours=12)


@dataclass(frozen=True)
class Board:
    """What is shown, its tag, the pupils it names, and when it changes by itself."""

    shown: bytes
    tag: str
    school_id: UUID
    pupil_ids: tuple[UUID, ...]
    changes_at: datetime


@lru_cache(maxsize=16)
def _spaces(kinds: frozenset[str], dialect: str) -> Prepared:
    """Columns: school, space (5), booking (4), how many pupils it names; no row: the base is absent or out of reach."""
    ways: list[ColumnElement[bool]] = []
    if "schools" in kinds:
        ways.append(among(Base.school_id, "scope_schools"))
    if "bases" in kinds:
        ways.append(among(Base.id, "scope_bases"))
    named = col(Booking.pupil_ids)
    count = func.cardinality(named) if dialect == "postgresql" else func.json_array_length(named)
    lasts = or_(col(Space.ended_on).is_(None), col(Space.ended_on) > bindparam("scope_today"))
    coming = and_(
        col(Booking.space_id) == Space.id,
        col(Booking.status) == "booked",
        col(Booking.starts_at) > _EARLIEST,
        col(Booking.starts_at) < _LATEST,
        col(Booking.ends_at) > _NOW,
    )
    return Prepared(
        select(
            col(Base.school_id), col(Space.id), col(Space.name), col(Space.kind), col(Space.places),
            col(Booking.id), col(Booking.purpose), col(Booking.starts_at), col(Booking.ends_at), count,
        )
        .outerjoin(Space, and_(col(Space.base_id) == Base.id, lasts))
        .outerjoin(Booking, coming)
        .where(col(Base.id) == _BASE, or_(false(), *ways))
        .order_by(col(Space.name), col(Space.id), col(Booking.starts_at), col(Booking.id))
    )  # fmt: skip


def _on_visit(visit: Any) -> ColumnElement[bool]:
    # no visit is longer than 12 hours: one that nobody ended shows no longer than that
    return and_(
        visit.started_at <= _NOW, visit.started_at > _EARLIEST, or_(visit.ended_at.is_(None), visit.ended_at > _NOW)
    )


@lru_cache(maxsize=16)
def _people(kinds: frozenset[str]) -> Prepared:
    """Who is there: presences by booking, visits, and last the names of the pupils placed in the base.

    Those in the base's spaces, and the base's pupils wherever in the school: by space and time, which an index finds in
    spite of row security (an operator on ranges would not be let past it).
    """
    later, any_visit = aliased(Visit), aliased(Visit)
    seen = case((pupil_visible(kinds), 1), else_=0)
    no_time, no_id = null().cast(UtcDateTime()), null().cast(Uuid())
    here = and_(col(Placement.base_id) == _BASE, current(col(Placement.from_on), col(Placement.until_on)))
    placed = select(col(Placement.pupil_id)).where(here)
    names = (col(Pupil.given_name), col(Pupil.preferred_name), col(Pupil.family_name), seen)
    presence, visit, space, pupil, staff, placement, base = (
        inspect(one).local_table for one in (Presence, Visit, Space, Pupil, Staff, Placement, Base)
    )
    of_school = space.join(base, and_(col(Base.id) == _BASE, col(Base.school_id) == col(Space.school_id)))

    def rows(what: int, there: Sequence[Any], named: Sequence[Any], tables: FromClause) -> Any:
        return select(literal_column(str(what), Integer()), *there, *named).select_from(tables)

    booked = rows(
        1,
        (col(Presence.space_id), col(Presence.pupil_id), col(Presence.staff_id), col(Presence.starts_at),
         col(Presence.ends_at), col(Presence.booking_id), no_id),
        (*names, col(Staff.name), col(Space.name)),
        of_school.join(presence, col(Presence.space_id) == col(Space.id))
        .outerjoin(pupil, col(Pupil.id) == Presence.pupil_id)
        .outerjoin(staff, col(Staff.id) == Presence.staff_id),
    ).where(
        or_(col(Space.base_id) == _BASE, col(Presence.pupil_id).in_(placed)),
        col(Presence.starts_at) <= _NOW,
        col(Presence.starts_at) > _EARLIEST,
        col(Presence.ends_at) > _NOW,
        or_(
            col(Presence.pupil_id).is_(None),
            ~exists().where(col(any_visit.pupil_id) == col(Presence.pupil_id), _on_visit(any_visit)),
        ),
    )  # fmt: skip
    on_visit = rows(
        2,
        (col(Visit.space_id), col(Visit.pupil_id), no_id, col(Visit.started_at), col(Visit.ended_at), no_id,
         col(Visit.id)),
        (*names, null(), col(Space.name)),
        of_school.join(visit, col(Visit.space_id) == col(Space.id)).join(pupil, col(Pupil.id) == Visit.pupil_id),
    ).where(
        or_(col(Space.base_id) == _BASE, col(Visit.pupil_id).in_(placed)),
        _on_visit(Visit),
        ~exists().where(
            col(later.pupil_id) == col(Visit.pupil_id),
            _on_visit(later),
            or_(
                col(later.started_at) > col(Visit.started_at),
                and_(col(later.started_at) == col(Visit.started_at), col(later.id) > col(Visit.id)),
            ),
        ),
    )  # fmt: skip
    named = rows(
        3,
        (no_id, col(Placement.pupil_id), no_id, no_time, no_time, no_id, no_id),
        (*names, null(), null()),
        placement.join(pupil, col(Pupil.id) == Placement.pupil_id),
    ).where(here)
    return Prepared(union_all(booked, on_visit, named))


def _pupil(row: Sequence[Any]) -> dict[str, Any]:
    called = row[9] or row[8]
    return {"pupil_id": row[2], "given_name": called, "initials": f"{called[:1]}{row[10][:1]}".upper()}


async def compose(rows: Rows, dialect: str, scope: Scope, base_id: UUID, now: datetime) -> Board | None:
    """Return the board as it is now for one reach, or None when the base is absent or out of reach."""
    given = {**scope.binds(), "base": base_id, "now": now, "earliest": now - LONGEST, "latest": now + AHEAD}
    found = await rows(_spaces(scope.kinds, dialect), given)
    if not found:
        return None
    times: list[datetime] = [now + AHEAD]
    spaces: dict[UUID, dict[str, Any]] = {}
    for row in found:
        if row[1] is not None:
            _note_booking(spaces.setdefault(row[1], _space(row)), row, now, times)
    pupils: dict[UUID, None] = {}
    placed: dict[UUID, Sequence[Any]] = {}
    elsewhere: dict[UUID, Sequence[Any]] = {}
    for row in await rows(_people(scope.kinds), given):
        times += [row[5]] if row[5] else []
        if row[0] == 3:
            placed |= {row[2]: row} if row[11] else {}
        elif row[1] in spaces:
            _note_person(spaces[row[1]], row, pupils)
        elif row[2] is not None and row[11]:
            elsewhere[row[2]] = row
    away = [pupil_id for pupil_id in sorted(placed) if pupil_id not in pupils]
    shown = {
        "base_id": base_id,
        "school_id": found[0][0],
        "spaces": list(spaces.values()),
        "elsewhere": [
            {**_pupil(elsewhere[one]), "space_id": elsewhere[one][1], "space_name": elsewhere[one][13]}
            for one in away if one in elsewhere
        ],
        "nowhere": [_pupil(placed[one]) for one in away if one not in elsewhere],
    }  # fmt: skip
    for space in shown["spaces"]:
        alone = any(one["purpose"] in WHOLE for one in space["now"])
        space["free_places"] = 0 if alone else max(0, space["places"] - len(space["pupils"]) - space["others"])
    said = msgspec.json.encode(shown)
    return Board(said, etag(1, said), found[0][0], (*pupils, *away), min(at for at in times if at > now))


def _space(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "space_id": row[1], "name": row[2], "kind": row[3], "places": row[4], "free_places": row[4], "pupils": [],
        "others": 0, "adults": [], "now": [], "next": None,
    }  # fmt: skip


def _note_booking(space: dict[str, Any], row: Sequence[Any], now: datetime, times: list[datetime]) -> None:
    if row[5] is None:
        return
    booking = {"booking_id": row[5], "purpose": row[6], "starts_at": row[7], "ends_at": row[8], "pupil_count": row[9]}
    if row[7] <= now:
        space["now"].append(booking)
        times.append(row[8])
    elif space["next"] is None:
        space["next"] = booking
        times.append(row[7])


def _note_person(space: dict[str, Any], row: Sequence[Any], pupils: dict[UUID, None]) -> None:
    if row[3] is not None:
        adult = {"staff_id": row[3], "name": row[12], "until_at": row[5], "booking_id": row[6]}
        space["adults"].append(adult)
    elif row[11]:
        pupils[row[2]] = None
        there = {"since_at": row[4], "until_at": row[5], "booking_id": row[6], "visit_id": row[7]}
        space["pupils"].append({**_pupil(row), **there})
    else:
        space["others"] += 1
