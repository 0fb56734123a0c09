"""A child leaves: the roll, or one of two schools; afterwards nobody there sees the child, and nothing is lost."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from iap_api.pupils.tables import Caseload
from tests.pupils.children import child, day, entries, former, south_office
from tests.world import Person, World


async def sees(person: Person, pupil: object) -> bool:
    return (await person.get(f"/v1/pupils/{pupil}")).status_code == 200


async def leave(world: World, pupil: object, last_day: str) -> dict[str, object]:
    done = await world.office.verb(f"/v1/pupils/{pupil}", "end", {"ended_on": last_day, "reason": "left_area"})
    assert done.status_code == 200, done.text
    return dict(done.json())


async def test_amira_left_yesterday_and_nobody_sees_her_any_more(world: World) -> None:
    registered, placed, minded = [
        (await world.senco.get(f"/v1/{things}?pupil_id={world.amira}")).json()["items"]
        for things in ("registrations", "placements", "caseloads")
    ]
    left = await leave(world, world.amira, day(-1))
    assert left["ended_on"] == day(-1)
    for role in ("teaching_assistant", "base_lead", "class_teacher", "therapist", "senco", "office",
                 "trust_inclusion_lead"):  # fmt: skip
        assert not await sees(world.people[role], world.amira), role
    refused = await world.teaching_assistant.post(
        "/v1/zone-check-ins", {"pupil_id": str(world.amira), "zones": ["green"]}
    )
    assert refused.status_code == 422
    assert len(minded) == 2
    for one in registered + placed + minded:
        assert [kept["until_on"] for kept in await former(world, one["id"])] == [None]
    for resource, count in (("pupil", 1), ("registration", 1), ("placement", 1), ("caseload", 2)):
        ended = [one for one in await entries(world, world.north, resource) if one.kind == "ended"]
        assert len(ended) == count
        assert {one.pupil_ids for one in ended} == {world.amira.bytes}


async def test_a_child_who_leaves_today_is_still_seen_today(world: World) -> None:
    await leave(world, world.amira, day(0))
    assert await sees(world.teaching_assistant, world.amira)
    registered = (await world.office.get(f"/v1/registrations?pupil_id={world.amira}")).json()["items"]
    assert [(one["until_on"], one["ended_why"]) for one in registered] == [(day(0), "left_area")]
    again = await world.office.verb(f"/v1/pupils/{world.amira}", "end", {"ended_on": day(5), "reason": "other"})
    assert again.status_code == 409


async def test_what_was_to_last_longer_or_begin_later_goes_too(world: World) -> None:
    accounts = {name: str(world.people[name].account.id) for name in ("class_teacher", "therapist")}
    entry = {"pupil_id": str(world.dev), "why": "granted"}
    for name, period in (
        ("class_teacher", {"from_on": day(-9), "until_on": day(60)}),
        ("therapist", {"from_on": day(30)}),
    ):
        made = await world.senco.post("/v1/caseloads", {**entry, "account_id": accounts[name], **period})
        assert made.status_code == 201, made.text
    placed = (await world.senco.get(f"/v1/placements?pupil_id={world.dev}")).json()["items"][0]["id"]
    assert (await world.senco.verb(f"/v1/placements/{placed}", "end", {"until_on": day(60)})).status_code == 200
    await leave(world, world.dev, day(-1))
    assert not await sees(world.class_teacher, world.dev)
    assert not await sees(world.teaching_assistant, world.dev)
    async with world.app.state.database.transaction(read_only=True) as session:
        last_days = (
            await session.execute(select(col(Caseload.until_on)).where(col(Caseload.pupil_id) == world.dev))
        ).all()
    # the day on which the therapist's entry was to begin must open nothing
    assert [str(until) for (until,) in last_days] == [day(-1), day(-1)]


async def test_only_the_school_that_enrols_a_child_takes_them_off_the_roll(world: World) -> None:
    guest = await _guest(world)
    path = f"/v1/pupils/{guest}"
    body = {"ended_on": day(0), "reason": "moved_school"}
    refused = await world.office.verb(path, "end", body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert (await world.south_office.verb(path, "end", body)).status_code == 200


async def _guest(world: World) -> object:
    """Sol of South Quay, placed at North Quay too and in The Bubble, as two schools agreed."""
    office = await south_office(world)
    harbour = (await world.south_senco.get(f"/v1/placements?pupil_id={world.southerner}")).json()["items"][0]["id"]
    ended = await world.south_senco.verb(f"/v1/placements/{harbour}", "end", {"until_on": day(-1)})
    assert ended.status_code == 200, ended.text
    upn = (await office.get(f"/v1/pupils/{world.southerner}")).json()["roll"]["upn"]
    asked = await world.senco.post(
        "/v1/registration-requests",
        {"school_id": str(world.north), "upn": upn, "born_on": "2017-05-04", "kind": "placed", "from_on": day(-2),
         "reason": "A place in The Bubble."},
    )  # fmt: skip
    agreed = await office.verb(asked.headers["Location"], "agree")
    assert agreed.status_code == 200, agreed.text
    placed = await world.senco.post(
        "/v1/placements", {"base_id": str(world.bubble), "pupil_id": str(world.southerner), "from_on": day(-1)}
    )
    assert placed.status_code == 201, placed.text
    return world.southerner


async def test_a_guest_from_another_school_is_seen_in_the_bubble_until_the_placement_ends(world: World) -> None:
    assert not await sees(world.teaching_assistant, world.southerner)
    sol = await _guest(world)
    assert await sees(world.teaching_assistant, sol)
    told = await world.teaching_assistant.post("/v1/zone-check-ins", {"pupil_id": str(sol), "zones": ["yellow"]})
    assert (told.status_code, told.json()["school_id"]) == (201, str(world.north))
    assert (await world.south_senco.get(told.headers["Location"])).status_code == 200
    placed = (await world.senco.get(f"/v1/placements?pupil_id={sol}&current=true")).json()["items"]
    assert [one["base_id"] for one in placed] == [str(world.bubble)]
    # the home school's SENCO reads the placement in the host's base and does not end it
    path = f"/v1/placements/{placed[0]['id']}"
    tag = (await world.south_senco.get(path)).headers["ETag"]
    assert (await world.south_senco.post(f"{path}/end", {"until_on": day(-1)}, If_Match=tag)).status_code == 404
    assert (await world.senco.verb(path, "end", {"until_on": day(-1)})).status_code == 200
    assert not await sees(world.teaching_assistant, sol)
    assert (await world.teaching_assistant.get(told.headers["Location"])).status_code == 404
    assert await sees(world.senco, sol)


@pytest.mark.parametrize("who", ["office", "south_office"])
async def test_the_end_of_a_registration_ends_all_sight_at_that_school(world: World, who: str) -> None:
    sol = await _guest(world)
    entry = {"account_id": str(world.therapist.account.id), "pupil_id": str(sol), "why": "therapy", "from_on": day(-1)}
    assert (await world.senco.post("/v1/caseloads", entry)).status_code == 201
    assert await sees(world.therapist, sol)
    teacher = world.account("south_teacher", "class_teacher", world.south)
    await world.save()
    taught = {**entry, "account_id": str(teacher.account.id), "why": "class_teacher"}
    assert (await world.south_senco.post("/v1/caseloads", taught)).status_code == 201
    found = (await world.office.get(f"/v1/registrations?pupil_id={sol}&school_id={world.north}")).json()["items"]
    path = f"/v1/registrations/{found[0]['id']}"
    # the host school ends it, or the one that keeps the file takes its word back
    ended = await world.people[who].verb(path, "end", {"until_on": day(-1)})
    assert (ended.status_code, ended.json()["until_on"]) == (200, day(-1))
    for role in ("senco", "office", "teaching_assistant", "therapist"):
        assert not await sees(world.people[role], sol), role
    # at home nothing has ended
    assert await sees(world.south_senco, sol)
    assert await sees(teacher, sol)
    held = (await world.south_senco.get(f"/v1/placements?pupil_id={sol}")).json()["items"]
    assert {one["until_on"] for one in held} == {day(-1)}


async def test_a_host_school_neither_moves_nor_ends_the_registration_at_home(world: World) -> None:
    sol = await _guest(world)
    home = (await world.office.get(f"/v1/registrations?pupil_id={sol}&school_id={world.south}")).json()["items"][0]
    path = f"/v1/registrations/{home['id']}"
    tag = (await world.office.get(path)).headers["ETag"]
    assert (await world.office.post(f"{path}/end", {"until_on": day(0)}, If_Match=tag)).status_code == 404
    assert (await world.office.patch(path, {"enrolment_status": "M"}, If_Match=tag)).status_code == 404
    changed = await world.south_office.patch(path, {"enrolment_status": "M"}, If_Match=tag)
    assert (changed.status_code, changed.json()["enrolment_status"]) == (200, "M")


async def test_a_child_moves_class_and_a_wrong_class_or_status_is_422(world: World) -> None:
    found = (await world.office.get(f"/v1/registrations?pupil_id={world.amira}")).json()["items"][0]
    path = f"/v1/registrations/{found['id']}"
    moved = await world.office.change(path, {"class_id": str(world.class_3)})
    assert moved.json()["class_id"] == str(world.class_3)
    assert (await world.office.get(f"/v1/pupils/{world.amira}")).json()["class_id"] == str(world.class_3)
    assert (await world.office.change(path, {"enrolment_status": "Z"})).status_code == 422
    assert (await world.office.change(path, {"enrolment_status": None})).status_code == 422
    assert (await world.office.change(path, {"class_id": str(world.bubble)})).status_code == 422
    assert (await world.office.change(path, {"class_id": None})).json()["class_id"] is None


async def test_a_last_day_before_the_first_calls_off_what_has_not_begun_and_is_422_for_what_has(world: World) -> None:
    made = await world.office.post("/v1/pupils", child(world.north, registered_from=day(30)))
    coming = (await world.office.get(f"/v1/registrations?pupil_id={made.json()['id']}")).json()["items"][0]["id"]
    begun = (await world.office.get(f"/v1/registrations?pupil_id={world.amira}")).json()["items"][0]["id"]
    refused = await world.office.verb(f"/v1/registrations/{begun}", "end", {"until_on": "2025-08-31"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/until_on")
    off = await world.office.verb(f"/v1/registrations/{coming}", "end", {"until_on": day(-1)})
    assert off.status_code == 200, off.text
    assert not await sees(world.office, made.json()["id"])
