"""At the end of a lesson an assistant says in ten seconds how it went for each child, with one thumb."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Registration
from tests.world import LONG_AGO, Person, World


async def lesson(world: World, *pupils: UUID, space: UUID | None = None, by: Person | None = None) -> dict[str, Any]:
    """A lesson that ended a while ago, yesterday if it is not yet time for one today."""
    now = clock.now().astimezone(clock.LONDON)
    ends = now - timedelta(minutes=10)
    if (ends - timedelta(minutes=30)).date() != ends.date():
        ends = datetime.combine(now.date(), time(), clock.LONDON)
    body = {
        "space_id": str(space or world.classroom), "purpose": "lesson", "subject": "english",
        "starts_at": (ends - timedelta(minutes=30)).isoformat(), "ends_at": ends.isoformat(),
        "pupil_ids": [str(one) for one in pupils],
    }  # fmt: skip
    answer = await (by or world.base_lead).post("/v1/bookings", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def seen(person: Person, pupil: UUID, **what: Any) -> httpx.Response:
    return await person.post("/v1/observations", {"pupil_id": str(pupil), **what})


async def read(person: Person, pupil: UUID, **filters: Any) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in {"pupil_id": pupil, **filters}.items())
    answer = await person.get(f"/v1/observations?{asked}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def refused(answer: httpx.Response, pointer: str) -> None:
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


async def test_the_lesson_ends_and_amira_points_at_her_smiley(world: World) -> None:
    """The train is late, the network is gone: the phone keeps what was tapped, sends it twice, and it is there once."""
    booking = (await lesson(world, world.amira, world.ben))["id"]
    tapped = {
        "pupil_id": str(world.amira), "booking_id": booking, "engagement": 4, "behaviour": 5, "smiley": "happy",
        "proud_moment": "Read a whole page aloud.", "at": (clock.now() - timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    path = f"/v1/observations/{new_id()}"
    first = await world.teaching_assistant.put(path, tapped)
    assert first.status_code == 201, first.text
    assert (await world.teaching_assistant.put(path, tapped)).status_code == 200
    (one,) = await read(world.base_lead, world.amira, booking_id=booking)
    assert (one["engagement"], one["smiley"], one["incident"]) == (4, "happy", None)
    assert await read(world.base_lead, world.ben) == [], "nobody said anything of Ben, which is not a low answer"


async def test_one_tap_is_enough_and_no_tap_is_too_little(world: World) -> None:
    for what in ({"engagement": 1}, {"behaviour": 1}, {"smiley": "very_sad"}, {"proud_moment": "x"}, {"incident": "x"}):
        assert (await seen(world.teaching_assistant, world.ben, **what)).status_code == 201
    refused(await seen(world.teaching_assistant, world.ben), "")
    refused(await seen(world.teaching_assistant, world.ben, engagement=None, smiley=None), "")


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({"engagement": 0}, "/engagement"), ({"engagement": 6}, "/engagement"), ({"behaviour": 2.5}, "/behaviour"),
        ({"smiley": "angry"}, "/smiley"), ({"incident": ""}, "/incident"), ({"incident": "x" * 201}, "/incident"),
    ],
)  # fmt: skip
async def test_what_is_off_the_scale_is_refused_by_its_name(world: World, what: dict[str, Any], pointer: str) -> None:
    refused(await seen(world.teaching_assistant, world.ben, **what), pointer)


async def test_a_lesson_is_of_those_who_were_booked_in_it_and_after_it_began(world: World) -> None:
    ta, booked = world.teaching_assistant, await lesson(world, world.amira)
    mine = booked["id"]
    refused(await seen(ta, world.ben, booking_id=mine, engagement=3), "/booking_id")
    refused(await seen(ta, world.amira, booking_id=str(new_id()), engagement=3), "/booking_id")
    early = (datetime.fromisoformat(booked["starts_at"]) - timedelta(minutes=1)).isoformat()
    refused(await seen(ta, world.amira, booking_id=mine, engagement=3, at=early), "/at")
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    refused(await seen(ta, world.amira, engagement=3, at=tomorrow), "/at")
    assert (await world.base_lead.verb(f"/v1/bookings/{mine}", "cancel")).status_code == 200
    refused(await seen(ta, world.amira, booking_id=mine, engagement=3), "/booking_id")
    assert await read(ta, world.amira) == [], "nothing of what was refused is there"


async def test_a_lesson_at_the_other_school_is_none_of_ours(world: World) -> None:
    """Amira is at South Quay too on some days; what she does there is not in The Bubble's reach."""
    world.add(Registration(school_id=world.south, pupil_id=world.amira, kind="placed", from_on=LONG_AGO))
    await world.save()
    theirs = await lesson(world, world.amira, space=world.south_room, by=world.south_senco)
    refused(await seen(world.teaching_assistant, world.amira, booking_id=theirs["id"], engagement=3), "/booking_id")
    assert (await seen(world.south_senco, world.amira, booking_id=theirs["id"], engagement=3)).status_code == 201


async def test_a_slip_is_put_right_and_the_wrong_child_withdrawn(world: World) -> None:
    ta = world.teaching_assistant
    made = (await seen(ta, world.ben, engagement=1, incident="Hid under the table.")).json()
    path = f"/v1/observations/{made['id']}"
    changed = await ta.change(path, {"engagement": 4, "incident": None})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["engagement"], changed.json()["incident"]) == (4, None)
    refused(await ta.change(path, {"engagement": None}), "")
    gone = await ta.verb(path, "withdraw")
    assert (gone.status_code, gone.json()["withdrawn_by"]) == (200, str(ta.account.id))
    for again in (await ta.verb(path, "withdraw"), await ta.change(path, {"engagement": 2})):
        assert again.status_code == 409
    assert [one["id"] for one in await read(ta, world.ben, status="withdrawn")] == [made["id"]]
    assert await read(ta, world.ben, status="recorded") == []


async def test_a_class_teacher_says_how_the_lesson_went_back_in_class_for_her_own_children_alone(world: World) -> None:
    teacher = world.class_teacher
    assert (await seen(teacher, world.amira, engagement=5)).status_code == 201
    refused(await seen(teacher, world.ben, engagement=5), "/pupil_id")
    refused(await seen(world.teaching_assistant, world.southerner, engagement=5), "/pupil_id")
