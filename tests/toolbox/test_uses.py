"""Uses, as a phone records them in the ten seconds after the quarter of an hour they took."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import FormerValue
from tests.toolbox.things import ago, ahead, ear_defenders, issued, toolbox
from tests.world import World

NOBODY = "01932f5e-0000-7000-8000-000000000000"
SENSELESS: list[dict[str, Any]] = [
    {"minutes": None},
    {"ended_at": "2026-03-02T10:30:00Z"},
    {"minutes": 0},
    {"minutes": 721},
    {"minutes": None, "ended_at": "2026-03-02T10:20:00Z"},
    {"minutes": None, "ended_at": "2026-03-02T10:10:00Z"},
    {"minutes": None, "ended_at": "2026-03-03T10:10:00Z"},
    {"toolbox_item_id": None},
    {"resource_id": NOBODY},
    {"pupil_id": NOBODY},
    {"started_at": "2026-03-02T10:20:00"},
    {"zones_before": ["red", "red"]},
    {"zones_after": ["purple"]},
    {"zones_after": 3},
    {"helped": "very"},
    {"helped": 3},
    {"score": 5},
]


async def amiras_defenders(world: World) -> tuple[str, str]:
    """The id of the ear defenders and of the pair in Amira's toolbox."""
    defenders = await ear_defenders(world, stock=2)
    return defenders, await issued(world, await toolbox(world, world.amira, "1"), defenders)


async def test_an_assistant_records_how_amira_came_down_from_red(world: World) -> None:
    defenders, item = await amiras_defenders(world)
    started, ended = ago(minutes=15), ago(minutes=3)
    made = await world.teaching_assistant.post(
        "/v1/uses",
        {
            "toolbox_item_id": item,
            "started_at": started,
            "ended_at": ended,
            "zones_before": ["red", "yellow"],
            "zones_after": ["green"],
            "helped": "yes",
            "note": "She put them away by herself.",
        },
    )
    assert made.status_code == 201, made.text
    use = made.json()
    assert (use["pupil_id"], use["resource_id"], use["toolbox_item_id"]) == (str(world.amira), defenders, item)
    assert (use["started_at"], use["ended_at"]) == (started, ended)
    assert (use["zones_before"], use["zones_after"], use["helped"]) == (["red", "yellow"], ["green"], "yes")
    assert use["recorded_by"] == str(world.teaching_assistant.account.id)
    assert (await world.class_teacher.get(f"/v1/uses/{use['id']}")).json() == use


async def test_minutes_do_instead_of_an_end_and_nobody_need_have_asked_whether_it_helped(world: World) -> None:
    _, item = await amiras_defenders(world)
    made = await world.class_teacher.post(
        "/v1/uses", {"toolbox_item_id": item, "started_at": "2026-03-02T10:20:00+00:00", "minutes": 12}
    )
    assert made.status_code == 201, made.text
    assert made.json()["ended_at"] == "2026-03-02T10:32:00Z"
    assert (made.json()["zones_before"], made.json()["zones_after"], made.json()["helped"]) == ([], [], None)


async def test_a_resource_of_the_room_is_used_without_a_toolbox(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    body = {"resource_id": defenders, "started_at": ago(hours=1), "minutes": 5}
    made = await world.teaching_assistant.post("/v1/uses", {**body, "pupil_id": str(world.ben)})
    assert made.status_code == 201, made.text
    assert (made.json()["toolbox_item_id"], made.json()["school_id"]) == (None, str(world.north))
    for pupil in (str(world.southerner), NOBODY):
        refused = await world.teaching_assistant.post("/v1/uses", {**body, "pupil_id": pupil})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/pupil_id")


async def test_a_resource_of_another_school_or_of_none_is_422_alike(world: World) -> None:
    theirs = (
        await world.south_senco.post(
            "/v1/resources",
            {"school_id": str(world.south), "name": "Spinning chair", "category": "movement"},
        )
    ).json()["id"]
    for resource in (theirs, NOBODY):
        refused = await world.teaching_assistant.post(
            "/v1/uses",
            {"resource_id": resource, "pupil_id": str(world.amira), "started_at": ago(hours=1), "minutes": 5},
        )
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/resource_id")
    _, item = await amiras_defenders(world)
    for unreachable in (item, NOBODY):
        refused = await world.south_senco.post(
            "/v1/uses", {"toolbox_item_id": unreachable, "started_at": ago(hours=1), "minutes": 5}
        )
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/toolbox_item_id")


async def test_a_use_told_two_days_later_is_fine_and_one_in_the_future_is_not(world: World) -> None:
    _, item = await amiras_defenders(world)
    ta = world.teaching_assistant
    late = {"toolbox_item_id": item, "started_at": ago(days=2, minutes=20), "ended_at": ago(days=2)}
    assert (await ta.post("/v1/uses", late)).status_code == 201
    for wrong in (
        {"started_at": ahead(hours=1), "ended_at": ahead(hours=2)},
        {"started_at": ago(minutes=5), "ended_at": ahead(minutes=30)},
        {"started_at": ago(minutes=5), "minutes": 60},
    ):
        refused = await ta.post("/v1/uses", {"toolbox_item_id": item, **wrong})
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == ("/minutes" if "minutes" in wrong else "/ended_at")
    # a phone whose clock is a minute fast loses nothing
    fast = {"toolbox_item_id": item, "started_at": ago(minutes=4), "ended_at": ahead(minutes=1)}
    assert (await ta.post("/v1/uses", fast)).status_code == 201


async def test_what_was_returned_can_still_be_told_of_the_time_before(world: World) -> None:
    _, item = await amiras_defenders(world)
    ta = world.teaching_assistant
    assert (await ta.verb(f"/v1/toolbox-items/{item}", "return")).status_code == 200
    before = {"toolbox_item_id": item, "started_at": ago(minutes=20), "minutes": 10}
    assert (await ta.post("/v1/uses", before)).status_code == 201
    after = {"toolbox_item_id": item, "started_at": ahead(minutes=1), "minutes": 1}
    refused = await ta.post("/v1/uses", after)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/toolbox_item_id")


async def test_a_phone_sends_a_use_again_after_a_lost_answer_and_it_counts_once(world: World) -> None:
    _, item = await amiras_defenders(world)
    ta, body = world.teaching_assistant, {"toolbox_item_id": item, "started_at": ago(minutes=20), "minutes": 10}
    chosen = "/v1/uses/01932f5e-0000-7000-8000-" + f"{world.number:012d}"
    assert [(await ta.put(chosen, body)).status_code for _ in range(2)] == [201, 200]
    assert (await ta.put(chosen, {**body, "minutes": 11})).status_code == 409
    assert len((await ta.get("/v1/uses")).json()["items"]) == 1


async def test_what_was_seen_is_put_right_and_what_stood_before_is_kept(world: World) -> None:
    _, item = await amiras_defenders(world)
    ta = world.teaching_assistant
    body = {"toolbox_item_id": item, "started_at": ago(minutes=20), "minutes": 10, "zones_before": ["blue"]}
    made = (await ta.post("/v1/uses", {**body, "helped": "yes", "note": "She hummed."})).json()
    path = f"/v1/uses/{made['id']}"
    # an hour later, with a cup of tea: it was red, not blue, and nobody had asked Amira
    changed = await ta.change(path, {"zones_before": ["red"], "zones_after": ["green", "yellow"], "helped": None})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {
        **made, "version": 2, "zones_before": ["red"], "zones_after": ["green", "yellow"], "helped": None,
    }  # fmt: skip
    async with world.app.state.database.transaction(read_only=True) as session:
        kept = select(col(FormerValue.values)).where(col(FormerValue.resource_id) == UUID(made["id"]))
        former = [json.loads(one) for one in (await session.execute(kept)).scalars()]
    assert former == [{"zones_before": ["blue"], "zones_after": [], "helped": "yes"}]


async def test_only_what_was_seen_changes_and_only_on_the_page_that_was_read(world: World) -> None:
    defenders, item = await amiras_defenders(world)
    ta, started = world.teaching_assistant, ago(minutes=20)
    made = await ta.post("/v1/uses", {"toolbox_item_id": item, "started_at": started, "minutes": 10})
    path, tag = made.headers["Location"], made.headers["ETag"]
    for wrong in (
        {"zones_before": ["red", "red"]}, {"zones_after": ["purple"]}, {"zones_after": None}, {"helped": "very"},
        {"pupil_id": str(world.ben)}, {"resource_id": defenders}, {"started_at": started}, {"minutes": 11},
    ):  # fmt: skip
        assert (await ta.change(path, wrong)).status_code == 422, wrong
    assert (await ta.patch(path, {"helped": "no"})).status_code == 428
    assert (await ta.patch(path, {"helped": "no"}, If_Match=tag)).status_code == 200
    assert (await world.second_assistant.patch(path, {"helped": "partly"}, If_Match=tag)).status_code == 412
    assert (await world.headteacher.change(path, {"helped": "yes"})).status_code == 403
    assert (await world.south_senco.patch(path, {"helped": "yes"}, If_Match=tag)).status_code == 404
    assert (await ta.get(path)).json()["helped"] == "no"


async def test_a_use_of_the_wrong_child_is_withdrawn_and_stays_readable_as_it_was(world: World) -> None:
    _, item = await amiras_defenders(world)
    ta = world.teaching_assistant
    body = {"toolbox_item_id": item, "started_at": ago(minutes=20), "minutes": 10}
    wrong, right = [(await ta.post("/v1/uses", body)).json()["id"] for _ in range(2)]
    withdrawn = await ta.verb(f"/v1/uses/{wrong}", "withdraw")
    assert withdrawn.status_code == 200
    assert withdrawn.json()["withdrawn_by"] == str(ta.account.id)
    assert (await ta.verb(f"/v1/uses/{wrong}", "withdraw")).status_code == 409
    assert (await ta.get(f"/v1/uses/{wrong}")).status_code == 200
    for status, expected in (("recorded", [right]), ("withdrawn", [wrong])):
        listed = await ta.get(f"/v1/uses?status={status}")
        assert [one["id"] for one in listed.json()["items"]] == expected
    assert (await ta.change(f"/v1/uses/{wrong}", {"helped": "no"})).status_code == 409


async def test_uses_are_found_by_pupil_resource_and_time(world: World) -> None:
    defenders, item = await amiras_defenders(world)
    blanket = await ear_defenders(world, stock=1, name="Weighted blanket")
    ta = world.teaching_assistant

    async def record(pupil: UUID, resource: str, at: str) -> str:
        body = {"pupil_id": str(pupil), "resource_id": resource, "started_at": at, "minutes": 5}
        return str((await ta.post("/v1/uses", body)).json()["id"])

    monday = await record(world.amira, defenders, "2026-03-02T10:00:00Z")
    tuesday = await record(world.amira, blanket, "2026-03-03T10:00:00Z")
    bens = await record(world.ben, defenders, "2026-03-04T10:00:00Z")
    from_box = (
        await ta.post("/v1/uses", {"toolbox_item_id": item, "started_at": "2026-03-05T10:00:00Z", "minutes": 5})
    ).json()["id"]

    async def found(query: str) -> list[str]:
        answer = await ta.get(f"/v1/uses?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await found(f"pupil_id={world.amira}") == [monday, tuesday, from_box]
    assert await found(f"resource_id={defenders}") == [monday, bens, from_box]
    assert await found(f"toolbox_item_id={item}") == [from_box]
    assert await found("from_at=2026-03-03T10:00:00Z&until_at=2026-03-04T10:00:00Z") == [tuesday]
    assert await found(f"pupil_id={world.ben}&resource_id={blanket}") == []
    assert (await world.south_senco.get(f"/v1/uses?pupil_id={world.amira}")).status_code == 404


async def test_who_sees_and_records_uses(world: World) -> None:
    defenders, item = await amiras_defenders(world)
    body = {"toolbox_item_id": item, "started_at": ago(minutes=20), "minutes": 10}
    use = (await world.second_assistant.post("/v1/uses", body)).json()["id"]
    assert (await world.governor.get("/v1/uses")).status_code == 403
    assert (await world.governor.get(f"/v1/uses/{use}")).status_code == 403
    assert (await world.headteacher.get(f"/v1/uses/{use}")).status_code == 200
    assert (await world.headteacher.post("/v1/uses", body)).status_code == 403
    assert (await world.south_senco.get(f"/v1/uses/{use}")).status_code == 404
    assert (await world.south_senco.post(f"/v1/uses/{use}/withdraw", If_Match='"1.0a"')).status_code == 404
    bens = {"resource_id": defenders, "pupil_id": str(world.ben), "started_at": ago(hours=1), "minutes": 5}
    for person in (world.class_teacher, world.therapist):
        assert (await person.post("/v1/uses", body)).status_code == 201
        assert (await person.post("/v1/uses", bens)).status_code == 422


async def test_a_use_that_makes_no_sense_is_422_and_leaves_nothing(world: World) -> None:
    _, item = await amiras_defenders(world)
    body = {"toolbox_item_id": item, "started_at": "2026-03-02T10:20:00Z", "minutes": 10}
    ta = world.teaching_assistant
    for wrong in SENSELESS:
        answer = await ta.post("/v1/uses", {**body, **wrong})
        assert answer.status_code == 422, wrong
    assert (await ta.get("/v1/uses")).json()["items"] == []
