"""Group profiles over HTTP: what the latest profiles of a base, a class or a school say together."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core.errors import Invalid
from iap_api.core.routes import Routes
from iap_api.core.shapes import Code, Id, Shape
from iap_api.core.transactions import Prepared
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.definition import Norm
from iap_api.profiles.group_figures import Member, figures_of
from iap_api.profiles.library import Named, definition_of, instrument_named
from iap_api.profiles.profile_record import latest_profile
from iap_api.profiles.profile_shapes import Direction
from iap_api.profiles.scoring import Scores, UnknownNorm, norm_of
from iap_api.profiles.tables import Profile
from iap_api.pupils.scope import current, pupil_visible, registered_now
from iap_api.pupils.tables import Placement, Pupil, Registration

routes = Routes("/v1/group-profiles", "profiles")
_GROUP = bindparam("of_group", type_=Uuid())


class GroupAsked(BaseModel):
    """Which group (exactly one of the three), with which version of an instrument, against which norms."""

    model_config = ConfigDict(extra="forbid")

    instrument_id: Annotated[Id, Field(description="This version of it alone: totals of another are not set beside.")]
    base_id: Annotated[Id | None, Field(description="Pupils placed in the base today.")] = None
    class_id: Annotated[Id | None, Field(description="Pupils in the class today.")] = None
    school_id: Annotated[Id | None, Field(description="Pupils registered at the school today.")] = None
    norm_version: Annotated[Code | None, Field(description="Without it, the newest: one ruler for all.")] = None

    def group(self) -> tuple[str, UUID]:
        """Return which kind of group is asked for, and its id; raises `Invalid`."""
        named = [(name, one) for name in ("base_id", "class_id", "school_id") if (one := getattr(self, name))]
        if len(named) != 1:
            raise Invalid(errors=[("/base_id", "name exactly one of base_id, class_id and school_id")])
        return named[0]


class GroupStrandRead(Shape):
    """One strand over the whole group; a total that the norms have no range for counts in none of the three."""

    key: str
    cluster: str
    section: str
    direction: Direction
    maximum: int
    below: int
    within: int
    above: int
    median: float | None
    in_need_pupil_ids: list[UUID]


class PlannedRead(Shape):
    """A strand to plan for: how many are in need, and how many points they are from the range together."""

    key: str
    in_need: int
    points_away: int


class GroupProfileRead(Shape):
    """What the latest completed profiles of the pupils within reach say together."""

    base_id: UUID | None
    class_id: UUID | None
    school_id: UUID | None
    instrument_id: UUID
    instrument_key: str
    instrument_version: str
    norm_version: str | None = Field(description="All are judged against this one, whichever they were signed under.")
    norm_provisional: bool | None
    pupils: int = Field(description="Pupils of the group within reach.")
    profiled: int
    without_profile_pupil_ids: list[UUID]
    earliest_observed_on: date | None
    latest_observed_on: date | None
    strands: list[GroupStrandRead]
    plan_for: list[PlannedRead] = Field(description="At most three, the most needed first: see docs/profile_pictures.")


class Profiled(NamedTuple):
    """A pupil of the group, with the latest completed profile or without one."""

    pupil_id: UUID
    school_id: UUID
    given_name: str
    family_name: str
    profile_id: UUID | None
    observed_on: date | None
    age_years: int | None
    scores: Scores | None

    def member(self) -> Member:
        """Return the pupil as the figures take one."""
        strands = self.scores.strands if self.scores else ()
        return Member(self.pupil_id, self.age_years or 0, {one.key: one.total for one in strands})


class Group(NamedTuple):
    """The pupils of a group within reach, and what they are measured with."""

    instrument: Named
    definition: Definition
    norm: Norm | None
    profiled: list[Profiled]
    without: list[Profiled]


def _this_version(profile: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = profile.instrument_id == bindparam("instrument", type_=Uuid())
    return found


_IN_GROUP: dict[str, Select[Any]] = {
    "base_id": select(col(Placement.pupil_id)).where(
        col(Placement.base_id) == _GROUP, current(col(Placement.from_on), col(Placement.until_on))
    ),
    "class_id": select(col(Registration.pupil_id)).where(col(Registration.class_id) == _GROUP, registered_now()),
    "school_id": select(col(Registration.pupil_id)).where(col(Registration.school_id) == _GROUP, registered_now()),
}


@lru_cache(maxsize=48)
def _members(kinds: frozenset[str], kind: str) -> Prepared:
    latest = latest_profile(col(Pupil.id), _this_version)
    return Prepared(
        select(
            col(Pupil.id), col(Pupil.school_id), col(Pupil.given_name), col(Pupil.family_name),
            col(Profile.id).label("profile_id"), col(Profile.observed_on), col(Profile.age_years), col(Profile.scores),
        )
        .select_from(Pupil)
        .outerjoin(Profile, col(Profile.id) == latest)
        .where(col(Pupil.id).in_(_IN_GROUP[kind]), pupil_visible(kinds))
        .order_by(col(Pupil.id))
    )  # fmt: skip


async def group_of(caller: Caller, asked: GroupAsked) -> Group:
    """Return the group as far as it is within reach, and note who was shown; raises `Invalid`.

    A group beyond reach has nobody in it, as one that does not exist.
    """
    kind, group_id = asked.group()
    instrument = await instrument_named(caller, asked.instrument_id)
    definition = await definition_of(caller.session, instrument.id)
    try:
        norm = norm_of(definition, asked.norm_version)
    except UnknownNorm:
        raise Invalid(errors=[("/norm_version", "is not a version of the instrument's norms")]) from None
    given = {**caller.scope.binds(), "of_group": group_id, "instrument": instrument.id}
    rows: Sequence[Any] = await caller.rows(_members(caller.scope.kinds, kind), given)
    read = msgspec.json.Decoder(Scores).decode
    everybody = [Profiled._make((*row[:7], read(row[7]) if row[7] else None)) for row in rows]
    profiled = [one for one in everybody if one.scores is not None]
    seen: dict[UUID, list[UUID]] = {}
    for one in everybody:
        seen.setdefault(one.school_id, []).append(one.pupil_id)
    for school_id, pupil_ids in seen.items():
        caller.saw("profile", school_id, pupil_ids)
    return Group(instrument, definition, norm, profiled, [one for one in everybody if one.scores is None])


@routes.get("", response_model=GroupProfileRead, summary="Read the profiles of a group together")
async def read_group_profile(
    caller: Annotated[Caller, may(Permission.profile_read)], asked: Annotated[GroupAsked, Query()]
) -> Response:
    """How each strand is spread over a base, a class or a school, who is in need where, and what to plan for.

    Counted is the latest completed profile of each pupil within reach and nobody else, so no number tells of a child
    whom the caller may not see.
    """
    group = await group_of(caller, asked)
    strands, plan_for = figures_of(group.definition, group.norm, [one.member() for one in group.profiled])
    days = [one.observed_on for one in group.profiled if one.observed_on]
    shown = {
        "base_id": asked.base_id,
        "class_id": asked.class_id,
        "school_id": asked.school_id,
        "instrument_id": group.instrument.id,
        "instrument_key": group.definition.key,
        "instrument_version": group.definition.version,
        "norm_version": group.norm.version if group.norm else None,
        "norm_provisional": group.norm.provisional if group.norm else None,
        "pupils": len(group.profiled) + len(group.without),
        "profiled": len(group.profiled),
        "without_profile_pupil_ids": [one.pupil_id for one in group.without],
        "earliest_observed_on": min(days, default=None),
        "latest_observed_on": max(days, default=None),
        "strands": strands,
        "plan_for": plan_for,
    }
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")
