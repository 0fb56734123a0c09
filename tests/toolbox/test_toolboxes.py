"""Toolboxes in their lockers, as a teaching assistant with a phone and those around her meet them."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from iap_api.pupils.tables import Placement, Pupil, Registration
from tests.toolbox.things import CHOSEN, ago, ear_defenders, issued, toolbox
from tests.world import LONG_AGO, World

NOBODY = "01932f5e-0000-7000-8000-000000000000"
TODAY = datetime.now(UTC).date()


async def test_an_assistant_puts_ear_defenders_into_amiras_toolbox_and_sees_the_risk(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    box = await toolbox(world, world.amira, "Locker 7")
    review_on = (TODAY + timedelta(days=42)).isoformat()
    put = await world.teaching_assistant.post(
        f"/v1/toolboxes/{box}/items", {"resource_id": defenders, "why": CHOSEN, "review_on": review_on}
    )
    assert put.status_code == 201, put.text
    item = put.json()
    assert put.headers["Location"] == f"/v1/toolbox-items/{item['id']}"
    assert (item["resource_name"], item["category"]) == ("Ear defenders", "sensory")
    assert item["risk_note"] == "Latex in the cushions."
    assert (item["why"], item["review_on"], item["returned_at"]) == (CHOSEN, review_on, None)
    assert item["pupil_id"] == str(world.amira)
    assert (await world.teaching_assistant.get(f"/v1/resources/{defenders}")).json()["issued"] == 1

    # her class teacher opens the toolbox before the lesson
    inside = await world.class_teacher.get(f"/v1/toolboxes/{box}/items?status=issued")
    assert [one["id"] for one in inside.json()["items"]] == [item["id"]]
    due = await world.senco.get(f"/v1/toolbox-items?review_until={review_on}")
    assert [one["id"] for one in due.json()["items"]] == [item["id"]]
    assert (await world.senco.get(f"/v1/toolbox-items?review_until={TODAY}")).json()["items"] == []


async def test_a_pupil_has_one_toolbox_and_a_locker_one_child(world: World) -> None:
    await toolbox(world, world.amira, "Locker 7")
    body = {"base_id": str(world.bubble), "locker": "Locker 8"}
    second = await world.teaching_assistant.post("/v1/toolboxes", {**body, "pupil_id": str(world.amira)})
    assert (second.status_code, second.json()["type"]) == (409, "/problems/toolbox-exists")
    body = {"pupil_id": str(world.ben), "base_id": str(world.bubble)}
    for label in ("Locker 7", "locker  7", " LOCKER 7 "):
        taken = await world.teaching_assistant.post("/v1/toolboxes", {**body, "locker": label})
        assert (taken.status_code, taken.json()["type"]) == (409, "/problems/locker-taken")
    bens = await toolbox(world, world.ben, "Locker 8")
    moved = await world.teaching_assistant.change(f"/v1/toolboxes/{bens}", {"locker": "locker 7"})
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/locker-taken")
    moved = await world.teaching_assistant.change(f"/v1/toolboxes/{bens}", {"locker": "Locker 9"})
    assert (moved.status_code, moved.json()["locker"]) == (200, "Locker 9")


async def test_the_same_label_in_another_base_is_another_locker(world: World) -> None:
    await toolbox(world, world.amira, "Locker 7")
    there = await world.south_senco.post(
        "/v1/toolboxes",
        {"pupil_id": str(world.southerner), "base_id": str(world.harbour), "locker": "Locker 7"},
    )
    assert there.status_code == 201


async def test_a_toolbox_ends_only_when_every_item_is_back_and_then_the_locker_is_free(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    box = await toolbox(world, world.amira, "Locker 7")
    item_ids = [await issued(world, box, defenders) for _ in range(2)]
    ta = world.teaching_assistant
    refused = await ta.verb(f"/v1/toolboxes/{box}", "end", {"ended_on": TODAY.isoformat()})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/toolbox-not-empty")
    assert refused.json()["items"] == 2
    for item_id in item_ids:
        assert (await ta.verb(f"/v1/toolbox-items/{item_id}", "return")).status_code == 200
    later = (TODAY + timedelta(days=2)).isoformat()
    assert (await ta.verb(f"/v1/toolboxes/{box}", "end", {"ended_on": later})).status_code == 422
    ended = await ta.verb(f"/v1/toolboxes/{box}", "end", {"ended_on": "2026-02-13"})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, "2026-02-13")

    late = await ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/toolbox-ended")
    assert (await ta.change(f"/v1/toolboxes/{box}", {"note": "Again"})).status_code == 409
    new = await toolbox(world, world.amira, "Locker 7")
    listed = await ta.get(f"/v1/toolboxes?base_id={world.bubble}&status=open")
    assert [one["id"] for one in listed.json()["items"]] == [new]
    both = await ta.get(f"/v1/toolboxes?pupil_id={world.amira}")
    assert [one["id"] for one in both.json()["items"]] == [box, new]


async def test_an_item_is_reviewed_and_returned_once(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    box = await toolbox(world, world.amira, "1")
    path = f"/v1/toolbox-items/{await issued(world, box, defenders)}"
    ta = world.teaching_assistant
    assert (await ta.change(path, {"review_on": "2026-01-05"})).status_code == 422
    next_term = (TODAY + timedelta(days=90)).isoformat()
    changed = await ta.change(path, {"review_on": next_term, "why": None})
    assert (changed.json()["review_on"], changed.json()["why"], changed.json()["version"]) == (
        next_term,
        None,
        2,
    )
    assert (await ta.post(f"{path}/return")).status_code == 428
    back = await ta.verb(path, "return")
    assert back.status_code == 200
    assert back.json()["returned_by"] == str(ta.account.id)
    assert (await ta.verb(path, "return")).status_code == 409
    assert (await ta.change(path, {"why": "Again"})).status_code == 409


async def test_a_class_teacher_reads_her_pupils_toolbox_but_writes_none(world: World) -> None:
    amiras, bens = await toolbox(world, world.amira, "1"), await toolbox(world, world.ben, "2")
    teacher = world.class_teacher
    assert (await teacher.get(f"/v1/toolboxes/{amiras}")).status_code == 200
    assert (await teacher.get(f"/v1/toolboxes/{bens}")).status_code == 404
    assert (await teacher.get(f"/v1/toolboxes/{bens}/items")).status_code == 404
    assert [one["id"] for one in (await teacher.get("/v1/toolboxes")).json()["items"]] == [amiras]
    body = {"pupil_id": str(world.amira), "base_id": str(world.bubble), "locker": "3"}
    assert (await teacher.post("/v1/toolboxes", body)).status_code == 403
    assert (await teacher.post(f"/v1/toolboxes/{amiras}/items", {"resource_id": NOBODY})).status_code == 403


async def test_a_governor_opens_no_toolbox(world: World) -> None:
    box = await toolbox(world, world.amira, "1")
    for path in ("/v1/toolboxes", f"/v1/toolboxes/{box}", f"/v1/toolboxes/{box}/items", "/v1/toolbox-items"):
        assert (await world.governor.get(path)).status_code == 403


async def test_another_schools_toolbox_is_as_good_as_absent(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    box = await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    stranger = world.south_senco
    for path in (
        f"/v1/toolboxes/{box}",
        f"/v1/toolboxes/{box}/items",
        f"/v1/toolbox-items/{item}",
        f"/v1/toolboxes?pupil_id={world.amira}",
        f"/v1/toolbox-items?pupil_id={world.amira}",
    ):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders})).status_code == 404
    assert (await stranger.post(f"/v1/toolbox-items/{item}/return", If_Match='"1.0a"')).status_code == 404
    assert (await stranger.get("/v1/toolbox-items")).json()["items"] == []


async def test_bodies_that_name_what_is_out_of_reach_or_absent_are_422_alike(world: World) -> None:
    ta = world.teaching_assistant
    answers = []
    for pupil in (str(world.southerner), NOBODY):
        answer = await ta.post("/v1/toolboxes", {"pupil_id": pupil, "base_id": str(world.bubble), "locker": "1"})
        answers.append((answer.status_code, answer.json()["errors"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    # Amira has no place in The Harbour, and Mina none in The Bubble
    for pupil, base in ((world.amira, world.harbour), (world.mainstream, world.bubble)):
        body = {"pupil_id": str(pupil), "base_id": str(base), "locker": "1"}
        assert (await world.senco.post("/v1/toolboxes", body)).status_code == 422

    box = await toolbox(world, world.amira, "1")
    body = {"school_id": str(world.south), "name": "Spinning chair", "category": "movement"}
    theirs = (await world.south_senco.post("/v1/resources", body)).json()["id"]
    for resource in (theirs, NOBODY):
        answer = await ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": resource})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/resource_id")


async def test_a_child_from_another_school_has_her_toolbox_in_the_base_that_hosts_her(world: World) -> None:
    visitor: UUID = world.add(
        Pupil(
            trust_id=world.trust_id, school_id=world.south, given_name="Vi", family_name="Marsh",
            search_name="vi marsh", born_on=date(2017, 3, 2), sex="F",
        )
    ).id  # fmt: skip
    for school_id, kind in ((world.south, "enrolled"), (world.north, "placed")):
        world.add(Registration(school_id=school_id, pupil_id=visitor, kind=kind, from_on=LONG_AGO))
    world.add(Placement(school_id=world.north, base_id=world.bubble, pupil_id=visitor, from_on=LONG_AGO))
    await world.save()
    defenders, home = await ear_defenders(world, stock=3), world.south_senco
    body = {"pupil_id": str(visitor), "base_id": str(world.bubble), "locker": "12"}
    assert (await home.post("/v1/toolboxes", body)).status_code == 422
    box = await toolbox(world, visitor, "12")
    await issued(world, box, defenders)

    # the school she comes from reads it all, but reaches into no cupboard of the host
    seen = await home.get(f"/v1/toolboxes/{box}")
    assert (seen.status_code, seen.json()["school_id"]) == (200, str(world.north))
    inside = (await home.get(f"/v1/toolboxes/{box}/items")).json()["items"]
    assert [one["resource_name"] for one in inside] == ["Ear defenders"]
    refused = await home.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/resource_id")
    use = {"resource_id": defenders, "pupil_id": str(visitor), "started_at": ago(hours=1), "minutes": 5}
    refused = await home.post("/v1/uses", use)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/resource_id")


async def test_two_assistants_want_the_same_locker_at_once_and_one_gets_it(world: World) -> None:
    bodies = [
        {"pupil_id": str(pupil), "base_id": str(world.bubble), "locker": "By the window"}
        for pupil in (world.amira, world.ben, world.cara, world.dev)
    ]
    answers = await asyncio.gather(
        *(world.teaching_assistant.post("/v1/toolboxes", body) for body in bodies),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_phone_that_lost_the_answer_sends_it_again_and_issues_one_piece(world: World) -> None:
    defenders = await ear_defenders(world, stock=5)
    amiras, bens = await toolbox(world, world.amira, "1"), await toolbox(world, world.ben, "2")
    ta = world.teaching_assistant
    key, body = f"tap-{world.number}", {"resource_id": defenders}
    first = await ta.post(f"/v1/toolboxes/{amiras}/items", body, Idempotency_Key=key)
    again = await ta.post(f"/v1/toolboxes/{amiras}/items", body, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    # the same key for Ben's toolbox is another request, not a repetition
    assert (await ta.post(f"/v1/toolboxes/{bens}/items", body, Idempotency_Key=key)).status_code == 422
    chosen = f"/v1/toolboxes/{bens}/items/01932f5e-0000-7000-8000-" + f"{world.number:012d}"
    assert [(await ta.put(chosen, body)).status_code for _ in range(2)] == [201, 200]
    assert (await ta.get(f"/v1/resources/{defenders}")).json()["issued"] == 2


async def test_a_toolbox_that_makes_no_sense_is_422(world: World) -> None:
    body = {"pupil_id": str(world.amira), "base_id": str(world.bubble), "locker": "1"}
    labels: list[Any] = ["", "   ", "x" * 41, None, 7, "1\u0007", "\u202e1"]
    for wrong in ({"size": "big"}, *({"locker": label} for label in labels)):
        answer = await world.teaching_assistant.post("/v1/toolboxes", {**body, **wrong})
        assert answer.status_code == 422, wrong
