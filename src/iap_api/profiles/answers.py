"""Answers over HTTP: saved item by item by several adults at once, none lost, and read with who gave each."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import Response
from sqlalchemy import Integer, String, Uuid, bindparam, text

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.tables import FormerValue
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.tables import UtcDateTime
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.library import definition_of
from iap_api.profiles.profile_record import Given, ProfileClosed, find, given_answers, shown, still_draft
from iap_api.profiles.profile_shapes import AnswersChange, AnswersRead, AnswersSaved
from iap_api.profiles.scoring import check_answers
from iap_api.profiles.tables import Profile


class HasTotals(Conflict):
    status, kind, title = 409, "has-totals", "The profile holds totals that were added up elsewhere"
    advice = "Answers come into a draft without totals: begin a new one for them."


routes = Routes("/v1/profiles", "profiles")
ERRORS_AT_MOST = 20
_ITEM = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_]{0,39}$")
_SAVE = text(
    "INSERT INTO profile_answers (profile_id, item, school_id, value, answered_by, answered_at)"
    " VALUES (:profile_id, :item, :school_id, :value, :answered_by, :answered_at)"
    " ON CONFLICT (profile_id, item) DO UPDATE"
    " SET value = excluded.value, answered_by = excluded.answered_by, answered_at = excluded.answered_at"
).bindparams(
    bindparam("profile_id", type_=Uuid()),
    bindparam("item", type_=String()),
    bindparam("school_id", type_=Uuid()),
    bindparam("value", type_=Integer()),
    bindparam("answered_by", type_=Uuid()),
    bindparam("answered_at", type_=UtcDateTime()),
)


@routes.get(
    "/{profile_id}/answers",
    response_model=AnswersRead,
    summary="Read the answers of a profile",
)
async def read_answers(caller: Annotated[Caller, may(Permission.profile_read)], profile_id: Id) -> Response:
    """Every item with its answer, null where there is none, and who gave each and when."""
    profile = await find(caller, profile_id)
    definition = await definition_of(caller.session, profile.instrument_id)
    given = await given_answers(caller, profile_id)
    answers = {key: given[key].value if key in given else None for key in definition.items_by_key}
    return shown(
        caller,
        profile,
        {
            "profile_id": profile.id,
            "version": profile.version,
            "status": profile.status,
            "answered": _count(answers),
            "total": len(answers),
            "answers": answers,
            "given": [given[key]._asdict() for key in answers if key in given],
        },
    )


@routes.patch(
    "/{profile_id}/answers",
    response_model=AnswersSaved,
    summary="Save answers",
    openapi_extra={**problems(ProfileClosed, HasTotals), "x-if-match": False},
)
async def save_answers(
    caller: Annotated[Caller, may(Permission.profile_write)], profile_id: Id, body: AnswersChange
) -> Response:
    """Save the answers named; all others stay, whoever gave them, so no If-Match is needed and sending twice is safe.

    The last adult to answer an item counts, and the former answer is kept. One bad answer refuses the whole request
    (422). Once the profile is signed or withdrawn this answers 409 `profile-closed`.
    """
    # the row lock comes first: a signature waits for this answer, or this answer finds the profile signed
    profile = await find(caller, profile_id, lock=True)
    still_draft(profile)
    if profile.totals is not None:
        raise HasTotals()
    definition = await definition_of(caller.session, profile.instrument_id)
    _check(definition, body.answers)
    given = await given_answers(caller, profile_id)
    standing = {item: row.value for item, row in given.items()}
    news = {item: value for item, value in body.answers.items() if standing.get(item) != value}
    if news:
        await _save(caller, profile, given, news)
    return shown(
        caller,
        profile,
        {
            "profile_id": profile.id,
            "version": profile.version,
            "answered": _count({**standing, **news}),
            "total": len(definition.items),
            "answers": body.answers,
        },
    )


def _count(answers: Mapping[str, int | None]) -> int:
    return sum(value is not None for value in answers.values())


def _check(definition: Definition, answers: Mapping[str, Any]) -> None:
    # a key that cannot be an item's is not repeated in the answer: anything may stand in it
    wrong = [("/answers", "names an item the instrument does not have") for key in answers if not _ITEM.match(key)][:1]
    known = {key: value for key, value in answers.items() if _ITEM.match(key)}
    wrong += [("/answers" + fault.pointer, fault.detail) for fault in check_answers(definition, known)]
    if wrong:
        raise Invalid(errors=wrong[:ERRORS_AT_MOST])


async def _save(caller: Caller, profile: Profile, given: Mapping[str, Given], news: Mapping[str, int | None]) -> None:
    now = clock.now()
    named = {
        "profile_id": profile.id,
        "school_id": profile.school_id,
        "answered_by": caller.account_id,
        "answered_at": now,
    }
    await caller.session.execute(
        _SAVE, [{**named, "item": item, "value": value} for item, value in sorted(news.items())]
    )
    former = [given[item]._asdict() for item in sorted(news) if item in given]
    if former:
        caller.session.add(
            FormerValue(
                school_id=profile.school_id,
                resource="profile_answer",
                resource_id=profile.id,
                version=profile.version,
                at=now,
                account_id=caller.account_id,
                values=msgspec.json.encode(former).decode(),
            )
        )
    # the profile shows how many items are answered, and who signs it must have seen the last of them
    profile.version += 1
    profile.updated_at = now
    caller.event(
        "updated", "profile", profile.school_id, resource_id=profile.id, pupil_ids=[profile.pupil_id], fields=news
    )
    await caller.session.flush()
