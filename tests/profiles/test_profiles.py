"""Profiles as records: who sees and begins them, what is noted about a look, and how they are listed."""

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import LedgerEntry
from iap_api.core.tables import new_id
from tests.core.heard import heard
from tests.profiles.small_instrument import FULL, OBSERVED, begun, completed, imported, saved
from tests.world import World


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


def not_for_this_age(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/age-outside-range"), answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/acknowledged"]


async def test_an_instrument_not_made_for_the_age_is_begun_by_whoever_says_that_they_know(world: World) -> None:
    """Amira is nine; the instrument is for infants, and the base lead has her reasons."""
    infants = await imported(world, age_years={"from": 4, "to": 7})
    asked = {"pupil_id": str(world.amira), "instrument_id": infants, "observed_on": "2026-10-01"}
    not_for_this_age(await world.base_lead.post("/v1/profiles", asked))
    assert (await world.base_lead.get(f"/v1/profiles?pupil_id={world.amira}")).json()["items"] == []
    made = await world.base_lead.post("/v1/profiles", {**asked, "acknowledged": ["age_outside_range"]})
    assert (made.status_code, made.json()["warning"]) == (201, "age_outside_range")


async def test_an_instrument_not_made_for_the_age_gives_a_warning_that_follows_the_day(world: World) -> None:
    infants = await imported(world, age_years={"from": 4, "to": 7})
    profile = await begun(world.teaching_assistant, world.amira, infants, observed_on="2025-05-03")
    record = (await world.teaching_assistant.get(profile)).json()
    assert (record["age_years"], record["warning"]) == (7, None)
    birthday = {"observed_on": "2025-05-04", "note": "Birthday"}
    not_for_this_age(await world.teaching_assistant.change(profile, birthday))
    known = {**birthday, "acknowledged": ["age_outside_range"]}
    moved = (await world.teaching_assistant.change(profile, known)).json()
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
