"""One profile as its routes find it, its answers, the pupil's age on a day, and the answer that shows a part of it."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from fastapi import Response
from sqlalchemy import ColumnElement, ScalarSelect, String, Uuid, bindparam, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound
from iap_api.core.preconditions import etag, matches
from iap_api.core.refusals import refuse
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.scoring import Scores, score, score_totals
from iap_api.profiles.tables import Instrument, Profile, ProfileAnswer
from iap_api.pupils.scope import about
from iap_api.pupils.tables import Pupil


class ProfileClosed(Conflict):
    status, kind, title = 409, "profile-closed", "The profile is no draft"
    advice = "A signed or withdrawn profile never changes: correct a completed one, or begin a new one."


class ProfileIncomplete(Conflict):
    status, kind, title = 409, "profile-incomplete", "Not every item is answered"
    advice = "Answer the items named in missing, then complete the profile."


class CorrectionBegun(Conflict):
    status, kind, title = 409, "correction-begun", "A correction of this profile was begun already"
    advice = "Go on with that correction, or withdraw it first."


class AgeOutsideRange(Invalid):
    status, kind, title = 422, "age-outside-range", "The instrument is not made for that age"
    advice = "Choose one that is; or, if it must be this one, send age_outside_range in acknowledged."


refuse("profile-closed", ProfileClosed)
refuse("profile-never-changes", ProfileClosed)
refuse("profile-incomplete", ProfileIncomplete)
refuse("profile-starts-as-draft", ProfileIncomplete)
refuse("uq_profiles_superseded_once", CorrectionBegun)
refuse("uq_profiles_supersedes_id", CorrectionBegun)

visible = about(col(Profile.pupil_id))


async def find(caller: Caller, profile_id: UUID, *, lock: bool = False) -> Profile:
    """Return a profile within reach, locked for this transaction if asked; raises `NotFound`."""
    statement = select(Profile).where(col(Profile.id) == bindparam("wanted", type_=Uuid()), visible(caller.scope.kinds))
    if lock:
        statement = statement.with_for_update(of=Profile)
    found = (
        await caller.session.execute(statement, {**caller.scope.binds(), "wanted": profile_id})
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def of_instrument(profile: Any) -> ColumnElement[bool]:
    """Return the filter for profiles with any version of one instrument: `instrument_key` of `instrument_trust`."""
    trust = bindparam("instrument_trust", type_=Uuid())
    versions = select(col(Instrument.id)).where(
        col(Instrument.key) == bindparam("instrument_key", type_=String()),
        col(Instrument.trust_id).is_not_distinct_from(trust),
    )
    return cast(ColumnElement[bool], profile.instrument_id.in_(versions))


def latest_profile(pupil_id: Any, chosen: Callable[[Any], ColumnElement[bool]] = of_instrument) -> ScalarSelect[Any]:
    """Return the id of the latest completed profile of the pupil in column `pupil_id`, among those `chosen`."""
    latest = aliased(Profile)
    return (
        select(col(latest.id))
        .where(col(latest.pupil_id) == pupil_id, col(latest.status) == literal_column("'completed'"), chosen(latest))
        .order_by(col(latest.observed_on).desc(), col(latest.id).desc())
        .limit(1)
        .scalar_subquery()
    )


def still_draft(profile: Profile) -> None:
    """Raise `ProfileClosed` unless the profile is a draft."""
    if profile.status != "draft":
        raise ProfileClosed()


class Given(NamedTuple):
    """One item's answer, and who gave it last; None is an answer taken back."""

    item: str
    value: int | None
    answered_by: UUID
    answered_at: datetime


_GIVEN = select(
    col(ProfileAnswer.item),
    col(ProfileAnswer.value),
    col(ProfileAnswer.answered_by),
    col(ProfileAnswer.answered_at),
).where(col(ProfileAnswer.profile_id) == bindparam("of_profile", type_=Uuid()))


async def given_answers(caller: Caller, profile_id: UUID) -> dict[str, Given]:
    """Return the answers given so far by item, those taken back with a null value."""
    connection = await caller.session.connection()
    rows = (await connection.execute(_GIVEN, {"of_profile": profile_id})).all()
    return {row[0]: Given(*row) for row in rows}


async def age_on(caller: Caller, pupil_id: UUID, day: date) -> int:
    """Return the pupil's age in completed years on a day of observation.

    Raises `Invalid` for a day in the future or before the pupil was born.
    """
    if day > clock.today():
        raise Invalid(errors=[("/observed_on", "lies in the future")])
    born = (await caller.session.execute(select(col(Pupil.born_on)).where(col(Pupil.id) == pupil_id))).scalar_one()
    if day < born:
        raise Invalid(errors=[("/observed_on", "lies before the pupil was born")])
    return completed_years(born, day)


def check_age(definition: Definition, age_years: int, acknowledged: Collection[str]) -> None:
    """Raise `AgeOutsideRange` for an age that the instrument is not made for, unless that is acknowledged."""
    made_for = definition.age_years
    if age_years not in made_for and "age_outside_range" not in acknowledged:
        named = f"must hold age_outside_range: the instrument is for {made_for.youngest} to {made_for.oldest}"
        raise AgeOutsideRange(errors=[("/acknowledged", named)])


def completed_years(born: date, day: date) -> int:
    """Return the age in completed years; a child born on 29 February is a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


async def scores_now(caller: Caller, profile: Profile, definition: Definition, age_years: int) -> Scores:
    """Return the scores of a draft as it stands: of its answers, or of the totals that were added up elsewhere."""
    if profile.totals is not None:
        return score_totals(definition, profile.totals, profile.norm_version, age_years)
    answers = {item: row.value for item, row in (await given_answers(caller, profile.id)).items()}
    return score(definition, answers, profile.norm_version, age_years)


def shown(caller: Caller, profile: Profile, item: Mapping[str, Any]) -> Response:
    """Answer a part of a profile under the profile's own version; a read is noted as one about the pupil."""
    if caller.request.method == "GET":
        caller.saw("profile", profile.school_id, [profile.pupil_id], profile.id)
    written = msgspec.json.encode(item)
    headers = {**PRIVATE, "ETag": etag(profile.version, written)}
    if caller.request.method == "GET" and matches(caller.request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, 304, headers)
    return Response(written, 200, headers, "application/json")
