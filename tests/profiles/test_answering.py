"""Answering a profile: by several adults, on phones, between lessons."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import FormerValue
from iap_api.profiles.profile_shapes import AnswersRead, AnswersSaved, ProfileRead, ScoresRead
from tests.profiles.small_instrument import begun, imported, saved, shipped
from tests.world import World

DEVELOPMENTAL = [f"d{number:02}" for number in range(1, 35)]
DIAGNOSTIC = [f"s{number:02}" for number in range(1, 35)]


async def test_two_adults_fill_in_a_profile_between_lessons_and_the_lead_signs_it(app: FastAPI, world: World) -> None:
    ta, colleague, lead = world.teaching_assistant, world.second_assistant, world.base_lead
    profile = await begun(ta, world.amira, await shipped(app, ta))
    for item in DEVELOPMENTAL:
        assert (await saved(ta, profile, **{item: 3})).status_code == 200
    # the answer to the last tap was lost on the way, so the phone sends it again: nothing happens twice
    before = (await saved(ta, profile, d34=3)).json()
    assert (await saved(ta, profile, d34=3)).json() == before
    assert (before["answered"], before["total"]) == (34, 68)

    refused = await lead.verb(profile, "complete")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/profile-incomplete")
    assert refused.json()["missing"] == DIAGNOSTIC

    rest = dict.fromkeys(DIAGNOSTIC, 1)
    assert (await saved(colleague, profile, **rest)).json()["answered"] == 68
    await saved(colleague, profile, d01=4, d02=1, s01=0)
    sheet = AnswersRead.model_validate((await ta.get(f"{profile}/answers")).json())
    assert sheet.answers == {**dict.fromkeys(DEVELOPMENTAL, 3), **rest, "d01": 4, "d02": 1, "s01": 0}
    who = {one.item: one.answered_by for one in sheet.given}
    assert (who["d03"], who["d01"], who["s34"]) == (ta.account.id, colleague.account.id, colleague.account.id)

    assert (await world.class_teacher.verb(profile, "complete")).status_code == 403
    signed = await lead.verb(profile, "complete")
    assert signed.status_code == 200, signed.text
    record = ProfileRead.model_validate(signed.json())
    assert (record.status, record.answered, record.total, record.warning) == ("completed", 68, 68, None)
    assert (record.completed_by, record.age_years) == (lead.account.id, 7)

    scores = ScoresRead.model_validate((await ta.get(f"{profile}/scores")).json())
    strands = {one.key: (one.total, one.maximum, one.status) for one in scores.strands}
    # A: 4+3+3+3; B: 1+3+3; F: 4 items of 3; Q: 0+1+1; R: 3 items of 1; T: 4 items of 1
    assert strands["A"] == (13, 16, "within")
    assert strands["B"] == (7, 12, "below")
    assert strands["F"] == (12, 16, "within")
    assert strands["Q"] == (2, 12, "within")
    assert strands["R"] == (3, 12, "above")
    assert strands["T"] == (4, 16, "above")
    clusters = {one.key: (one.total, one.maximum) for one in scores.clusters}
    assert clusters == {
        "making_sense": (47, 64),
        "steering_self": (54, 72),
        "holding_back": (5, 24),
        "early_needs": (10, 40),
        "guarding": (18, 72),
    }
    sections = {one.key: (one.total, one.maximum) for one in scores.sections}
    assert sections == {"developmental": (101, 136), "diagnostic": (33, 136)}
    assert (scores.norm_version, scores.norm_provisional, scores.complete) == ("provisional-1", True, True)


async def test_many_phones_save_different_items_at_the_same_time_and_none_is_lost(app: FastAPI, world: World) -> None:
    adults = (world.teaching_assistant, world.second_assistant, world.class_teacher, world.therapist)
    profile = await begun(adults[0], world.amira, await shipped(app, adults[0]))
    items = DEVELOPMENTAL[:24]
    taps = [saved(adults[at % 4], profile, **{item: at % 5}) for at, item in enumerate(items)]
    assert {answer.status_code for answer in await asyncio.gather(*taps)} == {200}
    sheet = AnswersRead.model_validate((await adults[0].get(f"{profile}/answers")).json())
    assert {item: sheet.answers[item] for item in items} == {item: at % 5 for at, item in enumerate(items)}
    who = {one.item: one.answered_by for one in sheet.given}
    assert who == {item: adults[at % 4].account.id for at, item in enumerate(items)}
    assert (sheet.answered, sheet.version) == (24, 25)


async def test_zero_is_an_answer_and_an_answer_taken_back_is_none(app: FastAPI, world: World) -> None:
    ta = world.teaching_assistant
    profile = await begun(ta, world.amira, await imported(world))
    answer = await saved(ta, profile, d01=2, d02=0, d03=1)
    assert AnswersSaved.model_validate(answer.json()).answered == 3
    draft = ScoresRead.model_validate((await ta.get(f"{profile}/scores")).json())
    assert {one.key: one.total for one in draft.strands} == {"A": 3, "B": 0, "Q": None}
    assert {one.key: one.status for one in draft.strands} == {"A": "within", "B": None, "Q": None}
    assert {one.key: one.total for one in draft.sections} == {"strengths": 3, "needs": None}
    assert (draft.complete, draft.missing, draft.status) == (False, ["s01"], "draft")

    back = (await saved(world.second_assistant, profile, d02=None)).json()
    assert (back["answered"], back["answers"]) == (2, {"d02": None})
    draft = ScoresRead.model_validate((await ta.get(f"{profile}/scores")).json())
    assert {one.key: (one.total, one.answered) for one in draft.strands} == {
        "A": (3, 2),
        "B": (None, 0),
        "Q": (None, 0),
    }
    # who had answered before is kept, so that two adults can talk about it
    async with app.state.database.transaction(read_only=True) as session:
        kept = select(col(FormerValue.values)).where(col(FormerValue.resource) == "profile_answer")
        found = (await session.execute(kept.order_by(col(FormerValue.id).desc()))).scalars().first()
    assert str(ta.account.id) in found
    assert '"value":0' in found


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ({"d01": 3}, "/answers/d01"),
        ({"d01": -1}, "/answers/d01"),
        ({"d01": True}, "/answers/d01"),
        ({"d01": "2"}, "/answers/d01"),
        ({"d01": 1.0}, "/answers/d01"),
        ({"d01": [1]}, "/answers/d01"),
        ({"d01": {"value": 1}}, "/answers/d01"),
        ({"d01": 10**17}, "/answers/d01"),
        ({"d99": 1}, "/answers/d99"),
        ({"<script>": 1}, "/answers"),
        ({"x" * 5000: 1}, "/answers"),
        ({}, "/answers"),
    ],
)
async def test_one_answer_that_is_none_saves_nothing(world: World, answers: dict[str, Any], pointer: str) -> None:
    profile = await begun(world.teaching_assistant, world.amira, await imported(world))
    together = {"d02": 1, **answers} if answers else {}
    refused = await world.teaching_assistant.patch(f"{profile}/answers", {"answers": together})
    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert "script" not in refused.text
    assert "xxxx" not in refused.text
    assert (await world.teaching_assistant.get(profile)).json()["answered"] == 0
