"""A pupil's line over HTTP: every completed profile with one instrument, oldest first, and the change at each step."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Uuid, bindparam, literal_column, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.transactions import Prepared
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.library import definition_of, instrument_named
from iap_api.profiles.line_of_profiles import Step, steps
from iap_api.profiles.profile_record import of_instrument, visible
from iap_api.profiles.profile_shapes import ProfileLineRead
from iap_api.profiles.scoring import Scores, norm_of
from iap_api.profiles.tables import Profile
from iap_api.pupils.scope import reach_pupil

routes = Routes("/v1/pupils/{pupil_id}/profile-line", "profiles")
# twenty years of one a term: whoever has more is shown the latest
MOST = 60
_COLUMNS = ("id", "school_id", "instrument_id", "observed_on", "age_years", "completed_at", "scores")


class LineAsked(BaseModel):
    """With which instrument."""

    model_config = ConfigDict(extra="forbid")

    instrument_id: Annotated[Id, Field(description="Profiles with any version of this instrument are shown.")]


class Point(NamedTuple):
    """One profile of the line, with its scores as signed and the definition they were made by."""

    id: UUID
    school_id: UUID
    instrument_id: UUID
    observed_on: date
    age_years: int
    completed_at: datetime
    scores: Scores
    definition: Definition


class Line(NamedTuple):
    """Whose line, and its profiles, oldest first, each with what changed since the one before."""

    file_school_id: UUID
    points: list[Point]
    steps: list[Step | None]


@lru_cache(maxsize=16)
def _of_pupil(kinds: frozenset[str]) -> Prepared:
    return Prepared(
        select(*(getattr(Profile, name) for name in _COLUMNS))
        .where(
            col(Profile.pupil_id) == bindparam("pupil", type_=Uuid()),
            col(Profile.status) == literal_column("'completed'"),
            of_instrument(Profile),
            visible(kinds),
        )
        .order_by(col(Profile.observed_on).desc(), col(Profile.id).desc())
        .limit(MOST)
    )


async def line_of(caller: Caller, pupil_id: UUID, instrument_id: UUID) -> Line:
    """Return the line of a pupil within reach and note that it was seen; raises `NotFound` and `Invalid`."""
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    instrument = await instrument_named(caller, instrument_id)
    given = {
        **caller.scope.binds(),
        "pupil": pupil_id,
        "instrument_key": instrument.key,
        "instrument_trust": instrument.trust_id,
    }
    rows: Sequence[Any] = await caller.rows(_of_pupil(caller.scope.kinds), given)
    points = [
        Point._make((*row[:6], msgspec.json.decode(row[6], type=Scores), await definition_of(caller.session, row[2])))
        for row in reversed(rows)
    ]
    for school_id in {one.school_id for one in points} or {file_school_id}:
        caller.saw("profile", school_id, [pupil_id])
    return Line(file_school_id, points, steps([(one.definition, one.scores) for one in points]))


@routes.get("", response_model=ProfileLineRead, summary="Read the profiles of a pupil as a line")
async def read_profile_line(
    caller: Annotated[Caller, may(Permission.profile_read)], pupil_id: Id, asked: Annotated[LineAsked, Query()]
) -> Response:
    """Every completed profile that nothing superseded, oldest first, under the norms it was signed against.

    `since` says what changed since the one before, + for better; across versions of the instrument or of its norms it
    says why nothing can be told. A section's change is marked as more than chance where the definition gives its
    reliability.
    """
    line = await line_of(caller, pupil_id, asked.instrument_id)
    shown = {
        "pupil_id": pupil_id,
        "instrument_id": asked.instrument_id,
        "profiles": [_shown(point, step) for point, step in zip(line.points, line.steps, strict=True)],
    }
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")


def _shown(point: Point, step: Step | None) -> dict[str, Any]:
    scores = point.scores
    norm = norm_of(point.definition, scores.norm_version) if scores.norm_version else None
    return {
        "profile_id": point.id,
        "school_id": point.school_id,
        "instrument_id": point.instrument_id,
        "instrument_version": scores.instrument_version,
        "norm_version": scores.norm_version,
        "norm_provisional": norm.provisional if norm else None,
        "observed_on": point.observed_on,
        "age_years": point.age_years,
        "completed_at": point.completed_at,
        "strands": scores.strands,
        "clusters": scores.clusters,
        "sections": scores.sections,
        "since": step,
    }
