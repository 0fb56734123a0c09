"""A teaching assistant with a phone in one hand and a child at the other: a zone in one tap, on bad Wi-Fi."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pupils.children import former
from tests.world import World

CHECK_INS = "/v1/zone-check-ins"


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def yellow(pupil: object, **more: object) -> dict[str, Any]:
    return {"pupil_id": str(pupil), "zones": ["yellow"], **more}


async def listed(world: World, query: str) -> list[list[str]]:
    answer = await world.teaching_assistant.get(f"{CHECK_INS}?{query}")
    assert answer.status_code == 200, answer.text
    return [one["zones"] for one in answer.json()["items"]]


async def test_the_answer_is_lost_she_taps_again_and_there_is_one_check_in(world: World) -> None:
    path = f"{CHECK_INS}/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    first = await world.teaching_assistant.put(path, yellow(world.amira))
    again = await world.teaching_assistant.put(path, yellow(world.amira))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["recorded_by"] == str(world.teaching_assistant.account.id)
    assert await listed(world, f"pupil_id={world.amira}") == [["yellow"]]
    for person, body in ((world.teaching_assistant, yellow(world.ben)), (world.second_assistant, yellow(world.amira))):
        taken = await person.put(path, body)
        assert (taken.status_code, taken.json()["type"]) == (409, "/problems/id-taken")


async def test_the_same_key_of_the_phone_makes_one_check_in_too(world: World) -> None:
    sent = [
        await world.teaching_assistant.post(CHECK_INS, yellow(world.amira), Idempotency_Key="tap-1") for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    other = await world.teaching_assistant.post(CHECK_INS, yellow(world.ben), Idempotency_Key="tap-1")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")


async def test_a_slip_of_the_finger_is_corrected_and_the_first_word_kept(world: World) -> None:
    made = await world.teaching_assistant.post(CHECK_INS, yellow(world.amira, note="After break."))
    path = made.headers["Location"]
    mended = await world.second_assistant.change(path, {"zones": ["red", "yellow"]})
    assert (mended.json()["zones"], mended.json()["note"]) == (["red", "yellow"], "After break.")
    assert (await world.second_assistant.change(path, {"note": None})).json()["note"] is None
    assert await former(world, made.json()["id"]) == [{"zones": ["yellow"]}, {"note": "After break."}]
    same = await world.second_assistant.change(path, {})
    assert same.json()["version"] == 3
    for wrong in ({"zones": None}, {"zones": []}, {"zones": ["red", "red"]}, {"said_by": "adult"}):
        assert (await world.second_assistant.change(path, wrong)).status_code == 422, wrong


async def test_the_wrong_child_is_taken_back_and_stays_readable(world: World) -> None:
    made = await world.teaching_assistant.post(CHECK_INS, yellow(world.amira))
    path = made.headers["Location"]
    gone = await world.teaching_assistant.verb(path, "withdraw")
    assert (gone.status_code, gone.json()["withdrawn_at"] is None) == (200, False)
    assert (await world.teaching_assistant.verb(path, "withdraw")).status_code == 409
    assert (await world.teaching_assistant.change(path, {"zones": ["green"]})).status_code == 409
    assert await listed(world, f"pupil_id={world.amira}") == [["yellow"]]


async def test_a_phone_that_was_offline_tells_it_late_with_the_time_it_was(world: World) -> None:
    late = moment(hours=50)
    made = await world.teaching_assistant.post(CHECK_INS, yellow(world.amira, at=late, said_by="adult"))
    assert made.status_code == 201, made.text
    assert datetime.fromisoformat(made.json()["at"]) == datetime.fromisoformat(late)
    assert datetime.fromisoformat(made.json()["created_at"]) - datetime.fromisoformat(late) > timedelta(hours=49)
    await world.teaching_assistant.post(CHECK_INS, {"pupil_id": str(world.amira), "zones": ["green"]})
    assert await listed(world, f"from_at={moment(hours=51)}&until_at={moment(hours=49)}") == [["yellow"]]
    assert await listed(world, f"from_at={moment(hours=49)}") == [["green"]]


async def test_a_clock_a_little_fast_is_forgiven_and_the_future_is_not(world: World) -> None:
    assert (
        await world.teaching_assistant.post(CHECK_INS, yellow(world.amira, at=moment(minutes=-2)))
    ).status_code == 201
    refused = await world.teaching_assistant.post(CHECK_INS, yellow(world.amira, at=moment(minutes=-10)))
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, ["/at"])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"zones": ["yellow", "yellow"]}, "/zones"),
        ({"zones": []}, "/zones"),
        ({"zones": ["purple"]}, "/zones/0"),
        ({"zones": "yellow"}, "/zones"),
        ({"zones": ["blue", "green", "yellow", "red", "blue"]}, "/zones"),
        ({"at": "2026-11-24T10:00:00"}, "/at"),
        ({"score": 3}, "/score"),
        ({"said_by": "robot"}, "/said_by"),
    ],
)
async def test_a_check_in_that_makes_no_sense_is_422(world: World, wrong: dict[str, object], pointer: str) -> None:
    refused = await world.teaching_assistant.post(CHECK_INS, yellow(world.amira, **wrong))
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_a_child_of_nobodys_is_422_like_a_child_who_is_not_hers(world: World) -> None:
    absent = "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"
    answers = [
        await world.teaching_assistant.post(CHECK_INS, yellow(pupil))
        for pupil in (world.mainstream, world.southerner, absent)
    ]
    assert [one.status_code for one in answers] == [422, 422, 422]
    assert len({str(one.json()["errors"]) for one in answers}) == 1
    made = await world.senco.post(CHECK_INS, yellow(world.mainstream))
    assert (await world.teaching_assistant.get(made.headers["Location"])).status_code == 404


async def test_more_than_one_zone_at_once_in_the_order_said(world: World) -> None:
    made = await world.therapist.post(CHECK_INS, yellow(world.amira, zones=["red", "blue"]))
    assert made.json()["zones"] == ["red", "blue"]
