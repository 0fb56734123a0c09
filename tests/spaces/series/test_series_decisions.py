"""An assistant asks for the music room every Monday; the base lead says yes or no to all of it at once."""

from typing import Any

from tests.core.recorded import entries_of, named_in
from tests.spaces.series.terms import became, enter_year, weekly
from tests.world import World

MAY = {"from_on": "2027-05-10", "until_on": "2027-05-24"}
DAYS = ["2027-05-10", "2027-05-17", "2027-05-24"]


async def asked_for(world: World, *pupils: Any) -> dict[str, Any]:
    """Three Mondays of a room that somebody has to approve, asked for by an assistant."""
    await enter_year(world)
    assert (await world.senco.change(f"/v1/spaces/{world.sensory}", {"needs_approval": True})).status_code == 200
    made = await world.teaching_assistant.post("/v1/series", weekly(world.sensory, *pupils, **MAY))
    assert made.status_code == 201, made.text
    assert became(made, "requested") == DAYS
    asked: dict[str, Any] = made.json()
    return asked


async def test_the_base_lead_approves_three_mondays_in_one_call(world: World) -> None:
    asked = await asked_for(world, world.amira)
    answer = await world.base_lead.verb(f"/v1/series/{asked['id']}", "approve")
    assert answer.status_code == 200, answer.text
    assert became(answer, "booked") == DAYS
    for one in answer.json()["occurrences"]:
        booking = (await world.base_lead.get(f"/v1/bookings/{one['booking_id']}")).json()
        assert (booking["status"], booking["decided_by"]) == ("booked", str(world.base_lead.account.id))
    again = await world.base_lead.verb(f"/v1/series/{asked['id']}", "approve")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-requested")


async def test_declined_mondays_stay_readable_and_hold_no_place(world: World) -> None:
    asked = await asked_for(world, world.amira)
    answer = await world.base_lead.verb(f"/v1/series/{asked['id']}", "decline")
    assert (answer.status_code, became(answer, "declined")) == (200, DAYS)
    three = [world.ben, world.cara, world.dev]
    other = await world.base_lead.post("/v1/series", weekly(world.sensory, *three, **MAY))
    assert (other.status_code, became(other, "booked")) == (201, DAYS)


async def test_a_monday_that_was_taken_meanwhile_stays_asked_for_and_the_others_are_given(world: World) -> None:
    asked = await asked_for(world, world.amira)
    body = {
        "space_id": str(world.sensory), "purpose": "meeting", "starts_at": "2027-05-17T08:00:00Z",
        "ends_at": "2027-05-17T09:00:00Z",
    }  # fmt: skip
    assert (await world.base_lead.post("/v1/bookings", body)).status_code == 201
    path = f"/v1/series/{asked['id']}"
    answer = await world.base_lead.verb(path, "approve")
    assert answer.status_code == 200, answer.text
    assert became(answer, "booked") == [DAYS[0], DAYS[2]]
    assert became(answer, "requested") == [DAYS[1]]
    told = await world.base_lead.verb(path, "approve")
    assert (told.status_code, told.json()["type"]) == (409, "/problems/series-clash"), told.text
    (clash,) = told.json()["occurrences"]
    assert (clash["on"], clash["reason"]) == (DAYS[1], "space-taken-whole")
    assert (await world.base_lead.verb(path, "decline")).status_code == 200


async def test_whoever_asks_cannot_approve_and_another_base_does_not_know_of_it(world: World) -> None:
    asked = await asked_for(world, world.amira)
    for verb in ("approve", "decline"):
        answer = await world.teaching_assistant.verb(f"/v1/series/{asked['id']}", verb)
        assert answer.status_code == 403, answer.text
        tag = f'"{asked["version"]}.000000000000"'
        absent = await world.south_senco.post(f"/v1/series/{asked['id']}/{verb}", None, If_Match=tag)
        assert absent.status_code == 404, absent.text
    still = await world.base_lead.get(f"/v1/series/{asked['id']}")
    assert became(still, "requested") == DAYS


async def test_the_dome_of_the_whole_school_is_given_by_the_senco_alone(world: World) -> None:
    await enter_year(world)
    assert (await world.senco.change(f"/v1/spaces/{world.dome}", {"needs_approval": True})).status_code == 200
    made = await world.teaching_assistant.post("/v1/series", weekly(world.dome, world.amira, **MAY))
    assert became(made, "requested") == DAYS
    path = f"/v1/series/{made.json()['id']}"
    assert (await world.base_lead.get(path)).status_code == 200
    assert (await world.base_lead.verb(path, "approve")).status_code == 404
    assert became(await world.senco.verb(path, "approve"), "booked") == DAYS


async def test_a_day_that_was_moved_to_the_dome_is_not_given_with_the_room(world: World) -> None:
    asked = await asked_for(world, world.amira)
    assert (await world.senco.change(f"/v1/spaces/{world.dome}", {"needs_approval": True})).status_code == 200
    moved = asked["occurrences"][1]["booking_id"]
    to_dome = await world.teaching_assistant.change(f"/v1/bookings/{moved}", {"space_id": str(world.dome)})
    assert to_dome.status_code == 200, to_dome.text
    answer = await world.base_lead.verb(f"/v1/series/{asked['id']}", "approve")
    assert (became(answer, "booked"), became(answer, "requested")) == ([DAYS[0], DAYS[2]], [DAYS[1]])
    alone = await world.base_lead.verb(f"/v1/series/{asked['id']}", "decline")
    assert (alone.status_code, alone.json()["type"]) == (409, "/problems/not-requested")


async def test_an_approval_is_on_the_record_of_the_children_whose_day_it_was(world: World) -> None:
    """Nothing is noted of the day that the database refused."""
    asked = await asked_for(world, world.amira)
    body = {
        "space_id": str(world.sensory), "purpose": "maintenance", "starts_at": "2027-05-17T08:00:00Z",
        "ends_at": "2027-05-17T09:00:00Z",
    }  # fmt: skip
    assert (await world.base_lead.post("/v1/bookings", body)).status_code == 201
    before = len(await entries_of(world, world.base_lead))
    assert (await world.base_lead.verb(f"/v1/series/{asked['id']}", "approve")).status_code == 200
    noted = (await entries_of(world, world.base_lead))[before:]
    changed = [(one.resource, named_in(one)) for one in noted if one.kind == "updated"]
    assert changed == [("booking", {world.amira})] * 2 + [("series", {world.amira})]
