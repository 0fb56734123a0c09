"""The school calendar as the office enters it in one call, and everybody at the school reads it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.schools.calendars import year_of
from tests.world import World

PATH = "/v1/academic-years"


async def entered(world: World, **more: Any) -> str:
    """The path of North Quay's year."""
    made = await world.office.post(PATH, year_of(world.north, **more))
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


def wrong(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [one["pointer"] for one in answer.json().get("errors", [])]


async def test_the_office_types_in_the_year_from_the_wall_and_a_teaching_assistant_sees_it_on_her_phone(
    world: World,
) -> None:
    sent = year_of(world.north)
    made = await world.office.post(PATH, sent)
    assert made.status_code == 201, made.text
    # in the order of their days: the polling station before the half-term
    in_order = [sent["days_off"][at] for at in (0, 1, 4, 3, 2)]
    assert made.json() == {**sent, "id": made.json()["id"], "version": 1, "days_off": in_order}
    read = await world.teaching_assistant.get(made.headers["Location"])
    assert read.json() == made.json()
    listed = await world.class_teacher.get(f"{PATH}?school_id={world.north}&on=2027-08-31")
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    assert (await world.class_teacher.get(f"{PATH}?on=2027-09-01")).json()["items"] == []
    assert (await world.south_senco.get(made.headers["Location"])).status_code == 404
    assert (await world.teaching_assistant.post(PATH, sent)).status_code == 403


async def test_an_inset_day_is_added_by_sending_the_list_again_and_a_stale_copy_is_refused(world: World) -> None:
    path = await entered(world)
    read = await world.headteacher.get(path)
    days_off = [*read.json()["days_off"],
                {"kind": "inset", "name": "INSET", "from_on": "2027-07-19", "until_on": "2027-07-21"}]  # fmt: skip
    assert (await world.headteacher.patch(path, {"days_off": days_off})).status_code == 428
    changed = await world.headteacher.patch(path, {"days_off": days_off}, If_Match=read.headers["ETag"])
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.json()["days_off"] == days_off
    assert changed.json()["terms"] == read.json()["terms"]
    stale = await world.office.patch(path, {"days_off": []}, If_Match=read.headers["ETag"])
    assert stale.status_code == 412
    again = await world.headteacher.patch(path, {"days_off": days_off[::-1]}, If_Match=changed.headers["ETag"])
    assert again.json()["version"] == 2, "the same days in another order are the same days"


async def test_a_phone_that_sends_the_year_twice_under_its_own_id_enters_it_once(world: World) -> None:
    path = f"{PATH}/{uuid4()}"
    assert (await world.office.put(path, year_of(world.north))).status_code == 201
    assert (await world.office.put(path, year_of(world.north))).status_code == 200


async def test_no_two_years_of_a_school_share_a_day(world: World) -> None:
    path = await entered(world)
    for days in (
        {"starts_on": "2027-08-31", "ends_on": "2028-08-30"},
        {"starts_on": "2025-09-01", "ends_on": "2026-09-01"},
    ):
        middle = "2027-12-01" if days["starts_on"] > "2027" else "2025-12-01"
        term = {"name": "Autumn", "starts_on": middle, "ends_on": middle}
        twin = await world.senco.post(PATH, year_of(world.north, terms=[term], days_off=[], **days))
        assert (twin.status_code, twin.json()["type"]) == (409, "/problems/academic-years-overlap")
    term = {"name": "Autumn", "starts_on": "2027-09-02", "ends_on": "2027-12-17"}
    following = year_of(world.north, starts_on="2027-09-01", ends_on="2028-08-31", terms=[term], days_off=[])
    made = await world.senco.post(PATH, following)
    assert made.status_code == 201, made.text
    moved = await world.senco.change(made.headers["Location"], {"starts_on": "2027-08-30"})
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/academic-years-overlap")
    longer = await world.senco.change(path, {"ends_on": "2027-08-30"})
    assert longer.status_code == 200
    assert (await world.administrator.post(PATH, year_of(world.south))).status_code == 201, "another school's own"


async def test_of_rivals_entering_the_same_year_exactly_one_wins_and_nobody_is_told_to_come_back(world: World) -> None:
    for year in range(2030, 2036):
        term = {"name": "Autumn", "starts_on": f"{year}-09-02", "ends_on": f"{year}-12-18"}
        days = {"starts_on": f"{year}-09-01", "ends_on": f"{year + 1}-08-31", "terms": [term], "days_off": []}
        answers = await asyncio.gather(*(world.office.post(PATH, year_of(world.north, **days)) for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 11]


def term(starts_on: str, ends_on: str) -> dict[str, str]:
    return {"name": "Autumn", "starts_on": starts_on, "ends_on": ends_on}


def off(from_on: str, until_on: str, kind: str = "inset") -> dict[str, str]:
    return {"kind": kind, "name": "Off", "from_on": from_on, "until_on": until_on}


@pytest.mark.parametrize(
    ("more", "pointers"),
    [
        ({"ends_on": "2026-09-01"}, ["/ends_on"]),
        ({"ends_on": "2026-08-31"}, ["/ends_on"]),
        ({"ends_on": "2027-10-07"}, ["/ends_on"]),
        ({"ends_on": "9999-08-31"}, ["/ends_on"]),
        ({"starts_on": "31.8.2026"}, ["/starts_on"]),
        ({"terms": []}, ["/terms"]),
        ({"terms": [term("2026-12-18", "2026-09-02")]}, ["/terms/0/ends_on"]),
        ({"terms": [term("2026-08-31", "2026-12-18")]}, ["/terms/0/starts_on"]),
        ({"terms": [term("2026-09-02", "2027-09-01")]}, ["/terms/0/ends_on"]),
        ({"terms": [term("2026-09-02", "2026-12-18"), term("2026-12-18", "2027-03-25")]}, ["/terms/1/starts_on"]),
        ({"terms": [term("2027-01-04", "2027-03-25"), term("2026-09-02", "2027-01-04")]}, ["/terms/0/starts_on"]),
        ({"days_off": [off("2026-10-30", "2026-10-26")]}, ["/days_off/0/until_on"]),
        ({"days_off": [off("2026-09-02", "2026-09-02"), off("2027-09-01", "2027-09-02")]},
         ["/days_off/1/from_on", "/days_off/1/until_on"]),
        ({"days_off": [off("2026-09-02", "2026-09-02", "strike")]}, ["/days_off/0/kind"]),
        ({"days_off": [{**off("2026-09-02", "2026-09-02"), "pupil": "Amira"}]}, ["/days_off/0/pupil"]),
        ({"name": ""}, ["/name"]),
    ],
)  # fmt: skip
async def test_a_year_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(
    world: World, more: dict[str, Any], pointers: list[str]
) -> None:
    assert wrong(await world.office.post(PATH, year_of(world.north, **more))) == (422, pointers)


async def test_a_change_is_held_against_the_year_as_a_whole(world: World) -> None:
    path = await entered(world)
    shorter = await world.office.change(path, {"ends_on": "2027-07-20"})
    assert wrong(shorter) == (422, ["/ends_on"])
    assert "terms/2/ends_on" in shorter.json()["errors"][0]["detail"]
    assert wrong(await world.office.change(path, {"starts_on": "2026-09-03"})) == (422, ["/starts_on"] * 3)
    late = {"terms": [term("2026-09-02", "2027-09-01")]}
    assert wrong(await world.office.change(path, late)) == (422, ["/terms/0/ends_on"])
    assert wrong(await world.office.change(path, {"school_id": str(world.south)})) == (422, ["/school_id"])
    assert (await world.office.get(path)).json()["version"] == 1


async def test_another_schools_calendar_is_not_entered_and_absent_reads_like_out_of_reach(world: World) -> None:
    for school in (world.south, world.partner, uuid4()):
        assert wrong(await world.office.post(PATH, year_of(school))) == (422, ["/school_id"])
    assert wrong(await world.administrator.post(PATH, year_of(world.partner))) == (422, ["/school_id"])
