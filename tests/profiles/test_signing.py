"""A profile that was signed: what it takes, that it never changes, and how a slip is corrected."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from iap_api.profiles.profile_record import ProfileClosed, ProfileIncomplete
from iap_api.profiles.profile_shapes import AnswersRead, ProfileRead
from iap_api.profiles.tables import ProfileAnswer
from tests.profiles.small_instrument import FULL, begun, completed, imported, saved
from tests.world import World


def as_kept(app: FastAPI, profile: str) -> dict[str, str]:
    """The id in a path as each database writes it out: SQLite keeps 32 hex digits."""
    ident = profile.rsplit("/", 1)[1]
    return {"id": ident.replace("-", "") if app.state.database.dialect == "sqlite" else ident}


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
