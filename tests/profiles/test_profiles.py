"""Profiles as the adults of a base meet them: answered on phones between lessons, signed once, never altered."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import FormerValue, LedgerEntry
from iap_api.core.tables import new_id
from iap_api.profiles.profile_record import ProfileClosed, ProfileIncomplete
from iap_api.profiles.profile_shapes import AnswersRead, AnswersSaved, ProfileRead, ScoresRead
from iap_api.profiles.tables import ProfileAnswer
from tests.core.heard import heard
from tests.profiles.small_instrument import OBSERVED, begun, completed, imported, saved, shipped
from tests.world import World

DEVELOPMENTAL = [f"d{number:02}" for number in range(1, 35)]
DIAGNOSTIC = [f"s{number:02}" for number in range(1, 35)]
FULL = {"d01": 2, "d02": 0, "d03": 1, "s01": 2}


def as_kept(app: FastAPI, profile: str) -> dict[str, str]:
    """The id in a path as each database writes it out: SQLite keeps 32 hex digits."""
    ident = profile.rsplit("/", 1)[1]
    return {"id": ident.replace("-", "") if app.state.database.dialect == "sqlite" else ident}


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


async def test_a_signature_and_a_late_answer_never_both_succeed(world: World) -> None:
    instrument = await imported(world)
    outcomes = set()
    for _ in range(8):
        profile = await begun(world.teaching_assistant, world.amira, instrument)
        await saved(world.teaching_assistant, profile, **FULL)
        tag = (await world.base_lead.get(profile)).headers["ETag"]
        late, signed = await asyncio.gather(
            saved(world.second_assistant, profile, d01=0), world.base_lead.post(f"{profile}/complete", If_Match=tag)
        )
        outcome = (late.status_code, signed.status_code)
        assert outcome in {(200, 412), (409, 200)}, (late.text, signed.text)
        outcomes.add(outcome)
        total = {one["key"]: one["total"] for one in (await world.base_lead.get(f"{profile}/scores")).json()["strands"]}
        assert total["A"] == (1 if outcome == (200, 412) else 3)
    assert outcomes


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


async def test_what_was_signed_never_changes(app: FastAPI, world: World) -> None:
    profile = await completed(world, world.amira, await imported(world), FULL)
    late = await saved(world.teaching_assistant, profile, d01=1)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/profile-closed")
    for refused in (
        await world.base_lead.change(profile, {"note": "Afterthought"}),
        await world.base_lead.verb(profile, "complete"),
        await world.base_lead.verb(profile, "withdraw"),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/profile-closed")

    ident = as_kept(app, profile)
    where = "CAST(id AS text) = :id"
    for statement in (
        f"UPDATE profiles SET note = 'Afterthought' WHERE {where}",
        f"UPDATE profiles SET status = 'draft', completed_at = NULL, completed_by = NULL, scores = NULL WHERE {where}",
        f"UPDATE profiles SET status = 'superseded', scores = '[]' WHERE {where}",
        f"UPDATE profile_answers SET value = 0 WHERE {where.replace('id', 'profile_id', 1)}",
        f"DELETE FROM profile_answers WHERE {where.replace('id', 'profile_id', 1)}",
        "INSERT INTO profile_answers (profile_id, item, school_id, value, answered_by, answered_at)"
        f" SELECT id, 'd09', school_id, 1, started_by, created_at FROM profiles WHERE {where}",
    ):
        with pytest.raises(ProfileClosed):
            async with app.state.database.transaction() as session:
                await session.execute(text(statement), ident)
    scores = (await world.base_lead.get(f"{profile}/scores")).json()
    assert {one["key"]: one["total"] for one in scores["strands"]} == {"A": 3, "B": 0, "Q": 2}

    # erasing a child's record is something else: the whole profile goes, and its answers with it
    async with app.state.database.transaction() as session:
        await session.execute(text(f"DELETE FROM profiles WHERE {where}"), ident)
        left = select(ProfileAnswer).where(text("CAST(profile_id AS text) = :id"))
        assert (await session.execute(left, ident)).first() is None
    assert (await world.base_lead.get(profile)).status_code == 404


async def test_the_database_itself_completes_no_profile_that_lacks_an_answer(app: FastAPI, world: World) -> None:
    profile = await begun(world.teaching_assistant, world.amira, await imported(world))
    await saved(world.teaching_assistant, profile, d01=1, d02=1, d03=1, s01=None)
    sign = "SET status = 'completed', completed_at = created_at, completed_by = started_by, scores = '{}'"
    kept = "school_id, pupil_id, instrument_id, observed_on, age_years, started_by, version, created_at, updated_at"
    for statement in (
        f"UPDATE profiles {sign} WHERE CAST(id AS text) = :id",
        f"INSERT INTO profiles (id, status, completed_at, completed_by, scores, {kept})"
        f" SELECT pupil_id, 'completed', created_at, started_by, '{{}}', {kept} FROM profiles"
        " WHERE CAST(id AS text) = :id",
    ):
        with pytest.raises(ProfileIncomplete):
            async with app.state.database.transaction() as session:
                await session.execute(text(statement), as_kept(app, profile))


async def test_a_slip_is_put_right_by_a_correction_that_supersedes(world: World) -> None:
    lead = world.base_lead
    instrument = await imported(world)
    wrong = await completed(world, world.amira, instrument, FULL)
    begun_twice = await asyncio.gather(*(lead.verb(wrong, "correct", {"reason": "d02 was meant"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in begun_twice) == [201, 409, 409, 409]
    made = next(answer for answer in begun_twice if answer.status_code == 201)
    for other in begun_twice:
        if other is not made:
            assert other.json()["type"] == "/problems/correction-begun"
            assert other.json()["correction_id"] == made.json()["id"]
    draft = made.headers["Location"]
    record = ProfileRead.model_validate(made.json())
    assert (record.status, record.answered, record.supersedes_id) == ("draft", 4, record.supersedes_id)
    assert str(record.supersedes_id) == wrong.rsplit("/", 1)[1]
    assert record.correction_reason == "d02 was meant"
    given = AnswersRead.model_validate((await lead.get(f"{draft}/answers")).json()).given
    assert {one.answered_by for one in given} == {world.teaching_assistant.account.id}

    before = (await lead.get(wrong)).json()
    assert (before["status"], before["correction_id"]) == ("completed", made.json()["id"])
    await saved(lead, draft, d02=2)
    assert (await lead.verb(draft, "complete")).status_code == 200
    after = (await lead.get(wrong)).json()
    assert (after["status"], after["completed_at"]) == ("superseded", before["completed_at"])
    old, new = [(await lead.get(f"{path}/scores")).json()["strands"][1]["total"] for path in (wrong, draft)]
    assert (old, new) == (0, 2)
    assert (await lead.verb(wrong, "correct", {"reason": "Again"})).status_code == 409
    listed = await lead.get(f"/v1/profiles?pupil_id={world.amira}&instrument_id={instrument}&status=completed")
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]


async def test_a_correction_given_up_leaves_the_profile_standing_and_free_to_be_corrected(world: World) -> None:
    profile = await completed(world, world.amira, await imported(world), FULL)
    first = await world.senco.verb(profile, "correct", {"reason": "Looked wrong"})
    withdrawn = await world.senco.verb(first.headers["Location"], "withdraw")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    stands = (await world.senco.get(profile)).json()
    assert (stands["status"], stands["correction_id"]) == ("completed", None)
    assert (await world.senco.verb(profile, "correct", {"reason": "It was"})).status_code == 201


async def test_who_may_not_see_profiles_at_all_and_whose_are_out_of_reach(world: World) -> None:
    instrument = await imported(world)
    body = {"pupil_id": str(world.southerner), "instrument_id": instrument, "observed_on": OBSERVED}
    theirs = (await world.south_senco.post("/v1/profiles", body)).headers["Location"]
    ours = await begun(world.teaching_assistant, world.amira, instrument)
    for path in (ours, f"{ours}/answers", f"{ours}/scores", f"{ours}/comparison?with={theirs[-36:]}", "/v1/profiles"):
        for name in ("governor", "office", "referrer", "administrator", "trust_analyst", "mis"):
            assert (await world.people[name].get(path)).status_code == 403, (name, path)
    for path in (theirs, f"{theirs}/answers", f"{theirs}/scores", f"{ours}/comparison?with={theirs[-36:]}"):
        assert (await world.teaching_assistant.get(path)).status_code == 404, path
    assert (await saved(world.teaching_assistant, theirs, d01=1)).status_code == 404
    tag = (await world.south_senco.get(theirs)).headers["ETag"]
    for verb in ("complete", "withdraw"):
        assert (await world.base_lead.post(f"{theirs}/{verb}", If_Match=tag)).status_code == 404
    assert (await world.teaching_assistant.get(f"/v1/profiles?pupil_id={world.southerner}")).status_code == 404
    for name in ("headteacher", "referrer", "trust_inclusion_lead"):
        assert (await saved(world.people[name], ours, d01=1)).status_code == 403
    assert (await world.therapist.get(ours)).status_code == 200
    assert (await world.trust_inclusion_lead.get(theirs)).status_code == 200
    seen = (await world.teaching_assistant.get("/v1/profiles")).json()["items"]
    assert [one["id"] for one in seen] == [ours[-36:]]


async def test_a_profile_is_begun_only_for_whom_and_with_what_is_within_reach(world: World) -> None:
    instrument = await imported(world)
    good = {"pupil_id": str(world.amira), "instrument_id": instrument, "observed_on": OBSERVED}
    for change, pointer in (
        ({"pupil_id": str(world.southerner)}, "/pupil_id"),
        ({"pupil_id": str(new_id())}, "/pupil_id"),
        ({"instrument_id": str(new_id())}, "/instrument_id"),
        ({"observed_on": "2199-01-01"}, "/observed_on"),
        ({"observed_on": "2017-05-03"}, "/observed_on"),
        ({"norm_version": "1999"}, "/norm_version"),
    ):
        refused = await world.teaching_assistant.post("/v1/profiles", {**good, **change})
        assert refused.status_code == 422, change
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    path = f"/v1/profiles/{new_id()}"
    assert (await world.teaching_assistant.put(path, good)).status_code == 201
    assert (await world.teaching_assistant.put(path, good)).status_code == 200


async def test_an_instrument_not_made_for_the_age_gives_a_warning_that_follows_the_day(world: World) -> None:
    infants = await imported(world, age_years={"from": 4, "to": 7})
    profile = await begun(world.teaching_assistant, world.amira, infants, observed_on="2025-05-03")
    record = (await world.teaching_assistant.get(profile)).json()
    assert (record["age_years"], record["warning"]) == (7, None)
    moved = (await world.teaching_assistant.change(profile, {"observed_on": "2025-05-04", "note": "Birthday"})).json()
    assert (moved["age_years"], moved["warning"], moved["note"]) == (8, "age_outside_range", "Birthday")


async def test_reading_a_profile_or_a_part_of_it_is_recorded_as_a_read_about_the_pupil(
    app: FastAPI, world: World
) -> None:
    profile = await completed(world, world.amira, await imported(world), FULL)
    for path in (profile, f"{profile}/answers", f"{profile}/scores"):
        assert (await world.headteacher.get(path)).status_code == 200
    async with app.state.database.transaction(read_only=True) as session:
        mine = select(LedgerEntry).where(col(LedgerEntry.account_id) == world.headteacher.account.id)
        found = (await session.execute(mine)).scalars().all()
    assert [(one.kind, one.resource, str(one.resource_id)) for one in found] == [("read", "profile", profile[-36:])] * 3
    assert {tuple(pupils_of(one.pupil_ids)) for one in found} == {(world.amira,)}
    async with app.state.database.transaction(read_only=True) as session:
        all_kinds = select(col(LedgerEntry.kind), col(LedgerEntry.fields)).where(
            col(LedgerEntry.account_id) == world.teaching_assistant.account.id,
            col(LedgerEntry.resource) == "profile",
            col(LedgerEntry.kind) != "read",
        )
        written = (await session.execute(all_kinds.order_by(col(LedgerEntry.id)))).all()
    assert [tuple(one) for one in written] == [("created", ""), ("updated", "d01,d02,d03,s01")]


async def test_a_phone_that_holds_the_answers_already_is_told_so(world: World) -> None:
    profile = await begun(world.teaching_assistant, world.amira, await imported(world))
    tag = (await world.teaching_assistant.get(f"{profile}/answers")).headers["ETag"]
    assert (await world.teaching_assistant.get(f"{profile}/answers", If_None_Match=tag)).status_code == 304
    await saved(world.second_assistant, profile, d01=1)
    assert (await world.teaching_assistant.get(f"{profile}/answers", If_None_Match=tag)).status_code == 200
    assert (await world.base_lead.post(f"{profile}/complete", If_Match=tag)).status_code == 412
    assert (await world.base_lead.post(f"{profile}/complete")).status_code == 428


async def test_a_list_of_profiles_takes_as_many_statements_for_eight_as_for_one(world: World) -> None:
    instrument = await imported(world)
    asked: list[str] = []

    def note(statement: str) -> None:
        if "profiles" in statement or "instruments" in statement:
            asked.append(statement)

    counts = []
    for rounds in (1, 7):
        for _ in range(rounds):
            await begun(world.teaching_assistant, world.amira, instrument)
        with heard(note):
            listed = (await world.teaching_assistant.get("/v1/profiles?limit=50")).json()["items"]
        counts.append((len(listed), len(asked)))
        asked.clear()
    assert counts == [(1, 1), (8, 1)]
