"""A series: the same room every week in term time, made in one call, and every day of it accounted for."""

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.spaces.series.terms import HALF_TERM, INSET, became, enter_year, reasons, weekly
from tests.world import World

LONDON = ZoneInfo("Europe/London")


async def made(person: Any, body: dict[str, Any]) -> Any:
    answer = await person.post("/v1/series", body)
    assert answer.status_code == 201, answer.text
    return answer


async def booked_in(world: World, answer: Any) -> list[dict[str, Any]]:
    found = await world.senco.get(f"/v1/bookings?series_id={answer.json()['id']}&limit=200")
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def test_a_therapist_books_mondays_drama_therapy_for_all_autumn_on_her_tablet_between_two_children(
    world: World,
) -> None:
    """One call; it leaves out half-term and the INSET day by itself, and says so."""
    await enter_year(world)
    autumn = {"from_on": "2026-09-07", "until_on": "2026-12-18"}
    answer = await made(world.therapist, weekly(world.sensory, world.amira, **autumn))
    assert (len(became(answer, "booked")), became(answer, "skipped")) == (13, [])
    assert reasons(answer) == {HALF_TERM: "half_term", INSET: "inset"}
    document = answer.json()
    assert (document["from_time"], document["until_time"], document["weekdays"]) == ("09:00", "10:00", [1])
    bookings = await booked_in(world, answer)
    assert [one["series_on"] for one in bookings] == became(answer, "booked")
    assert {one["booking_id"] for one in document["occurrences"]} - {None} == {one["id"] for one in bookings}
    assert (await world.therapist.get(answer.headers["Location"])).json() == document
    listed = (await world.teaching_assistant.get(f"/v1/series?space_id={world.sensory}")).json()["items"]
    assert [one["id"] for one in listed] == [document["id"]]
    assert (await world.south_senco.get(answer.headers["Location"])).status_code == 404


async def test_nine_o_clock_stays_nine_o_clock_through_both_changes_of_the_clocks(world: World) -> None:
    await enter_year(world)
    whole_year = {"from_on": "2026-09-01", "until_on": "2027-08-31"}
    answer = await made(world.senco, weekly(world.sensory, world.amira, **whole_year))
    starts = [datetime.fromisoformat(one["starts_at"]) for one in await booked_in(world, answer)]
    assert {one.astimezone(LONDON).strftime("%a %H:%M") for one in starts} == {"Mon 09:00"}
    assert {one.strftime("%H:%M") for one in starts} == {"08:00", "09:00"}
    assert len(starts) == 37, "13 in autumn, 11 in spring, 13 in summer"


async def test_a_fortnight_counts_weeks_of_the_calendar(world: World) -> None:
    await enter_year(world)
    autumn = {"from_on": "2026-09-09", "until_on": "2026-12-18", "weekdays": [1, 3], "every_weeks": 2}
    answer = await made(world.senco, weekly(world.sensory, world.amira, **autumn))
    days = [one["on"] for one in answer.json()["occurrences"]]
    assert days[:5] == ["2026-09-09", "2026-09-21", "2026-09-23", "2026-10-05", "2026-10-07"]


async def test_one_day_that_is_taken_lets_nothing_be_booked_and_every_such_day_is_named(world: World) -> None:
    await enter_year(world)
    taken = {"space_id": str(world.classroom), "purpose": "lesson", "pupil_ids": [str(world.amira)]}
    for day in ("2027-01-11", "2027-02-08"):
        period = {"starts_at": f"{day}T09:30:00Z", "ends_at": f"{day}T11:00:00Z"}
        assert (await world.senco.post("/v1/bookings", {**taken, **period})).status_code == 201
    await world.senco.post("/v1/closures", {"school_id": str(world.north), "from_at": "2027-01-18T00:00:00Z",
                                            "until_at": "2027-01-19T00:00:00Z", "reason": "Snow"})  # fmt: skip
    answer = await world.therapist.post("/v1/series", weekly(world.sensory, world.amira))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/series-clash"), answer.text
    found = answer.json()["occurrences"]
    assert [(one["on"], one["reason"]) for one in found] == [
        ("2027-01-11", "clash"), ("2027-01-18", "space-closed"), ("2027-02-08", "clash"),
    ]  # fmt: skip
    assert found[0]["clashes"][0]["pupil_id"] == str(world.amira)
    assert (await world.senco.get(f"/v1/series?space_id={world.sensory}")).json()["items"] == []
    assert (await world.senco.get(f"/v1/bookings?space_id={world.sensory}")).json()["items"] == []


async def test_what_stands_in_the_way_is_skipped_named_and_tried_again_when_the_way_is_clear(world: World) -> None:
    await enter_year(world)
    await world.senco.change(f"/v1/spaces/{world.classroom}", {"pupils_per_adult": 1})
    adult = [str(world.staff["therapist"])]
    full = world.space("Nook", "classroom", 1, world.bubble, world.north)
    await world.save()
    other = {"space_id": str(full), "purpose": "lesson", "pupil_ids": [str(world.ben)],
             "starts_at": "2027-01-11T09:59:00Z", "ends_at": "2027-01-11T10:30:00Z"}  # fmt: skip
    in_the_way = (await world.senco.post("/v1/bookings", other)).json()["id"]
    series = await made(world.senco, weekly(full, world.amira, on_conflict="skip"))
    assert {
        on: why for on, why in reasons(series).items() if why not in ("half_term", "bank_holiday", "out_of_term")
    } == {"2027-01-11": "space-full"}
    alone = await made(
        world.senco, weekly(world.classroom, world.ben, on_conflict="skip", from_time="11:00", until_time="12:00")
    )
    assert set(reasons(alone).values()) >= {"adults-missing"}
    assert became(alone, "booked") == []
    assert adult
    assert (await world.senco.verb(f"/v1/bookings/{in_the_way}", "cancel")).status_code == 200
    again = await world.senco.verb(series.headers["Location"], "retry")
    assert again.status_code == 200, again.text
    assert "2027-01-11" in became(again, "booked")
    assert len(await booked_in(world, series)) == len(became(again, "booked"))
    assert again.json()["version"] == 2


async def test_a_closure_later_on_shows_in_the_series(world: World) -> None:
    await enter_year(world)
    series = await made(world.senco, weekly(world.sensory, world.amira))
    await world.senco.post("/v1/closures", {"school_id": str(world.north), "from_at": "2027-01-18T00:00:00Z",
                                            "until_at": "2027-01-19T00:00:00Z", "reason": "Snow"})  # fmt: skip
    told = await world.therapist.get(series.headers["Location"])
    assert became(told, "cancelled") == ["2027-01-18"]
    assert reasons(told)["2027-01-18"] == "closure"


async def test_each_day_of_a_whole_base_has_whom_it_has_on_that_day(world: World) -> None:
    await enter_year(world)
    placement = (await world.senco.get(f"/v1/placements?pupil_id={world.dev}")).json()["items"][0]["id"]
    ended = await world.senco.verb(f"/v1/placements/{placement}", "end", {"until_on": "2027-02-01"})
    assert ended.status_code == 200, ended.text
    series = await made(world.base_lead, weekly(world.classroom, whole_base=True, purpose="lesson"))
    with_dev = [one["series_on"] for one in await booked_in(world, series) if str(world.dev) in one["pupil_ids"]]
    assert with_dev == ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25", "2027-02-01"]
    assert (await world.class_teacher.get(series.headers["Location"])).status_code == 404


async def test_a_group_is_booked_as_whom_it_holds_now(world: World) -> None:
    await enter_year(world)
    body = {"base_id": str(world.bubble), "name": "Lego club", "pupil_ids": [str(world.amira), str(world.ben)]}
    group = (await world.base_lead.post("/v1/groups", body)).json()["id"]
    named = {"group_id": group}
    series = await made(world.teaching_assistant, weekly(world.classroom, **named))
    assert set(series.json()["pupil_ids"]) == {str(world.amira), str(world.ben)}
    one = {"space_id": str(world.sensory), "purpose": "lesson", "starts_at": "2027-01-05T09:00:00Z",
           "ends_at": "2027-01-05T10:00:00Z"}  # fmt: skip
    booking = await world.teaching_assistant.post("/v1/bookings", {**one, **named})
    assert booking.status_code == 201, booking.text
    assert set(booking.json()["pupil_ids"]) == {str(world.amira), str(world.ben)}
    for who, more in ((world.south_senco, {"space_id": str(world.south_room)}), (world.class_teacher, {}),
                      (world.teaching_assistant, {"pupil_ids": [str(world.cara)]})):  # fmt: skip
        for path, sent in (("/v1/bookings", one), ("/v1/series", weekly(world.classroom))):
            wrong = await who.post(path, {**sent, **named, **more})
            assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/group_id"), wrong.text


async def test_a_room_that_asks_for_approval_gets_requests(world: World) -> None:
    await enter_year(world)
    await world.senco.change(f"/v1/spaces/{world.sensory}", {"needs_approval": True})
    series = await made(world.therapist, weekly(world.sensory, world.amira))
    assert len(became(series, "requested")) > 20
    assert became(series, "booked") == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"until_on": "2027-01-01"}, "/until_on"),
        ({"until_on": "2027-09-01"}, "/until_on"),
        ({"until_on": "9999-12-31"}, "/until_on"),
        ({"from_on": "2028-01-03", "until_on": "2028-02-01"}, "/from_on"),
        ({"from_on": "2027-02-15", "until_on": "2027-02-19"}, "/weekdays"),
        ({"weekdays": [6, 7]}, "/weekdays"),
        ({"weekdays": [1, 1]}, "/weekdays"),
        ({"weekdays": [7], "from_time": "01:30", "until_time": "02:30"}, "/weekdays"),
        ({"weekdays": [1, 7], "from_time": "01:30", "until_time": "02:30"}, "/from_time"),
        ({"weekdays": [1, 7], "from_time": "00:30", "until_time": "01:30"}, "/until_time"),
        ({"from_time": "23:00", "until_time": "01:00"}, "/until_time"),
        ({"until_time": "09:00"}, "/until_time"),
        ({"from_time": "08:00", "until_time": "20:01"}, "/until_time"),
        ({"subject": "music"}, "/subject"),
        ({"whole_base": True}, "/pupil_ids"),
        ({"pupil_ids": ["01890000-0000-7000-8000-000000000000"]}, "/pupil_ids"),
        ({"space_id": "01890000-0000-7000-8000-000000000000"}, "/space_id"),
    ],
)
async def test_what_cannot_be_is_refused_and_the_member_is_named(
    world: World, wrong: dict[str, Any], pointer: str
) -> None:
    await enter_year(world)
    answer = await world.base_lead.post("/v1/series", weekly(world.sensory, world.amira, **wrong))
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


async def test_two_hundred_school_days_are_not_there_to_be_had_in_a_year_of_195(world: World) -> None:
    """Nothing over 200 can be asked of a usual calendar; one without holidays is cut off."""
    without = {"school_id": str(world.north), "name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-08-31",
               "terms": [{"name": "All", "starts_on": "2026-09-01", "ends_on": "2027-08-31"}]}  # fmt: skip
    assert (await world.office.post("/v1/academic-years", without)).status_code == 201
    every_day = weekly(
        world.sensory, world.amira, weekdays=[1, 2, 3, 4, 5], from_on="2026-09-01", until_on="2027-06-08"
    )
    too_many = await world.senco.post("/v1/series", every_day)
    assert (too_many.status_code, too_many.json()["errors"][0]["pointer"]) == (422, "/until_on")
    assert len(became(await made(world.senco, every_day | {"until_on": "2027-06-07"}), "booked")) == 200


async def test_twenty_rivals_ask_for_the_same_mondays_and_each_monday_has_one_winner(world: World) -> None:
    await enter_year(world)
    nook = world.space("Nook", "classroom", 1, world.bubble, world.north)
    await world.save()
    pupils = [world.amira, world.ben, world.cara, world.dev]
    spring = {"until_on": "2027-03-25"}
    for policy in ("fail", "skip"):
        hour = (
            {"from_time": "09:00", "until_time": "10:00"}
            if policy == "fail"
            else {"from_time": "11:00", "until_time": "12:00"}
        )
        answers = await asyncio.gather(
            *(
                world.senco.post("/v1/series", weekly(nook, pupils[n % 4], on_conflict=policy, **spring, **hour))
                for n in range(20)
            )
        )
        statuses = [answer.status_code for answer in answers]
        assert sorted(set(statuses)) == ([201, 409] if policy == "fail" else [201]), [a.text for a in answers]
        won = [on for answer in answers if answer.status_code == 201 for on in became(answer, "booked")]
        assert len(won) == len(set(won)) == 11
        if policy == "fail":
            assert statuses.count(201) == 1
