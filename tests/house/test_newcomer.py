"""The newcomer's path of the README, over HTTP: one morning in The Bubble."""

from tests.world import World

DAY = "2026-11-25"


async def test_one_morning_in_the_bubble(world: World) -> None:
    ta = world.teaching_assistant
    pupils = (await ta.get("/v1/pupils")).json()["items"]
    assert {one["given_name"] for one in pupils} == {"Amira", "Ben", "Cara", "Dev"}
    assert all("roll" not in one for one in pupils), "a teaching assistant sees neither UPN nor home address"
    amira = str(world.amira)

    said = await ta.post("/v1/zone-check-ins", {"pupil_id": amira, "zones": ["yellow"]})
    assert said.status_code == 201, said.text
    assert said.json()["zones"] == ["yellow"]

    lesson = {
        "space_id": str(world.classroom),
        "starts_at": f"{DAY}T09:30:00Z",
        "ends_at": f"{DAY}T12:00:00Z",
        "purpose": "lesson",
        "whole_base": True,
    }
    morning = (await ta.post("/v1/bookings", lesson)).json()["id"]
    room = {
        "space_id": str(world.sensory),
        "starts_at": f"{DAY}T10:20:00Z",
        "ends_at": f"{DAY}T10:40:00Z",
        "purpose": "regulation",
        "takes_from": [morning],
    }
    for pupil in (world.amira, world.ben, world.cara):
        taken = await ta.post("/v1/bookings", {**room, "pupil_ids": [str(pupil)]})
        assert taken.status_code == 201, taken.text
    fourth = await ta.post("/v1/bookings", {**room, "pupil_ids": [str(world.dev)]})
    assert (fourth.status_code, fourth.json()["type"]) == (409, "/problems/space-full")

    instrument = (await ta.get("/v1/instruments?key=bubble-semh")).json()["items"][0]
    started = await ta.post(
        "/v1/profiles", {"pupil_id": amira, "instrument_id": instrument["id"], "observed_on": "2026-11-20"}
    )
    profile = f"/v1/profiles/{started.json()['id']}"
    for number in range(1, 35):
        saved = await ta.patch(f"{profile}/answers", {"answers": {f"d{number:02d}": 3, f"s{number:02d}": 1}})
        assert saved.status_code == 200, saved.text
    completed = await ta.verb(profile, "complete")
    assert completed.status_code == 200, completed.text
    scores = (await ta.get(f"{profile}/scores")).json()
    # 34 statements answered 3, and 34 answered 1
    assert [section["total"] for section in scores["sections"]] == [102, 34]

    defenders = await ta.post(
        "/v1/resources",
        {
            "school_id": str(world.north),
            "base_id": str(world.bubble),
            "name": "Ear defenders",
            "category": "sensory",
            "stock": 2,
        },
    )
    toolbox = await ta.post("/v1/toolboxes", {"pupil_id": amira, "base_id": str(world.bubble), "locker": "7"})
    item = await ta.post(f"/v1/toolboxes/{toolbox.json()['id']}/items", {"resource_id": defenders.json()["id"]})
    assert item.status_code == 201, item.text

    review = await ta.post(
        "/v1/reviews",
        {
            "pupil_id": amira,
            "kind": "six_weekly",
            "due_on": "2027-01-08",
            "scheduled_at": "2027-01-07T14:00:00Z",
        },
    )
    assert review.status_code == 201, review.text
    assert review.json()["status"] == "scheduled"

    for pupil in (world.amira, world.ben, world.mainstream):
        assert (await world.governor.get(f"/v1/pupils/{pupil}")).status_code == 403
    assert (await world.governor.get("/v1/pupils")).status_code == 403
