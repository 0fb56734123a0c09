"""What suggestions are made from: profile, zones lately, uses, and what is in the cupboard, each in one statement.

Each is read as far as the caller's own permission for it reaches, so nothing is counted that they could not read.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec
from sqlalchemy import Select, Uuid, and_, bindparam, func, or_, select, true
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.access.scope import among, length
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.profiles.scoring import Scores
from iap_api.profiles.tables import Profile
from iap_api.pupils.scope import about, current, pupil_visible, registered_now
from iap_api.pupils.tables import Placement, Pupil, Registration, ZoneCheckIn
from iap_api.pupils.zones import Zone
from iap_api.toolbox.counting import times
from iap_api.toolbox.scope import holds
from iap_api.toolbox.suggesting.points import Record, Zones
from iap_api.toolbox.tables import Resource, ToolboxItem, Use

LATELY = timedelta(days=28)
ZONES = get_args(Zone)
LETTERS = frozenset("ABCDEFGHIJQRSTUVWXYZ")
_PUPIL = bindparam("pupil", type_=Uuid())
_SINCE = bindparam("since", type_=UtcDateTime())
Build = Callable[[frozenset[str]], Prepared]


class LatestProfile(NamedTuple):
    """The latest completed profile that has the lettered strands."""

    profile_id: UUID
    instrument_id: UUID
    observed_on: date
    age_years: int
    scores: Scores


class InCupboard(NamedTuple):
    """A resource that the pupil's base or school has."""

    resource_id: UUID
    catalogue_key: str | None
    name: str
    zones: Sequence[str]
    strands: Sequence[str]
    allergens: Sequence[str]
    left: int


async def _rows(caller: Caller, permission: Permission, build: Build, pupil_id: UUID, **more: Any) -> Sequence[Any]:
    scope = caller.may(permission)
    if scope is None:
        return []
    return await caller.rows(build(scope.kinds), {**scope.binds(), "pupil": pupil_id, **more})


@lru_cache(maxsize=16)
def _pupil(kinds: frozenset[str]) -> Prepared:
    found = select(col(Pupil.school_id), col(Pupil.born_on))
    return Prepared(found.where(col(Pupil.id) == _PUPIL, pupil_visible(kinds)))


async def pupil_of(caller: Caller, pupil_id: UUID) -> tuple[UUID, date]:
    """Return the school that keeps the pupil's file and the day of birth; raises `NotFound`."""
    rows = await caller.rows(_pupil(caller.scope.kinds), {**caller.scope.binds(), "pupil": pupil_id})
    if not rows:
        raise NotFound()
    return rows[0][0], rows[0][1]


@lru_cache(maxsize=16)
def _allergies(kinds: frozenset[str]) -> Prepared:
    return Prepared(
        select(col(Pupil.allergens), col(Pupil.allergies)).where(col(Pupil.id) == _PUPIL, pupil_visible(kinds))
    )


async def allergies_of(caller: Caller, pupil_id: UUID) -> tuple[bool, frozenset[str], str | None]:
    """Return whether the caller may see the pupil's health, and if so the allergens entered and the note of them."""
    rows = await _rows(caller, Permission.section_health, _allergies, pupil_id)
    return (True, frozenset(rows[0][0]), rows[0][1]) if rows else (False, frozenset(), None)


@lru_cache(maxsize=16)
def _profiles(kinds: frozenset[str]) -> Prepared:
    latest = func.row_number().over(
        partition_by=col(Profile.instrument_id), order_by=(col(Profile.observed_on).desc(), col(Profile.id).desc())
    )
    place = (
        select(col(Profile.id), latest.label("place"))
        .where(col(Profile.pupil_id) == _PUPIL, col(Profile.status) == "completed", about(col(Profile.pupil_id))(kinds))
        .subquery()
    )
    names = ("id", "instrument_id", "observed_on", "age_years", "scores")
    found: Select[Any] = select(*(getattr(Profile, name) for name in names))
    return Prepared(
        found.join(place, and_(place.c.id == col(Profile.id), place.c.place == 1)).order_by(
            col(Profile.observed_on).desc(), col(Profile.id).desc()
        )
    )


async def latest_profile(caller: Caller, pupil_id: UUID) -> LatestProfile | None:
    """Return the latest completed profile with the twenty lettered strands, whichever version of them it was."""
    for row in await _rows(caller, Permission.profile_read, _profiles, pupil_id):
        scores = msgspec.json.decode(row[4], type=Scores)
        if {one.key for one in scores.strands} == LETTERS:
            return LatestProfile(row[0], row[1], row[2], row[3], scores)
    return None


def _named(column: Any, where: Any) -> list[Any]:
    return [times(where, holds(column, zone)) for zone in ZONES]


@lru_cache(maxsize=16)
def _check_ins(kinds: frozenset[str]) -> Prepared:
    found = select(func.count(), *_named(ZoneCheckIn.zones, true()))
    return Prepared(
        found.where(
            col(ZoneCheckIn.pupil_id) == _PUPIL,
            col(ZoneCheckIn.at) >= _SINCE,
            col(ZoneCheckIn.withdrawn_at).is_(None),
            about(col(ZoneCheckIn.pupil_id))(kinds),
        )
    )


@lru_cache(maxsize=16)
def _uses(kinds: frozenset[str]) -> Prepared:
    lately = col(Use.started_at) >= _SINCE
    known = length(Use.zones_after) > 0
    found = select(
        col(Use.resource_id),
        times(known),
        times(known, holds(Use.zones_after, Use.zone_wanted)),
        times(col(Use.helped).is_not(None)),
        times(col(Use.helped) == "yes"),
        times(col(Use.helped) == "no"),
        times(lately, length(Use.zones_before) > 0),
        *_named(Use.zones_before, lately),
    )
    return Prepared(
        found.where(
            col(Use.pupil_id) == _PUPIL, col(Use.withdrawn_at).is_(None), about(col(Use.pupil_id))(kinds)
        ).group_by(col(Use.resource_id))
    )


async def zones_and_uses(caller: Caller, pupil_id: UUID) -> tuple[Zones, dict[UUID, Record]]:
    """Return in how many records of the last 28 days each zone was named, and how each resource went with the pupil."""
    since = clock.now() - LATELY
    counted = list(await _rows(caller, Permission.zone_read, _check_ins, pupil_id, since=since))
    records: dict[UUID, Record] = {}
    for row in await _rows(caller, Permission.toolbox_read, _uses, pupil_id, since=since):
        records[row[0]] = Record(*(int(number) for number in row[1:6]))
        counted.append(row[6:11])
    sums = [sum(int(one[at]) for one in counted) for at in range(5)]
    return Zones(sums[0], dict(zip(ZONES, sums[1:], strict=True))), records


@lru_cache(maxsize=16)
def _cupboard(_kinds: frozenset[str]) -> Prepared:
    known = select(col(Registration.school_id)).where(col(Registration.pupil_id) == _PUPIL, registered_now())
    placed = select(col(Placement.base_id)).where(
        col(Placement.pupil_id) == _PUPIL, current(col(Placement.from_on), col(Placement.until_on))
    )
    names = ("id", "catalogue_key", "name", "zones", "strands", "allergens")
    left = col(Resource.stock) - col(Resource.issued)
    return Prepared(
        select(*(getattr(Resource, name) for name in names), left).where(
            among(Resource.school_id, "scope_around"),
            col(Resource.school_id).in_(known),
            or_(col(Resource.base_id).is_(None), col(Resource.base_id).in_(placed)),
            col(Resource.ended_on).is_(None),
        )
    )


async def in_cupboard(caller: Caller, pupil_id: UUID) -> list[InCupboard]:
    """Return what the pupil's bases and schools have, as far as the caller may read it."""
    return [InCupboard(*row) for row in await _rows(caller, Permission.resource_read, _cupboard, pupil_id)]


@lru_cache(maxsize=16)
def _held(kinds: frozenset[str]) -> Prepared:
    return Prepared(
        select(col(ToolboxItem.resource_id)).where(
            col(ToolboxItem.pupil_id) == _PUPIL,
            col(ToolboxItem.returned_at).is_(None),
            about(col(ToolboxItem.pupil_id))(kinds),
        )
    )


async def in_toolbox(caller: Caller, pupil_id: UUID) -> frozenset[UUID]:
    """Return the resources of which the pupil has a piece in the toolbox now."""
    return frozenset(row[0] for row in await _rows(caller, Permission.toolbox_read, _held, pupil_id))
