"""The catalogue, as the people who stock the cupboard and those who look into it meet it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.toolbox.things import ear_defenders, issued, toolbox
from tests.world import World

SENSELESS: list[dict[str, Any]] = [
    {"category": "weapon"},
    {"stock": -1},
    {"stock": 10_001},
    {"stock": True},
    {"zones": ["yellow", "yellow"]},
    {"zones": ["purple"]},
    {"zones": None},
    {"nurture_principle": "kindness"},
    {"name": ""},
    {"issued": 0},
]


async def test_a_base_lead_enters_ear_defenders_and_a_class_teacher_reads_the_risk(world: World) -> None:
    made = await ear_defenders(world, stock=2)
    seen = await world.class_teacher.get(f"/v1/resources/{made}")
    assert seen.status_code == 200
    assert seen.json() == {
        "id": made,
        "version": 1,
        "school_id": str(world.north),
        "base_id": str(world.bubble),
        "catalogue_key": None,
        "name": "Ear defenders",
        "category": "sensory",
        "zones": ["yellow", "red"],
        "strands": [],
        "nurture_principle": "classroom_offers_safe_base",
        "purpose": None,
        "who_may_use": "Everybody in the base",
        "note": None,
        "risk_note": "Latex in the cushions.",
        "allergens": [],
        "allergy_note": None,
        "cleaning_note": None,
        "photo_id": None,
        "stock": 2,
        "issued": 0,
        "ended_on": None,
    }


async def test_an_assistant_looks_for_what_helps_in_yellow(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    blanket = await ear_defenders(world, stock=1, name="Weighted blanket", category="calm", zones=["blue"])
    ta = world.teaching_assistant

    async def found(query: str) -> list[str]:
        answer = await ta.get(f"/v1/resources?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await found("zone=yellow") == [defenders]
    assert await found("zone=blue") == [blanket]
    assert await found("zone=green") == []
    assert await found("category=calm") == [blanket]
    assert await found(f"base_id={world.bubble}&nurture_principle=classroom_offers_safe_base") == [
        defenders,
        blanket,
    ]
    assert await found("nurture_principle=transitions_matter") == []
    assert await found(f"school_id={world.south}") == []
    assert (await ta.get("/v1/resources?zone=purple")).status_code == 422


async def test_stock_never_falls_below_what_is_in_toolboxes(world: World) -> None:
    defenders = await ear_defenders(world, stock=3)
    path = f"/v1/resources/{defenders}"
    for pupil, locker in ((world.amira, "1"), (world.ben, "2")):
        await issued(world, await toolbox(world, pupil, locker), defenders)
    refused = await world.base_lead.change(path, {"stock": 1})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/stock-below-issued"
    counted = await world.base_lead.change(path, {"stock": 2})
    assert counted.status_code == 200
    assert (counted.json()["stock"], counted.json()["issued"], counted.json()["version"]) == (2, 2, 2)


async def test_whoever_edits_an_entry_is_not_overtaken_by_an_issue(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    tag = (await world.base_lead.get(f"/v1/resources/{defenders}")).headers["ETag"]
    await issued(world, await toolbox(world, world.amira, "1"), defenders)
    changed = await world.base_lead.patch(f"/v1/resources/{defenders}", {"note": "Wipe after use."}, If_Match=tag)
    assert changed.status_code == 200
    assert changed.json()["note"] == "Wipe after use."
    again = await world.base_lead.patch(f"/v1/resources/{defenders}", {"note": None}, If_Match=tag)
    assert again.status_code == 412


async def test_an_ended_resource_is_issued_to_nobody_but_comes_back_from_toolboxes(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    path = f"/v1/resources/{defenders}"
    box = await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    in_two_days = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert (await world.base_lead.verb(path, "end", {"ended_on": in_two_days})).status_code == 422
    ended = await world.base_lead.verb(path, "end", {"ended_on": "2026-01-05"})
    assert ended.status_code == 200
    assert ended.json()["ended_on"] == "2026-01-05"

    refused = await world.teaching_assistant.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/resource-ended")
    assert (await world.base_lead.change(path, {"stock": 9})).status_code == 409
    assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{item}", "return")).status_code == 200
    assert (await world.base_lead.get(path)).json()["issued"] == 0
    listed = await world.base_lead.get("/v1/resources?status=ended")
    assert [one["id"] for one in listed.json()["items"]] == [defenders]


async def test_a_catalogue_is_written_only_by_those_of_its_base_or_school(world: World) -> None:
    body = {"school_id": str(world.north), "name": "Wobble board", "category": "movement"}
    assert (await world.governor.get("/v1/resources")).status_code == 403
    assert (await world.class_teacher.post("/v1/resources", body)).status_code == 403
    # a base lead stocks her own base, neither the whole school nor another's
    for wrong in (body, {**body, "base_id": str(world.harbour)}):
        assert (await world.base_lead.post("/v1/resources", wrong)).status_code == 422
    for wrong in ({**body, "school_id": str(world.south)}, {**body, "base_id": str(world.harbour)}):
        assert (await world.senco.post("/v1/resources", wrong)).status_code == 422
    whole_school = await world.senco.post("/v1/resources", body)
    assert whole_school.status_code == 201
    assert whole_school.json()["base_id"] is None
    path, tag = f"/v1/resources/{whole_school.json()['id']}", whole_school.headers["ETag"]
    assert (await world.south_senco.get(path)).status_code == 404
    assert (await world.south_senco.patch(path, {"stock": 2}, If_Match=tag)).status_code == 404
    # what is the school's she reads and may issue, but does not write
    assert (await world.base_lead.get(path)).status_code == 200
    assert (await world.base_lead.patch(path, {"stock": 2}, If_Match=tag)).status_code == 404
    assert (await world.senco.patch(path, {"stock": 2}, If_Match=tag)).status_code == 200
    box = await toolbox(world, world.amira, "1")
    await issued(world, box, whole_school.json()["id"])


async def test_a_resource_that_makes_no_sense_is_422(world: World) -> None:
    body = {"school_id": str(world.north), "base_id": str(world.bubble), "name": "Fidget", "category": "calm"}
    for wrong in SENSELESS:
        answer = await world.base_lead.post("/v1/resources", {**body, **wrong})
        assert answer.status_code == 422, wrong


async def test_an_id_of_the_client_makes_one_resource_however_often_it_is_sent(world: World) -> None:
    chosen = "/v1/resources/01932f5e-0000-7000-8000-" + f"{world.number:012d}"
    body = {"school_id": str(world.north), "name": "Wobble board", "category": "movement"}
    assert (await world.senco.put(chosen, body)).status_code == 201
    assert (await world.senco.put(chosen, body)).status_code == 200
    other = await world.senco.put(chosen, {**body, "name": "Spinning chair"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")
