"""A series changed: all that is ahead, what follows from a day on, or one; and ended."""

from typing import Any

import pytest

from tests.spaces.series.terms import became, enter_year, weekly
from tests.world import World

SPRING = {"until_on": "2027-03-25"}


async def standing(world: World, series: str) -> dict[str, str]:
    """When each booked day of a series begins and ends, in UTC."""
    found = await world.senco.get(f"/v1/bookings?series_id={series}&status=booked&limit=200")
    return {one["series_on"]: f"{one['starts_at'][11:16]} {one['ends_at'][11:16]}" for one in found.json()["items"]}


async def begun(world: World, **more: Any) -> tuple[str, str]:
    """The id and the path of Amira's Mondays in spring."""
    await enter_year(world)
    made = await world.therapist.post("/v1/series", weekly(world.sensory, world.amira, **SPRING, **more))
    assert made.status_code == 201, made.text
    return made.json()["id"], made.headers["Location"]


def refused(answer: Any, pointer: str) -> None:
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer]), answer.text


async def test_the_therapist_moves_the_rest_of_the_term_to_the_afternoon_and_what_was_before_stays(
    world: World,
) -> None:
    series, path = await begun(world)
    later = {"scope": "following", "from_on": "2027-02-01", "from_time": "13:00", "until_time": "14:00"}
    moved = await world.therapist.change(path, later)
    assert moved.status_code == 200, moved.text
    assert (moved.json()["from_time"], moved.json()["version"]) == ("13:00", 2)
    times = await standing(world, series)
    assert {on for on, at in times.items() if at == "09:00 10:00"} == {
        "2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25",
    }  # fmt: skip
    assert {at for on, at in times.items() if on >= "2027-02-01"} == {"13:00 14:00"}


async def test_one_that_was_changed_by_itself_keeps_its_own_change(world: World) -> None:
    series, path = await begun(world)
    alone = next(one for one in (await world.therapist.get(path)).json()["occurrences"] if one["on"] == "2027-01-18")
    later = {"starts_at": "2027-01-18T11:00:00Z", "ends_at": "2027-01-18T12:00:00Z"}
    assert (await world.therapist.change(f"/v1/bookings/{alone['booking_id']}", later)).status_code == 200
    assert (await world.therapist.change(path, {"scope": "all", "until_time": "10:15"})).status_code == 200
    times = await standing(world, series)
    assert times.pop("2027-01-18") == "11:00 12:00"
    assert set(times.values()) == {"09:00 10:15"}
    shown = (await world.therapist.get(path)).json()["occurrences"]
    assert [one["on"] for one in shown if one["changed_alone"]] == ["2027-01-18"]


async def test_a_change_that_one_day_stands_against_changes_nothing_and_names_it(world: World) -> None:
    series, path = await begun(world)
    taken = {"space_id": str(world.classroom), "purpose": "lesson", "pupil_ids": [str(world.amira)]}
    for day in ("2027-01-11", "2027-03-01"):
        period = {"starts_at": f"{day}T13:30:00Z", "ends_at": f"{day}T15:00:00Z"}
        assert (await world.senco.post("/v1/bookings", {**taken, **period})).status_code == 201
    before = await standing(world, series)
    move = {"scope": "all", "from_time": "13:00", "until_time": "14:00", "note": "After lunch"}
    answer = await world.therapist.change(path, move)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/series-clash"), answer.text
    assert [(one["on"], one["reason"]) for one in answer.json()["occurrences"]] == [
        ("2027-01-11", "clash"), ("2027-03-01", "clash"),
    ]  # fmt: skip
    assert await standing(world, series) == before
    unchanged = (await world.therapist.get(path)).json()
    assert (unchanged["note"], unchanged["from_time"], unchanged["version"]) == (None, "09:00", 1)


async def test_another_room_that_is_shut_on_mondays_names_every_monday(world: World) -> None:
    _, path = await begun(world)
    tuesdays = [{"weekday": 2, "from_time": "09:00", "until_time": "15:00"}]
    assert (await world.senco.change(f"/v1/spaces/{world.classroom}", {"opening": tuesdays})).status_code == 200
    answer = await world.therapist.change(path, {"scope": "all", "space_id": str(world.classroom)})
    assert answer.status_code == 409, answer.text
    assert {one["reason"] for one in answer.json()["occurrences"]} == {"space-closed"}
    assert len(answer.json()["occurrences"]) == 11


async def test_other_people_and_words_go_into_every_booking_ahead(world: World) -> None:
    series, path = await begun(world)
    adult = str(world.staff["therapist"])
    changed = await world.senco.change(
        path, {"scope": "all", "pupil_ids": [str(world.ben)], "staff_ids": [adult], "note": "Quietly"}
    )
    assert changed.status_code == 200, changed.text
    items = (await world.senco.get(f"/v1/bookings?series_id={series}&limit=200")).json()["items"]
    assert {(one["note"], *one["pupil_ids"], *one["staff_ids"]) for one in items} == {
        ("Quietly", str(world.ben), adult)
    }
    free = await world.senco.post("/v1/series", weekly(world.classroom, world.amira, **SPRING))
    assert free.status_code == 201, "Amira's Mondays are hers again"


async def test_the_therapist_ends_it_at_half_term_and_the_room_is_free_from_there_on(world: World) -> None:
    series, path = await begun(world)
    ended = await world.therapist.verb(path, "end", {"ended_on": "2027-02-15"})
    assert ended.status_code == 200, ended.text
    assert became(ended, "cancelled") == ["2027-02-22", "2027-03-01", "2027-03-08", "2027-03-15", "2027-03-22"]
    assert max(await standing(world, series)) == "2027-02-08"
    assert (ended.json()["until_on"], ended.json()["ended_at"] is None) == ("2027-02-14", False)
    refused(await world.therapist.verb(path, "end", {"ended_on": "2027-02-16"}), "/ended_on")
    again = await world.senco.post(
        "/v1/series", weekly(world.sensory, world.amira, from_on="2027-02-15", until_on="2027-03-25")
    )
    assert again.status_code == 201, again.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"note": "Quietly"}, "/scope"),
        ({"scope": "following", "note": "Quietly"}, "/from_on"),
        ({"scope": "all", "from_on": "2027-02-01"}, "/from_on"),
        ({"scope": "all", "until_time": "08:00"}, "/until_time"),
        ({"scope": "all", "subject": "music"}, "/subject"),
        ({"scope": "all", "pupil_ids": ["01890000-0000-7000-8000-000000000000"]}, "/pupil_ids"),
        ({"scope": "all", "space_id": "01890000-0000-7000-8000-000000000000"}, "/space_id"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_and_the_member_is_named(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    _, path = await begun(world)
    refused(await world.therapist.change(path, change), pointer)


async def test_what_asks_for_approval_grows_only_by_somebody_who_may_approve(world: World) -> None:
    _, path = await begun(world)
    assert (await world.senco.change(f"/v1/spaces/{world.sensory}", {"needs_approval": True})).status_code == 200
    longer, shorter = {"scope": "all", "until_time": "10:30"}, {"scope": "all", "until_time": "09:45"}
    answer = await world.therapist.change(path, longer)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/approval-needed")
    assert (await world.therapist.change(path, shorter)).status_code == 200
    assert (await world.base_lead.change(path, longer)).status_code == 200


async def test_children_beyond_reach_keep_their_series_from_others(world: World) -> None:
    """A series in the hall with one child of the base is seen there, and changed only by whoever reaches them all."""
    await enter_year(world)
    both = weekly(world.dome, world.amira, world.mainstream, **SPRING)
    path = (await world.senco.post("/v1/series", both)).headers["Location"]
    for answer in (
        await world.teaching_assistant.change(path, {"scope": "all", "note": "Mine"}),
        await world.teaching_assistant.verb(path, "end", {"ended_on": "2027-02-01"}),
        await world.teaching_assistant.verb(path, "retry"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-your-booking"), answer.text
