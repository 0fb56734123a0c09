"""What a mistaken visit took is given back: the visit that it ended is open again, and the seclusion there goes on."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from iap_api.core import clock
from tests.spaces.visits.test_interventions import PATH, record_of, the_rest
from tests.spaces.visits.test_visits import a_visit, begun, ends, hours_ago
from tests.world import Person, World


async def now_of(person: Person, visit: dict[str, Any]) -> dict[str, Any]:
    return dict((await person.get(f"/v1/visits/{visit['id']}")).json())


async def taken_back(person: Person, visit: dict[str, Any]) -> dict[str, Any]:
    answer = await person.verb(f"/v1/visits/{visit['id']}", "withdraw")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_ben_was_in_the_cocoon_all_the_time_and_still_is(world: World) -> None:
    """He is kept in; the assistant wants Amira in the sensory room, taps Ben's picture, and takes it back at once."""
    assistant = world.teaching_assistant
    cocoon = await begun(assistant, world.ben, world.retreat, free_to_leave=False, started_at=hours_ago(0.5))
    slip = await begun(assistant, world.ben, world.sensory)
    left = await now_of(assistant, cocoon)
    assert (left["ended_at"], (await record_of(assistant, cocoon))["ended_at"]) == (slip["started_at"],) * 2
    assert slip["reopened_visit_id"] is None

    assert (await world.senco.change(f"/v1/spaces/{world.retreat}", {"usual_minutes": 40})).status_code == 200
    gone = await taken_back(assistant, slip)
    assert gone["reopened_visit_id"] == cocoon["id"]
    still = await now_of(assistant, cocoon)
    assert still["ended_at"] is None
    held = datetime.fromisoformat(still["holds_until"]) - clock.now()
    assert timedelta(minutes=39) < held <= timedelta(minutes=40), "its place is held and rolls again"
    assert (await record_of(assistant, cocoon))["ended_at"] is None, "nobody has let him out"
    assert (await now_of(assistant, slip))["reopened_visit_id"] == cocoon["id"]

    over = await ends(assistant, still)
    assert over.status_code == 200, over.text
    assert (await record_of(assistant, cocoon))["ended_at"] == over.json()["ended_at"]


async def test_what_somebody_ended_by_hand_stays_ended(world: World) -> None:
    """The end is put right, or what the child felt like on coming out is written down: somebody saw the child leave."""
    assistant = world.teaching_assistant
    for pupil, seen in ((world.amira, {"ended_at": hours_ago(0.1)}), (world.cara, {"zones_after": ["green"]})):
        sensory = await begun(assistant, pupil, world.sensory, started_at=hours_ago(0.5))
        slip = await begun(assistant, pupil, world.classroom)
        assert (await assistant.change(f"/v1/visits/{sensory['id']}", seen)).status_code == 200
        left = await now_of(assistant, sensory)
        assert (await taken_back(assistant, slip))["reopened_visit_id"] is None
        assert (await now_of(assistant, sensory)) == left

    ended = await begun(assistant, world.dev, world.sensory, started_at=hours_ago(0.5))
    assert (await ends(assistant, ended)).status_code == 200
    slip = await begun(assistant, world.dev, world.classroom)
    assert (await taken_back(assistant, slip))["reopened_visit_id"] is None
    assert (await now_of(assistant, ended))["ended_at"] is not None


async def test_a_visit_of_the_morning_is_not_open_again_at_night(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No visit is longer than twelve hours: where it ended stays the best that anybody knows."""
    assistant = world.teaching_assistant
    sensory = await begun(assistant, world.amira, world.sensory, started_at=hours_ago(11.95))
    slip = await begun(assistant, world.amira, world.classroom, started_at=hours_ago(10.5))
    left = await now_of(assistant, sensory)
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await taken_back(assistant, slip))["reopened_visit_id"] is None
    assert (await now_of(assistant, sensory))["ended_at"] == left["ended_at"] == slip["started_at"]


async def test_a_change_that_says_nothing_of_the_end_does_not_keep_it_ended(world: World) -> None:
    assistant = world.teaching_assistant
    sensory = await begun(assistant, world.amira, world.sensory, started_at=hours_ago(0.5))
    slip = await begun(assistant, world.amira, world.classroom)
    assert (await assistant.change(f"/v1/visits/{sensory['id']}", {"door": "closed"})).status_code == 200
    assert (await taken_back(assistant, slip))["reopened_visit_id"] == sensory["id"]


async def test_a_seclusion_whose_end_was_written_down_keeps_it(world: World) -> None:
    assistant = world.teaching_assistant
    cocoon = await begun(assistant, world.ben, world.retreat, free_to_leave=False, started_at=hours_ago(0.5))
    slip = await begun(assistant, world.ben, world.sensory)
    path = f"{PATH}/{(await record_of(assistant, cocoon))['id']}"
    right = (await assistant.change(path, {"ended_at": hours_ago(0.2)})).json()["ended_at"]
    assert (await taken_back(assistant, slip))["reopened_visit_id"] == cocoon["id"]
    assert (await assistant.get(path)).json()["ended_at"] == right


async def test_what_the_headteacher_signed_says_when_it_ended(world: World) -> None:
    assistant = world.teaching_assistant
    cocoon = await begun(assistant, world.ben, world.retreat, free_to_leave=False, started_at=hours_ago(0.5))
    slip = await begun(assistant, world.ben, world.sensory)
    path = f"{PATH}/{(await record_of(assistant, cocoon))['id']}"
    assert (await assistant.change(path, the_rest(world))).json()["missing"] == []
    assert (await world.headteacher.verb(path, "sign")).status_code == 200
    assert (await taken_back(assistant, slip))["reopened_visit_id"] is None
    assert (await now_of(assistant, cocoon))["ended_at"] == slip["started_at"]


async def test_a_child_who_has_gone_on_since_was_there_until_then(world: World) -> None:
    """Cocoon, then by mistake the classroom, then the sensory room: the cocoon lasted until the sensory room."""
    assistant = world.teaching_assistant
    cocoon = await begun(assistant, world.ben, world.retreat, free_to_leave=False, started_at=hours_ago(1))
    slip = await begun(assistant, world.ben, world.classroom, started_at=hours_ago(0.5))
    sensory = await begun(assistant, world.ben, world.sensory, started_at=hours_ago(0.2))
    assert (await taken_back(assistant, slip))["reopened_visit_id"] is None
    left = await now_of(assistant, cocoon)
    assert (left["ended_at"], left["holds_until"]) == (sensory["started_at"],) * 2
    assert (await record_of(assistant, cocoon))["ended_at"] == sensory["started_at"]
    # and that was a mistake too
    assert (await taken_back(assistant, sensory))["reopened_visit_id"] == cocoon["id"]
    assert (await record_of(assistant, cocoon))["ended_at"] is None


async def test_one_that_was_only_said_to_have_ended_where_the_mistake_began_is_open_too(world: World) -> None:
    assistant = world.teaching_assistant
    slip = await begun(assistant, world.amira, world.sensory, started_at=hours_ago(0.2))
    earlier = await begun(assistant, world.amira, world.classroom, started_at=hours_ago(1))
    later = await begun(assistant, world.amira, world.retreat, started_at=hours_ago(0.5))
    assert (earlier["ended_at"], later["ended_at"]) == (slip["started_at"],) * 2
    assert (await taken_back(assistant, slip))["reopened_visit_id"] == later["id"]
    assert (await now_of(assistant, earlier))["ended_at"] == slip["started_at"], "a pupil is on one open visit"


async def test_beginning_and_taking_back_at_once_leaves_one_open_visit(world: World) -> None:
    """Two phones: one takes a slip back while the other begins the next visit, many times over."""
    assistant, lead = world.teaching_assistant, world.base_lead
    for _ in range(12):
        await begun(assistant, world.amira, world.sensory)
        slip = await begun(assistant, world.amira, world.classroom)
        tag = (await assistant.get(f"/v1/visits/{slip['id']}")).headers["ETag"]
        answers = await asyncio.gather(
            assistant.post(f"/v1/visits/{slip['id']}/withdraw", None, If_Match=tag),
            lead.post("/v1/visits", a_visit(world.amira, world.retreat)),
            lead.post("/v1/visits", a_visit(world.amira, world.dome)),
        )
        # the next visit may have ended the slip first, which then has another version
        assert answers[0].status_code in (200, 412), answers[0].text
        assert [one.status_code for one in answers[1:]] == [201, 201]
        every = (await world.senco.get(f"/v1/visits?pupil_id={world.amira}&status=open")).json()["items"]
        assert len(every) == 1
