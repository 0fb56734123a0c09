"""Profiles over HTTP: begun, listed, changed as drafts, signed, corrected and withdrawn."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import insert, literal, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.profiles.library import InstrumentRetired, definition_of, instrument_visible
from iap_api.profiles.profile_reading import profiles
from iap_api.profiles.profile_record import (
    AgeOutsideRange,
    CorrectionBegun,
    ProfileClosed,
    ProfileIncomplete,
    age_on,
    check_age,
    scores_now,
    still_draft,
    visible,
)
from iap_api.profiles.profile_shapes import ProfileChange, ProfileCorrect, ProfileCreate, ProfileFilters, ProfileRead
from iap_api.profiles.tables import Instrument, Profile, ProfileAnswer
from iap_api.pupils.scope import reach_pupil, reach_pupils, school_between

routes = Routes("/v1/profiles", "profiles")


@routes.get("", response_model=Listed[ProfileRead], summary="List profiles")
async def list_profiles(
    caller: Annotated[Caller, may(Permission.profile_read)], filters: Annotated[ProfileFilters, Query()]
) -> Response:
    """The profiles of pupils within reach, in the order they were begun."""
    if filters.pupil_id:
        await reach_pupil(caller, filters.pupil_id)
    return await profiles.page(caller, filters)


@routes.post(
    "",
    response_model=ProfileRead,
    status_code=201,
    summary="Begin a profile",
    openapi_extra=problems(InstrumentRetired, AgeOutsideRange),
)
async def create_profile(caller: Annotated[Caller, may(Permission.profile_write)], body: ProfileCreate) -> Response:
    """Begin a draft, to be answered item by item.

    An instrument that is not made for the pupil's age answers 422 `age-outside-range`, unless that is acknowledged;
    the profile then carries the `warning`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{profile_id}",
    response_model=ProfileRead,
    status_code=201,
    summary="Begin a profile under an id of your own",
    openapi_extra=problems(InstrumentRetired, AgeOutsideRange),
)
async def put_profile(
    caller: Annotated[Caller, may(Permission.profile_write)], profile_id: Id, body: ProfileCreate
) -> Response:
    """As `create_profile`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, profile_id)


async def _create(caller: Caller, body: ProfileCreate, chosen: UUID | None) -> Response:
    profile_id, fresh = await caller.once(body, chosen)
    if fresh:
        file_school = (await reach_pupils(caller, [body.pupil_id], "/pupil_id"))[body.pupil_id]
        norm_version = await _norms(caller, body.instrument_id, body.norm_version)
        age_years = await age_on(caller, body.pupil_id, body.observed_on)
        check_age(await definition_of(caller.session, body.instrument_id), age_years, body.acknowledged)
        profile = Profile(
            id=profile_id,
            school_id=await school_between(caller, body.pupil_id, file_school),
            **body.model_dump(exclude={"norm_version", "acknowledged"}),
            norm_version=norm_version,
            age_years=age_years,
            started_by=caller.account_id,
        )
        await caller.create(profile, profile.school_id, resource="profile", pupil_ids=[body.pupil_id])
    return await profiles.one(caller, profile_id, status=201 if fresh else 200, location=f"/v1/profiles/{profile_id}")


async def _norms(caller: Caller, instrument_id: UUID, wanted: str | None) -> str | None:
    """Return the norms a new profile is scored against; raises `Invalid` and `InstrumentRetired`."""
    scope = caller.may(Permission.instrument_read)
    # shared lock: the instrument is not retired while a profile with it begins
    statement = select(col(Instrument.status)).where(
        col(Instrument.id) == instrument_id, instrument_visible(frozenset())
    )
    status = (
        scope
        and (await caller.session.execute(statement.with_for_update(read=True), scope.binds())).scalar_one_or_none()
    )
    if not status:
        raise Invalid(errors=[("/instrument_id", "is not an instrument within your reach")])
    if status != "in_use":
        raise InstrumentRetired()
    norms = [norm.version for norm in (await definition_of(caller.session, instrument_id)).norms]
    if wanted is not None and wanted not in norms:
        raise Invalid(errors=[("/norm_version", "is not a version of the instrument's norms")])
    return wanted or (norms[-1] if norms else None)


@routes.get("/{profile_id}", response_model=ProfileRead, summary="Read a profile")
async def read_profile(caller: Annotated[Caller, may(Permission.profile_read)], profile_id: Id) -> Response:
    """One profile: whose, how far it has come, who signed it; answers and scores have addresses of their own."""
    return await profiles.one(caller, profile_id)


@routes.patch(
    "/{profile_id}",
    response_model=ProfileRead,
    summary="Change a draft",
    openapi_extra=problems(ProfileClosed, AgeOutsideRange),
)
async def change_profile(
    caller: Annotated[Caller, may(Permission.profile_write)],
    profile_id: Id,
    body: ProfileChange,  # type: ignore[valid-type]
) -> Response:
    """Change the day of observation or the note of a draft (merge patch)."""
    profile: Profile = await for_change(caller, Profile, profile_id, visible)
    still_draft(profile)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    acknowledged = values.pop("acknowledged", [])
    if "observed_on" in values:
        values["age_years"] = await age_on(caller, profile.pupil_id, values["observed_on"])
        if values["age_years"] != profile.age_years:
            definition = await definition_of(caller.session, profile.instrument_id)
            check_age(definition, values["age_years"], acknowledged)
    await _change(caller, profile, values, "updated")
    return await profiles.one(caller, profile_id)


@routes.post(
    "/{profile_id}/complete",
    response_model=ProfileRead,
    summary="Complete a profile",
    openapi_extra=problems(ProfileClosed, ProfileIncomplete),
)
async def complete_profile(caller: Annotated[Caller, may(Permission.profile_complete)], profile_id: Id) -> Response:
    """Sign a profile: its scores are kept and it never changes again; If-Match says which answers are signed.

    Items without an answer answer 409 `profile-incomplete`, naming them in `missing`. Completing a correction marks
    the profile it corrects as superseded.
    """
    profile: Profile = await for_change(caller, Profile, profile_id, visible)
    still_draft(profile)
    age_years = await age_on(caller, profile.pupil_id, profile.observed_on)
    definition = await definition_of(caller.session, profile.instrument_id)
    scores = await scores_now(caller, profile, definition, age_years)
    if not scores.complete:
        raise ProfileIncomplete(
            missing=list(scores.missing), errors=[(f"/answers/{item}", "has no answer yet") for item in scores.missing]
        )
    signed = {
        "status": "completed",
        "completed_at": clock.now(),
        "completed_by": caller.account_id,
        "age_years": age_years,
        "scores": msgspec.json.encode(scores).decode(),
    }
    await _change(caller, profile, signed, "profile.completed")
    if profile.supersedes_id is not None:
        corrected = select(Profile).where(col(Profile.id) == profile.supersedes_id).with_for_update()
        former = (await caller.session.execute(corrected)).scalar_one()
        await _change(caller, former, {"status": "superseded"}, "profile.superseded")
    return await profiles.one(caller, profile_id)


@routes.post(
    "/{profile_id}/correct",
    openapi_extra={**problems(ProfileClosed, CorrectionBegun), "x-if-match": True},
    response_model=ProfileRead,
    status_code=201,
    summary="Correct a completed profile",
)
async def correct_profile(
    caller: Annotated[Caller, may(Permission.profile_correct)], profile_id: Id, body: ProfileCorrect
) -> Response:
    """Begin a correction: a new draft with the same answers, to be changed and completed; this one stays until then.

    A profile has one correction at a time: a second answers 409 `correction-begun` with its `correction_id`.
    """
    correction_id, fresh = await caller.once(body)
    if fresh:
        profile: Profile = await for_change(caller, Profile, profile_id, visible)
        if profile.status != "completed":
            raise Conflict("Only a completed profile is corrected: a draft can be changed, a superseded one has been.")
        # looked up under the row lock: waiting at the unique index instead could lock two callers into each other
        begun = select(col(Profile.id)).where(
            col(Profile.supersedes_id) == profile_id, col(Profile.status) != "withdrawn"
        )
        if found := (await caller.session.execute(begun)).scalar_one_or_none():
            raise CorrectionBegun(correction_id=found)
        kept = profile.model_dump(
            include={
                "school_id",
                "pupil_id",
                "instrument_id",
                "norm_version",
                "observed_on",
                "age_years",
                "note",
                "totals",
                "totals_source",
            }
        )
        draft = Profile(
            id=correction_id,
            **kept,
            started_by=caller.account_id,
            supersedes_id=profile_id,
            correction_reason=body.reason,
        )
        await caller.create(draft, profile.school_id, resource="profile", pupil_ids=[profile.pupil_id])
        await _copy_answers(caller, profile_id, correction_id)
    location = f"/v1/profiles/{correction_id}"
    return await profiles.one(caller, correction_id, status=201 if fresh else 200, location=location)


async def _copy_answers(caller: Caller, from_id: UUID, to_id: UUID) -> None:
    names = ("item", "school_id", "value", "answered_by", "answered_at")
    rows = select(literal(to_id), *(getattr(ProfileAnswer, name) for name in names))
    rows = rows.where(col(ProfileAnswer.profile_id) == from_id)
    await caller.session.execute(insert(ProfileAnswer).from_select(["profile_id", *names], rows))


@routes.post(
    "/{profile_id}/withdraw",
    response_model=ProfileRead,
    summary="Withdraw a draft",
    openapi_extra=problems(ProfileClosed),
)
async def withdraw_profile(caller: Annotated[Caller, may(Permission.profile_write)], profile_id: Id) -> Response:
    """Give up a draft begun by mistake: it stays readable and takes no more answers."""
    profile: Profile = await for_change(caller, Profile, profile_id, visible)
    still_draft(profile)
    values = {"status": "withdrawn", "withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await _change(caller, profile, values, "ended")
    return await profiles.one(caller, profile_id)


async def _change(caller: Caller, profile: Profile, values: dict[str, Any], kind: str) -> None:
    await caller.change(profile, values, profile.school_id, resource="profile", pupil_ids=[profile.pupil_id], kind=kind)
