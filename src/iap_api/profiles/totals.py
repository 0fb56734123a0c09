"""Totals over HTTP: a profile that was answered in another system comes in by its strands, and is signed like any."""

from typing import Annotated, Any

from fastapi import Response
from sqlalchemy import func, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import for_change
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.library import definition_of
from iap_api.profiles.profile_record import ProfileClosed, find, shown, still_draft, visible
from iap_api.profiles.profile_shapes import TotalsPut, TotalsRead
from iap_api.profiles.scoring import check_totals
from iap_api.profiles.tables import Profile, ProfileAnswer

routes = Routes("/v1/profiles/{profile_id}/totals", "profiles")
ERRORS_AT_MOST = 20


class HasAnswers(Conflict):
    status, kind, title = 409, "has-answers", "The profile has answers of its own"
    advice = "Totals come into a draft without answers: begin a new one for them."


@routes.get("", response_model=TotalsRead, summary="Read the totals of a profile")
async def read_totals(caller: Annotated[Caller, may(Permission.profile_read)], profile_id: Id) -> Response:
    """The totals that were added up elsewhere; none of a profile that is answered here, for its scores are read."""
    profile = await find(caller, profile_id)
    return shown(caller, profile, _item(profile, await definition_of(caller.session, profile.instrument_id)))


@routes.put(
    "",
    response_model=TotalsRead,
    summary="Enter the totals of a profile",
    openapi_extra={**problems(ProfileClosed, HasAnswers), "x-if-match": True},
)
async def enter_totals(
    caller: Annotated[Caller, may(Permission.profile_write)], profile_id: Id, body: TotalsPut
) -> Response:
    """Enter strand totals, typed from or exported by a system that the school holds, in place of answers.

    All of them at once, each from 0 to the strand's maximum; an unknown strand or one beyond it is 422. A draft with
    answers is 409 `has-answers`.
    """
    # the row lock comes first: answers are saved under it too
    profile: Profile = await for_change(caller, Profile, profile_id, visible)
    still_draft(profile)
    definition = await definition_of(caller.session, profile.instrument_id)
    if faults := check_totals(definition, body.totals):
        # a key that cannot be a strand's is not repeated in the answer: anything may stand in it
        known = {key for cluster in definition.strand_places.values() for key, _, _ in cluster}
        wrong = [(f"/totals{one.pointer}" if one.pointer[1:] in known else "/totals", one.detail) for one in faults]
        raise Invalid(errors=list(dict.fromkeys(wrong))[:ERRORS_AT_MOST])
    answered = select(func.count()).where(
        col(ProfileAnswer.profile_id) == profile_id, col(ProfileAnswer.value).is_not(None)
    )
    if (await caller.session.execute(answered)).scalar_one():
        raise HasAnswers()
    values = {"totals": body.totals, "totals_source": body.source}
    await caller.change(profile, values, profile.school_id, resource="profile", pupil_ids=[profile.pupil_id])
    return shown(caller, profile, _item(profile, definition))


def _item(profile: Profile, definition: Definition) -> dict[str, Any]:
    totals = profile.totals or {}
    strands = [key for cluster in definition.strand_places.values() for key, _, _ in cluster]
    return {
        "profile_id": profile.id,
        "version": profile.version,
        "status": profile.status,
        "totals": {key: totals[key] for key in strands if key in totals},
        "source": profile.totals_source,
        "missing": [key for key in strands if key not in totals],
    }
