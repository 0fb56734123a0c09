"""Instruments as a SENCO meets them: what comes along, what she may bring in, and what never changes."""

from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from sqlalchemy import text

from iap_api.core.tables import new_id
from iap_api.profiles.library import InstrumentFixed, load_shipped
from tests.profiles.small_instrument import begun, completed, imported, saved, shipped, small
from tests.world import World


async def test_a_new_school_finds_the_shipped_instrument_and_loading_it_again_adds_none(
    app: FastAPI, world: World
) -> None:
    first = await shipped(app, world.senco)
    async with app.state.database.transaction() as session:
        assert await load_shipped(session) >= 1
    assert await shipped(app, world.referrer) == first
    whole = (await world.teaching_assistant.get(f"/v1/instruments/{first}")).json()
    assert (whole["school_id"], whole["item_count"], whole["youngest"], whole["oldest"]) == (None, 68, 4, 11)
    assert len(whole["definition"]["items"]) == 68
    schema = (await world.teaching_assistant.get("/v1/instrument-schema")).json()
    assert list(Draft202012Validator(schema).iter_errors(whole["definition"])) == []


async def test_a_new_school_finds_the_readiness_scale_and_scores_it_without_norms(app: FastAPI, world: World) -> None:
    await shipped(app, world.senco)
    (scale,) = (await world.teaching_assistant.get("/v1/instruments?key=bubble-readiness")).json()["items"]
    assert (scale["item_count"], scale["re_assessment_interval_weeks"], scale["norm_version"]) == (20, 6, None)
    answers = {f"r{number:02d}": number % 5 for number in range(1, 21)}
    profile = await completed(world, world.amira, scale["id"], answers)
    scores = (await world.base_lead.get(f"{profile}/scores")).json()
    # items take turns between five strands, so each strand has one answer four times
    totals = {strand["key"]: (strand["total"], strand["maximum"], strand["status"]) for strand in scores["strands"]}
    assert totals == {
        "joining": (4, 16, None), "routines": (8, 16, None), "coping": (12, 16, None),
        "relationships": (16, 16, None), "learning": (0, 16, None),
    }  # fmt: skip
    assert (scores["norm_version"], scores["norm_provisional"]) == (None, None)


async def test_a_school_brings_in_its_own_instrument_and_reads_back_what_it_sent(world: World) -> None:
    instrument = await imported(world)
    read = (await world.class_teacher.get(f"/v1/instruments/{instrument}")).json()
    assert {name: read["definition"][name] for name in ("key", "scale", "sections", "items")} == {
        name: small()[name] for name in ("key", "scale", "sections", "items")
    }
    assert (read["item_count"], read["norm_version"], read["status"]) == (4, "2024", "in_use")
    listed = (await world.administrator.get("/v1/instruments?key=quay-check")).json()["items"]
    assert [(one["id"], one["school_id"]) for one in listed] == [(instrument, str(world.north))]
    assert "definition" not in listed[0]


async def test_the_same_version_twice_is_refused_and_a_new_version_is_a_new_row(world: World) -> None:
    await imported(world)
    body = {"school_id": str(world.south), "definition": small(title="Another wording")}
    again = await world.south_senco.post("/v1/instruments", body)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/instrument-taken")
    body["definition"] = small(version="2")
    assert (await world.south_senco.post("/v1/instruments", body)).status_code == 201
    listed = (await world.south_senco.get("/v1/instruments?key=quay-check")).json()["items"]
    assert [one["instrument_version"] for one in listed] == ["1", "2"]


async def test_the_key_of_a_shipped_instrument_cannot_be_taken(app: FastAPI, world: World) -> None:
    await shipped(app, world.senco)
    body = {"school_id": str(world.north), "definition": small(key="bubble-semh", version="9")}
    refused = await world.senco.post("/v1/instruments", body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/instrument-taken")


async def test_an_import_repeated_after_a_lost_answer_is_made_once(world: World) -> None:
    path = f"/v1/instruments/{new_id()}"
    body = {"school_id": str(world.north), "definition": small()}
    assert (await world.administrator.put(path, body)).status_code == 201
    assert (await world.administrator.put(path, body)).status_code == 200
    other = await world.administrator.put(path, {**body, "definition": small(title="Another")})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")


@pytest.mark.parametrize(
    ("spoilt", "pointers"),
    [
        ({"items": small()["items"][:3], "norms": []}, ["/definition/sections/1/clusters/0/strands/0"]),
        ({"scale": [], "title": 7}, ["/definition/scale", "/definition/title"]),
        (
            {"norms": [{**small()["norms"][0], "bands": {"A": {"from": 1, "to": 5}}}]},
            ["/definition/norms/0/bands/A/to"],
        ),
    ],
)
async def test_a_definition_that_does_not_add_up_is_refused_with_a_pointer(
    world: World, spoilt: dict[str, Any], pointers: list[str]
) -> None:
    refused = await world.senco.post("/v1/instruments", {"school_id": str(world.north), "definition": small(**spoilt)})
    assert refused.status_code == 422, refused.text
    assert sorted(error["pointer"] for error in refused.json()["errors"]) == pointers
    assert (await world.senco.get("/v1/instruments?key=quay-check")).json()["items"] == []


async def test_nobody_imports_for_a_school_that_is_not_theirs(world: World) -> None:
    for school in (world.south, world.partner, new_id()):
        refused = await world.senco.post("/v1/instruments", {"school_id": str(school), "definition": small()})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/school_id"


async def test_a_retired_instrument_begins_no_profile_but_a_draft_under_way_goes_on(world: World) -> None:
    instrument = await imported(world)
    draft = await begun(world.teaching_assistant, world.amira, instrument)
    retired = await world.senco.verb(f"/v1/instruments/{instrument}", "retire")
    assert (retired.status_code, retired.json()["status"]) == (200, "retired")
    body = {"pupil_id": str(world.ben), "instrument_id": instrument, "observed_on": "2025-03-03"}
    refused = await world.teaching_assistant.post("/v1/profiles", body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/instrument-retired")
    assert (await saved(world.teaching_assistant, draft, d01=1, d02=1, d03=1, s01=0)).status_code == 200
    assert (await world.base_lead.verb(draft, "complete")).status_code == 200
    assert (await world.senco.verb(f"/v1/instruments/{instrument}", "retire")).status_code == 409
    in_use = (await world.senco.get("/v1/instruments?status=in_use&key=quay-check")).json()["items"]
    assert in_use == []


async def test_the_shipped_instrument_and_another_schools_cannot_be_retired(app: FastAPI, world: World) -> None:
    ours = await shipped(app, world.senco)
    refused = await world.senco.verb(f"/v1/instruments/{ours}", "retire")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/instrument-fixed")
    theirs = await imported(world)
    assert (await world.south_senco.verb(f"/v1/instruments/{theirs}", "retire")).status_code == 404


async def test_who_may_read_and_who_may_bring_in(world: World) -> None:
    instrument = await imported(world)
    for name in ("office", "governor", "trust_analyst", "mis"):
        status = {"governor": 403, "office": 403, "trust_analyst": 200, "mis": 403}[name]
        assert (await world.people[name].get(f"/v1/instruments/{instrument}")).status_code == status, name
    # a partner school's referrer works in no school of the trust: what its schools hold a licence for is not theirs
    assert (await world.referrer.get(f"/v1/instruments/{instrument}")).status_code == 404
    body = {"school_id": str(world.north), "definition": small(version="2")}
    for name in ("teaching_assistant", "base_lead", "headteacher", "trust_inclusion_lead"):
        assert (await world.people[name].post("/v1/instruments", body)).status_code == 403, name


async def test_not_even_the_database_lets_a_definition_change(app: FastAPI, world: World) -> None:
    instrument = await imported(world)
    for change in ("title = 'Reworded'", "definition = '{}'", "instrument_version = '9'"):
        with pytest.raises(InstrumentFixed):
            async with app.state.database.transaction() as session:
                await session.execute(text(f"UPDATE instruments SET {change} WHERE key = 'quay-check'"))
    assert (await world.senco.get(f"/v1/instruments/{instrument}")).json()["title"] == "The Quay check"
