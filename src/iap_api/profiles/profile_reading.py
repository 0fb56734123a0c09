"""How profiles are read: each with its instrument, how far it has come, its warning and its correction."""

from typing import Any

from sqlalchemy import Select, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.reading import Reading
from iap_api.profiles.profile_record import visible
from iap_api.profiles.profile_shapes import ProfileRead
from iap_api.profiles.tables import Instrument, Profile, ProfileAnswer

_Correction = aliased(Profile)


def _answered() -> Any:
    counted = (
        select(func.count())
        .where(col(ProfileAnswer.profile_id) == Profile.id, col(ProfileAnswer.value).is_not(None))
        .scalar_subquery()
    )
    # what is signed has every answer, so only drafts are counted; what was added up elsewhere has none
    return case(
        (col(Profile.totals_source).is_not(None), 0),
        (col(Profile.scores).is_not(None), col(Instrument.item_count)),
        else_=counted,
    )


def _correction() -> Any:
    # written out, so that the database sees that its partial index serves
    stands = col(_Correction.status) != literal_column("'withdrawn'")
    return select(col(_Correction.id)).where(col(_Correction.supersedes_id) == Profile.id, stands).scalar_subquery()


def _warning() -> Any:
    age = col(Profile.age_years)
    return case((or_(age < Instrument.youngest, age > Instrument.oldest), literal("age_outside_range")))


def _with_instrument(statement: Select[Any]) -> Select[Any]:
    return statement.select_from(Profile).join(Instrument, col(Instrument.id) == Profile.instrument_id)


profiles = Reading(
    ProfileRead,
    Profile,
    visible=visible,
    resource="profile",
    school=col(Profile.school_id),
    pupil=col(Profile.pupil_id),
    joined=_with_instrument,
    also={
        "instrument_key": col(Instrument.key),
        "instrument_version": col(Instrument.instrument_version),
        "answered": _answered(),
        "total": col(Instrument.item_count),
        "warning": _warning(),
        "correction_id": _correction(),
    },
    filters={
        "pupil_id": lambda value: col(Profile.pupil_id) == value,
        "instrument_id": lambda value: col(Profile.instrument_id) == value,
        "status": lambda value: col(Profile.status) == value,
        "observed_from": lambda value: col(Profile.observed_on) >= value,
        "completed_after": lambda value: col(Profile.completed_at) > value,
        "completed_before": lambda value: col(Profile.completed_at) < value,
    },
)
