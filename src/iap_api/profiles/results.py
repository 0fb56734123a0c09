"""Scores and comparisons over HTTP: what a profile adds up to, and what changed since another."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.core.errors import Conflict, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.profiles import scoring
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.library import definition_of
from iap_api.profiles.profile_record import find, scores_now, shown
from iap_api.profiles.profile_shapes import ComparisonRead, ScoresRead
from iap_api.profiles.reliable_change import judged
from iap_api.profiles.scoring import Scores
from iap_api.profiles.tables import Profile

routes = Routes("/v1/profiles", "profiles")


class NotComparable(Conflict):
    status, kind, title = 409, "not-comparable", "These two profiles cannot be compared"
    advice = "Compare two completed profiles of one pupil, made with one instrument version under one norm version."


def kept_scores(profile: Profile) -> Scores | None:
    """Return the scores kept when the profile was signed, None if it was not."""
    return None if profile.scores is None else msgspec.json.decode(profile.scores, type=Scores)


@routes.get(
    "/{profile_id}/scores",
    response_model=ScoresRead,
    summary="Read the scores of a profile",
)
async def read_scores(caller: Annotated[Caller, may(Permission.profile_read)], profile_id: Id) -> Response:
    """Totals, maxima and status against the norm, per strand, cluster and section.

    Those of a completed profile are the ones that were signed. A draft has totals only where every item is answered:
    an item without an answer is not a 0.
    """
    profile = await find(caller, profile_id)
    definition = await definition_of(caller.session, profile.instrument_id)
    scores = kept_scores(profile)
    if scores is None:
        scores = await scores_now(caller, profile, definition, profile.age_years)
    return shown(
        caller,
        profile,
        {
            "profile_id": profile.id,
            "pupil_id": profile.pupil_id,
            "status": profile.status,
            "observed_on": profile.observed_on,
            "age_years": profile.age_years,
            "norm_provisional": _provisional(definition, scores.norm_version),
            **_members(scores),
        },
    )


@routes.get(
    "/{profile_id}/comparison",
    response_model=ComparisonRead,
    summary="Compare two profiles",
    openapi_extra=problems(NotComparable),
)
async def compare_profiles(
    caller: Annotated[Caller, may(Permission.profile_read)],
    profile_id: Id,
    other_id: Annotated[Id, Query(alias="with", description="The other profile of the same pupil.")],
) -> Response:
    """What changed from the earlier observation to the later one, per strand, cluster and section; + is better.

    A section's change is marked as more than chance where the instrument's definition gives its reliability.
    Refused with 409 `not-comparable` and a `reason`: pupil, not_completed, instrument, instrument_version or
    norm_version.
    """
    asked = await find(caller, profile_id)
    earlier, later, found = await comparable(caller, asked, other_id)
    sections = judged(await definition_of(caller.session, later.instrument_id), found.sections)
    ids = {"pupil_id": asked.pupil_id, "earlier_id": earlier.id, "later_id": later.id}
    return shown(caller, asked, {**ids, **_members(found), "sections": sections})


async def comparable(caller: Caller, asked: Profile, other_id: UUID) -> tuple[Profile, Profile, scoring.Comparison]:
    """Return the earlier and the later of two profiles, and what changed; raises `NotFound` and `NotComparable`."""
    other = await find(caller, other_id)
    if asked.pupil_id != other.pupil_id:
        raise NotComparable("The two profiles are of different pupils.", reason="pupil")
    earlier, later = sorted((asked, other), key=lambda one: (one.observed_on, one.id))
    before, after = kept_scores(earlier), kept_scores(later)
    if before is None or after is None or "superseded" in (earlier.status, later.status):
        raise NotComparable("Both profiles must be completed, and neither superseded.", reason="not_completed")
    try:
        return earlier, later, scoring.compare(before, after)
    except scoring.NotComparable as error:
        raise NotComparable(str(error), reason=error.reason) from None


def _members(found: msgspec.Struct) -> Mapping[str, Any]:
    members: Mapping[str, Any] = msgspec.to_builtins(found)
    return members


def _provisional(definition: Definition, norm_version: str | None) -> bool | None:
    return next((norm.provisional for norm in definition.norms if norm.version == norm_version), None)
