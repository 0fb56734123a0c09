"""Where can these children be together, and when: the search for free time, held against booking what it offers."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from iap_api.access.tables import HeldRole
from iap_api.core import clock
from tests.conftest import FULL
from tests.core.recorded import entries_of, named_in
from tests.world import Person, World

MONDAY = clock.today() + timedelta(days=7 - clock.today().weekday())
WORDS = {"minutes": 20, "from_time": "10:00", "until_time": "11:00", "purpose": "regulation"}


def at(day: int, wall: str) -> str:
    """A time of the school's clock on a day of next week, 0 for Monday."""
    local = datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(wall), clock.LONDON)
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def search(person: Person, pupils: Any = (), staff: Any = (), **more: Any) -> dict[str, Any]:
    """Ask for next week, ten to eleven, unless said otherwise."""
    words = {**WORDS, "from_on": MONDAY, "until_on": MONDAY + timedelta(days=4), **more}
    features = words.pop("features", ())
    several = [("pupil_ids", pupils), ("staff_ids", staff), ("features", features)]
    asked = [f"{name}={value}" for name, value in words.items()]
    asked += [f"{name}={one}" for name, values in several for one in values]
    answer = await person.get(f"/v1/availability?{'&'.join(asked)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def book(person: Person, space: Any, start: str, end: str, *pupils: Any, **more: Any) -> str:
    body = {"space_id": str(space), "starts_at": start, "ends_at": end, "purpose": "lesson",
            "pupil_ids": [str(one) for one in pupils], **more}  # fmt: skip
    answer = await person.post("/v1/bookings", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def set_up(world: World, space: Any, **values: Any) -> None:
    answer = await world.senco.change(f"/v1/spaces/{space}", values)
    assert answer.status_code == 200, answer.text


def why(found: dict[str, Any]) -> dict[str, str]:
    return {one["space_id"]: one["reason"] for one in found["out"]}


def where(found: dict[str, Any], space: Any) -> list[tuple[str, str]]:
    """When a booking may begin in a space: from, and at the latest."""
    return [(one["starts_at"], one["latest_start"]) for one in found["options"] if one["space_id"] == str(space)]


async def test_a_base_lead_finds_twenty_quiet_minutes_for_three_children_and_an_assistant_this_week(
    world: World,
) -> None:
    """Ten to nine on Monday, standing, phone in hand, the bus is late: three who came in upset need the quiet room with
    their assistant once between ten and eleven. One question, and the first line of the answer is what she books."""
    lead, three = world.base_lead, (world.amira, world.ben, world.cara)
    assistant = str(world.staff["teaching_assistant"])
    # the assistant is with Dev until a quarter past ten, Ben has a lesson until half past, the quiet room is one short
    await book(lead, world.stem, at(0, "09:00"), at(0, "10:15"), world.dev, staff_ids=[assistant])
    await book(lead, world.classroom, at(0, "09:30"), at(0, "10:30"), world.ben)
    await book(world.senco, world.sensory, at(0, "10:35"), at(0, "10:50"), world.mainstream)
    found = await search(lead, three, [assistant])
    first = found["options"][0]
    # the room it is usually done in is taken until it is too late, so the next best that morning: outdoors
    assert (first["space_id"], first["starts_at"]) == (str(world.dome), at(0, "10:30"))
    assert first["ends_at"] == at(0, "10:50")
    assert where(found, world.sensory)[0] == (at(1, "10:00"), at(1, "10:40"))
    assert why(found) == {str(world.retreat): "walk-in-only"}
    body = {"space_id": first["space_id"], "starts_at": first["starts_at"], "ends_at": first["ends_at"],
            "purpose": "regulation", "pupil_ids": [str(one) for one in three], "staff_ids": [assistant]}  # fmt: skip
    assert (await lead.post("/v1/bookings", body)).status_code == 201


async def test_of_what_begins_together_the_kind_that_suits_comes_first_and_then_the_smallest(world: World) -> None:
    for purpose, kinds in {
        "regulation": ["sensory_room", "outdoor", "stem_room", "classroom"],
        "lesson": ["classroom", "stem_room", "sensory_room", "outdoor"],
    }.items():
        found = await search(world.base_lead, [world.amira], purpose=purpose, until_on=MONDAY)
        assert [one["kind"] for one in found["options"]] == kinds
    assert [one["free_places"] for one in found["options"]] == [10, 6, 3, 12]


async def test_why_each_other_room_is_out(world: World) -> None:
    lead = world.base_lead
    await set_up(world, world.stem, days_ahead=0)
    await set_up(world, world.dome, bookable_by=["therapist"])
    await set_up(world, world.classroom, opening=[{"weekday": 1, "from_time": "13:00", "until_time": "15:00"}])
    kitchen = world.space("Economics room", "economics_room", 2, world.bubble, world.north)
    shut = world.space("Shut room", "classroom", 9, world.bubble, world.north)
    alone = world.space("Watched room", "classroom", 9, world.bubble, world.north)
    await world.save()
    await set_up(world, alone, pupils_per_adult=2)
    closed = {"school_id": str(world.north), "base_id": str(world.bubble), "space_ids": [str(shut)],
              "from_at": at(0, "00:00"), "until_at": at(6, "00:00"), "reason": "Painting"}  # fmt: skip
    assert (await world.senco.post("/v1/closures", closed)).status_code == 201
    for day in range(5):
        await book(lead, world.sensory, at(day, "10:10"), at(day, "10:50"), world.dev)
    three = (world.amira, world.ben, world.cara)
    assert why(await search(lead, three)) == {
        str(world.stem): "too-far-ahead", str(world.dome): "not-your-space-to-book", str(world.classroom): "opening",
        str(kitchen): "too-few-places", str(shut): "space-closed", str(alone): "adults-missing",
        str(world.sensory): "space-full", str(world.retreat): "walk-in-only",
    }  # fmt: skip
    wanted = await search(lead, [world.amira], features=["sink", "dimmable"], kind="outdoor")
    assert why(wanted) == {str(world.dome): "not-your-space-to-book"}
    assert set(why(await search(lead, [world.amira], features=["sink"], kind="sensory_room")).values()) == {
        "missing-feature"
    }
    await set_up(world, kitchen, features=["sink", "oven", "dimmable"])
    there = await search(lead, [world.amira], features=["sink", "dimmable"])
    assert {one["space_id"] for one in there["options"]} == {str(kitchen)}


async def test_who_is_elsewhere_all_the_time_is_named_and_where_is_not_said(world: World) -> None:
    for day in range(5):
        await book(world.base_lead, world.classroom, at(day, "10:05"), at(day, "10:55"), world.amira)
    found = await search(world.base_lead, [world.amira, world.ben], [world.staff["second_assistant"]])
    assert found["options"] == []
    for one in found["out"]:
        if one["space_id"] != str(world.retreat):
            assert (one["reason"], one["pupil_ids"], one["staff_ids"]) == ("busy", [str(world.amira)], [])


async def test_a_lesson_ends_and_the_next_begins_at_the_same_minute(world: World) -> None:
    await book(world.base_lead, world.sensory, at(0, "10:00"), at(0, "10:20"), world.amira)
    await book(world.base_lead, world.sensory, at(0, "10:40"), at(0, "11:00"), world.amira)
    found = await search(world.base_lead, [world.amira], until_on=MONDAY, kind="sensory_room")
    assert where(found, world.sensory) == [(at(0, "10:20"), at(0, "10:20"))]


async def test_between_two_bookings_the_kitchen_is_cleaned_and_made_ready(world: World) -> None:
    kitchen = world.space("Economics room", "economics_room", 1, world.bubble, world.north)
    await world.save()
    await set_up(world, kitchen, buffer_before_minutes=5, buffer_after_minutes=10)
    await book(world.base_lead, kitchen, at(0, "10:40"), at(0, "11:00"), world.ben)
    found = await search(
        world.base_lead, [world.amira], until_on=MONDAY, kind="economics_room", minutes=10, until_time="12:00"
    )
    assert where(found, kitchen) == [(at(0, "10:00"), at(0, "10:15")), (at(0, "11:15"), at(0, "11:50"))]


async def test_nothing_that_has_begun_already_is_offered(world: World) -> None:
    found = await search(
        world.base_lead, [world.amira], minutes=1, from_on=clock.today(), until_on=clock.today(), from_time="00:00",
        until_time="23:59", kind="sensory_room",
    )  # fmt: skip
    now = clock.now()
    if now.astimezone(clock.LONDON).time() < time(23, 55):
        (one,) = found["options"]
        assert now - timedelta(minutes=1) < datetime.fromisoformat(one["starts_at"]) < now + timedelta(minutes=2)


async def test_the_hours_of_today_that_have_passed_are_no_reason_against_a_room(world: World) -> None:
    """At noon the lead asks for "today or tomorrow before nine": tomorrow it is, and today alone she is told so."""
    now = clock.now().astimezone(clock.LONDON)
    morning = {"minutes": 1, "from_time": "00:00", "until_time": now.strftime("%H:%M"), "kind": "sensory_room"}
    if morning["until_time"] == "00:00":
        return  # nothing of the day has passed
    days = {"from_on": now.date(), "until_on": now.date() + timedelta(days=1)}
    (one,) = (await search(world.base_lead, [world.amira], **morning, **days))["options"]
    assert one["starts_at"] == datetime.combine(days["until_on"], time(), clock.LONDON).astimezone(
        UTC
    ).isoformat().replace("+00:00", "Z")
    with pytest.raises(AssertionError, match="/until_time"):
        await search(world.base_lead, [world.amira], **morning, **{**days, "until_on": days["from_on"]})


async def test_a_room_somebody_has_walked_into_is_kept_for_them_and_counts_as_theirs(world: World) -> None:
    await set_up(world, world.sensory, places=1)
    body = {"pupil_id": str(world.amira), "space_id": str(world.sensory), "initiated_by": "pupil",
            "free_to_leave": True, "door": "open", "adult_in_sight": True}  # fmt: skip
    visit = await world.teaching_assistant.post("/v1/visits", body)
    assert visit.status_code == 201, visit.text
    kept = datetime.fromisoformat(visit.json()["holds_until"])
    days = {"from_on": clock.today(), "until_on": clock.today() + timedelta(days=1), "from_time": "00:00",
            "until_time": "23:59", "kind": "sensory_room"}  # fmt: skip
    for pupil, waits in ((world.ben, True), (world.amira, False)):
        found = await search(world.base_lead, [pupil], minutes=5, **days)
        first = datetime.fromisoformat(found["options"][0]["starts_at"])
        assert (first >= kept) == waits
        assert first < kept + timedelta(minutes=20)
        ends = (first + timedelta(minutes=5)).isoformat()
        gone = await book(world.base_lead, world.sensory, first.isoformat(), ends, pupil)
        assert (await world.base_lead.verb(f"/v1/bookings/{gone}", "cancel")).status_code == 200


async def test_a_room_that_is_open_again_after_all_is_offered(world: World) -> None:
    closed = {"school_id": str(world.north), "from_at": at(0, "00:00"), "until_at": at(6, "00:00"), "reason": "Snow"}
    made = await world.senco.post("/v1/closures", closed)
    assert set(why(await search(world.base_lead, [world.amira])).values()) == {"space-closed", "walk-in-only"}
    assert (await world.senco.verb(f"/v1/closures/{made.json()['id']}", "withdraw")).status_code == 200
    assert set(why(await search(world.base_lead, [world.amira])).values()) == {"walk-in-only"}


async def test_what_a_room_asks_approval_for_is_said_to_whoever_needs_it(world: World) -> None:
    await set_up(world, world.sensory, needs_approval=True)
    for person, asks in ((world.teaching_assistant, True), (world.base_lead, False)):
        found = await search(person, [world.amira], kind="sensory_room")
        assert {one["needs_approval"] for one in found["options"]} == {asks}


async def test_a_cut_answer_says_so(world: World) -> None:
    found = await search(world.base_lead, [world.amira], limit=3)
    assert (len(found["options"]), found["more"]) == (3, True)
    whole = await search(world.base_lead, [world.amira])
    assert (found["options"], whole["more"]) == (whole["options"][:3], False)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"until_on": MONDAY - timedelta(days=1)}, "/until_on"),
        ({"until_on": MONDAY + timedelta(days=14)}, "/until_on"),
        ({"from_on": date(2025, 1, 6), "until_on": date(2025, 1, 7)}, "/until_on"),
        ({"from_on": "9999-01-01", "until_on": "9999-01-01"}, "/from_on"),
        ({"minutes": 61}, "/until_time"),
        ({"minutes": 0}, "/minutes"),
        ({"until_time": "10:00"}, "/until_time"),
        ({"until_time": "25:00"}, "/until_time"),
        ({"purpose": "fun"}, "/purpose"),
        ({"kind": "cupboard"}, "/kind"),
        ({"features": ["A sink"]}, "/features/0"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_name(world: World, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(AssertionError) as refused:
        await search(world.base_lead, [world.amira], **wrong)
    assert f'"pointer":"{pointer}"' in str(refused.value)


async def test_somebody_beyond_reach_is_refused_like_somebody_who_does_not_exist(world: World) -> None:
    refusals = []
    for pupils, staff, pointer in (
        ([world.southerner], [], "/pupil_ids"),
        ([UUID(int=7 << 76 | 2 << 62)], [], "/pupil_ids"),
        ([world.amira, world.amira], [], "/pupil_ids"),
        ([], [UUID(int=7 << 76 | 2 << 62)], "/staff_ids"),
    ):
        with pytest.raises(AssertionError) as refused:
            await search(world.base_lead, pupils, staff)
        assert f'"pointer":"{pointer}"' in str(refused.value)
        refusals.append(str(refused.value).split('"errors"')[1])
    assert refusals[0].split("}]")[0] == refusals[1].split("}]")[0]


async def test_a_room_of_another_school_is_out_for_our_child(world: World) -> None:
    both = world.account("both", "senco", world.north)
    world.add(HeldRole(account_id=both.account.id, role="senco", place_id=world.south, starts_on=date(2025, 9, 1)))
    await world.save()
    assert why(await search(both, [world.amira]))[str(world.south_room)] == "other-school"


async def test_a_search_is_on_the_record_of_those_it_is_about(world: World) -> None:
    await search(world.base_lead, [world.amira, world.ben])
    found = [(one.kind, one.resource, named_in(one)) for one in await entries_of(world, world.base_lead)]
    assert found == [("read", "availability", {world.amira, world.ben})]


async def _arranged(world: World, random: Random) -> list[UUID]:
    """Three rooms with terms of their own, and a day of bookings in them that nobody tidied."""
    rooms = [world.space(f"Room {one}", "classroom", random.choice((1, 2, 4)), world.bubble, world.north)
             for one in range(3)]  # fmt: skip
    await world.save()
    for room in rooms:
        buffers = {name: random.choice((0, 0, 3, 10)) for name in ("buffer_before_minutes", "buffer_after_minutes")}
        hours = [{"weekday": 1, "from_time": "09:50", "until_time": random.choice(("10:37", "11:30"))}]
        ratio = random.choice((None, None, 1, 2))
        await set_up(world, room, opening=random.choice(([], hours)), pupils_per_adult=ratio, **buffers)
    adults = [world.staff[name] for name in ("teaching_assistant", "second_assistant", "therapist")]
    for _ in range(14):
        begins = 9 * 60 + 40 + random.randrange(80)
        period = [f"{one // 60:02}:{one % 60:02}" for one in (begins, begins + random.choice((5, 12, 30)))]
        body = {
            "space_id": str(random.choice(rooms)), "purpose": random.choice(("other", "other", "other", "meeting")),
            "starts_at": at(0, period[0]), "ends_at": at(0, period[1]),
            "pupil_ids": [str(one) for one in random.sample([world.cara, world.dev, world.ben], random.randrange(3))],
            "staff_ids": [str(one) for one in random.sample(adults, random.randrange(2))],
        }  # fmt: skip
        await world.base_lead.post("/v1/bookings", body)
    if random.random() < 0.5:
        closed = {"school_id": str(world.north), "base_id": str(world.bubble), "space_ids": [str(rooms[0])],
                  "from_at": at(0, "10:05"), "until_at": at(0, "10:25"), "reason": "Painting"}  # fmt: skip
        assert (await world.senco.post("/v1/closures", closed)).status_code == 201
    return rooms


@pytest.mark.parametrize("seed", range(40 if FULL else 6))
async def test_what_is_offered_can_be_booked_and_no_minute_before_it_can(world: World, seed: int) -> None:
    random = Random(seed)
    rooms = await _arranged(world, random)
    pupils = random.sample([world.amira, world.ben], random.randrange(1, 3))
    staff = [world.staff["base_lead"]] * random.randrange(2)
    minutes, purpose = random.choice((5, 20)), random.choice(("other", "meeting"))
    found = await search(
        world.base_lead, pupils, staff, minutes=minutes, from_time="10:00", until_time="10:50", until_on=MONDAY,
        limit=200, purpose=purpose,
    )  # fmt: skip

    async def can_be_booked(room: UUID, begins: datetime) -> bool:
        ends = begins + timedelta(minutes=minutes)
        body = {"space_id": str(room), "starts_at": begins.isoformat(), "ends_at": ends.isoformat(), "purpose": purpose,
                "pupil_ids": [str(one) for one in pupils], "staff_ids": [str(one) for one in staff]}  # fmt: skip
        answer = await world.base_lead.post("/v1/bookings", body)
        if answer.status_code == 201:
            gone = await world.base_lead.verb(f"/v1/bookings/{answer.json()['id']}", "cancel")
            assert gone.status_code == 200
        else:
            assert answer.status_code == 409, answer.text
        return answer.status_code == 201

    first, last = (datetime.fromisoformat(at(0, wall)) for wall in ("10:00", "10:50"))
    for room in rooms:
        stretches = [tuple(map(datetime.fromisoformat, one)) for one in where(found, room)]
        offered, bookable, moment = set(), set(), first
        while moment <= last - timedelta(minutes=minutes):
            offered |= {moment for begins, latest in stretches if begins <= moment <= latest}
            bookable |= {moment} if await can_be_booked(room, moment) else set()
            moment += timedelta(minutes=1)
        assert offered == bookable
        assert bool(stretches) == (str(room) not in why(found))
