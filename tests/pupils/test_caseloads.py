"""A caseload opens a child's record to one adult, for the days it names and not a day longer."""

from typing import Any

import pytest

from iap_api.schools.tables import Trust
from tests.pupils.children import day
from tests.world import Person, World

OWN = ("therapist", "class_teacher", "referrer")


def entry(person: Person, pupil: object, **more: object) -> dict[str, Any]:
    return {"account_id": str(person.account.id), "pupil_id": str(pupil), "why": "granted", "from_on": day(0), **more}


async def seen(person: Person, pupil: object) -> int:
    return (await person.get(f"/v1/pupils/{pupil}")).status_code


@pytest.mark.parametrize("role", OWN)
@pytest.mark.parametrize(
    ("period", "status"),
    [
        ({"from_on": day(0)}, 200),
        ({"from_on": day(0), "until_on": day(0)}, 200),
        ({"from_on": day(-5), "until_on": day(5)}, 200),
        ({"from_on": day(1)}, 404),
        ({"from_on": day(-5), "until_on": day(-1)}, 404),
    ],
)
async def test_an_entry_opens_the_record_for_its_days(
    world: World, role: str, period: dict[str, str], status: int
) -> None:
    person = world.people[role]
    assert await seen(person, world.dev) == 404
    made = await world.senco.post("/v1/caseloads", entry(person, world.dev, **period))
    assert made.status_code == 201, made.text
    assert await seen(person, world.dev) == status
    listed = [one["id"] for one in (await person.get("/v1/pupils")).json()["items"]]
    assert (str(world.dev) in listed) is (status == 200)


@pytest.mark.parametrize("role", OWN)
async def test_the_record_closes_when_the_entry_ends(world: World, role: str) -> None:
    person = world.people[role]
    made = await world.base_lead.post("/v1/caseloads", entry(person, world.dev, from_on=day(-10)))
    path = made.headers["Location"]
    assert await seen(person, world.dev) == 200
    assert (await world.base_lead.verb(path, "end", {"until_on": day(-1)})).json()["until_on"] == day(-1)
    assert await seen(person, world.dev) == 404
    assert (await world.base_lead.verb(path, "end", {"until_on": day(3)})).status_code == 409
    longer = await world.senco.change(path, {"until_on": None})
    assert (longer.status_code, longer.json()["until_on"]) == (200, None)
    assert await seen(person, world.dev) == 200


async def test_a_patch_without_the_day_changes_nothing(world: World) -> None:
    made = await world.senco.post("/v1/caseloads", entry(world.therapist, world.dev, until_on=day(5)))
    same = await world.senco.change(made.headers["Location"], {})
    assert (same.status_code, same.json()["until_on"], same.json()["version"]) == (200, day(5), 1)


async def test_an_entry_still_to_begin_is_called_off(world: World) -> None:
    made = await world.senco.post("/v1/caseloads", entry(world.therapist, world.dev, from_on=day(5)))
    off = await world.senco.verb(made.headers["Location"], "end", {"until_on": day(0)})
    assert (off.status_code, off.json()["until_on"]) == (200, day(0))


async def test_an_entry_gives_no_reach_to_a_role_that_has_none_of_its_own(world: World) -> None:
    # a teaching assistant reaches her base; an entry for a child elsewhere changes nothing
    made = await world.senco.post("/v1/caseloads", entry(world.teaching_assistant, world.mainstream))
    assert made.status_code == 201
    assert await seen(world.teaching_assistant, world.mainstream) == 404
    made = await world.senco.post("/v1/caseloads", entry(world.governor, world.mainstream))
    assert await seen(world.governor, world.mainstream) == 403


async def test_accounts_of_another_trust_of_a_client_and_of_nobody_are_422_alike(world: World) -> None:
    other = world.place("trust", "Other Trust", None)
    world.add(Trust(id=other, name="Other Trust"))
    stranger = world.account("stranger", "therapist", world.school("Far Away", other))
    await world.save()
    absent = {**entry(world.therapist, world.dev), "account_id": "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"}
    bodies = (entry(stranger, world.dev), entry(world.mis, world.dev), absent)
    answers = [await world.senco.post("/v1/caseloads", body) for body in bodies]
    assert [one.status_code for one in answers] == [422, 422, 422]
    assert len({str(one.json()["errors"]) for one in answers}) == 1


async def test_nobody_puts_a_child_out_of_reach_on_a_caseload(world: World) -> None:
    for person, pupil in ((world.base_lead, world.mainstream), (world.senco, world.southerner)):
        refused = await person.post("/v1/caseloads", entry(world.therapist, pupil))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/pupil_id")
    for role in ("teaching_assistant", "class_teacher", "therapist", "referrer", "administrator", "headteacher"):
        refused = await world.people[role].post("/v1/caseloads", entry(world.therapist, world.amira))
        assert refused.status_code == 403, role


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"why": "curious"}, "/why"), ({"until_on": day(-1)}, "/until_on"), ({"from_on": None}, "/from_on")],
)
async def test_a_slip_in_an_entry_is_named(world: World, wrong: dict[str, object], pointer: str) -> None:
    refused = await world.senco.post("/v1/caseloads", entry(world.therapist, world.dev, **wrong))
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_the_list_answers_who_has_amira_on_the_caseload(world: World) -> None:
    answer = await world.base_lead.get(f"/v1/caseloads?pupil_id={world.amira}&why=therapy")
    assert [one["account_id"] for one in answer.json()["items"]] == [str(world.therapist.account.id)]
    mine = await world.base_lead.get(f"/v1/caseloads?account_id={world.class_teacher.account.id}")
    # her other child is in no base, so the base's lead does not read that entry
    assert [one["pupil_id"] for one in mine.json()["items"]] == [str(world.amira)]


async def test_the_same_entry_sent_again_under_its_id_is_one_entry(world: World) -> None:
    path = "/v1/caseloads/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    sent = [(await world.senco.put(path, entry(world.therapist, world.dev))).status_code for _ in range(2)]
    assert sent == [201, 200]
