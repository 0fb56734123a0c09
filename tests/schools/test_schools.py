"""Schools and bases as the trust's administrator sets them up, and as everybody else finds them."""

from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import FormerValue, LedgerEntry, Place
from iap_api.core.tables import new_id
from iap_api.schools.tables import Trust
from tests.world import World

_urns = count(900001)


def school(**more: Any) -> dict[str, Any]:
    """A school as the administrator types it from the national register."""
    return {
        "name": "East Quay Primary",
        "urn": str(next(_urns)),
        "laestab": "2085001",
        "ukprn": "10081234",
        **more,
    }


def base(school_id: object, **more: Any) -> dict[str, Any]:
    """A base to open."""
    return {"school_id": str(school_id), "name": "The Cove", "places": 12, "opened_on": "2026-09-01", **more}


async def place(world: World, place_id: str) -> Place:
    async with world.app.state.database.transaction(read_only=True) as session:
        return await session.get_one(Place, UUID(place_id))


async def test_the_trust_enters_a_school_and_it_is_a_place_of_the_trust_at_once(world: World) -> None:
    sent = school()
    made = await world.administrator.post("/v1/schools", sent)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"], "version": 1, "trust_id": str(world.trust_id), "kind": "member",
        "name": "East Quay Primary", "urn": sent["urn"], "laestab": "2085001", "ukprn": "10081234",
        "phase": "primary", "ended_on": None,
    }  # fmt: skip
    assert made.headers["Location"] == f"/v1/schools/{made.json()['id']}"
    there = await place(world, made.json()["id"])
    assert (there.kind, there.name, there.trust_id) == ("school", "East Quay Primary", world.trust_id)
    assert there.school_id == UUID(made.json()["id"])
    read = await world.trust_inclusion_lead.get(made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]


async def test_a_school_that_was_entered_twice_by_a_lost_answer_is_there_once(world: World) -> None:
    chosen, sent = new_id(), school()
    first = await world.administrator.put(f"/v1/schools/{chosen}", sent)
    again = await world.administrator.put(f"/v1/schools/{chosen}", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = await world.administrator.put(f"/v1/schools/{chosen}", {**sent, "name": "Another"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")


async def test_an_id_that_any_place_has_already_is_taken(world: World) -> None:
    taken = await world.administrator.put(f"/v1/schools/{world.bubble}", school())
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/id-taken")


async def test_a_urn_stands_for_one_school_only(world: World) -> None:
    sent = school()
    assert (await world.administrator.post("/v1/schools", sent)).status_code == 201
    again = await world.administrator.post("/v1/schools", {**sent, "name": "The same under another name"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/school-known")
    found = await world.administrator.get(f"/v1/schools?urn={sent['urn']}")
    assert [one["name"] for one in found.json()["items"]] == ["East Quay Primary"]


async def test_identifiers_have_the_digits_of_the_national_registers(world: World) -> None:
    for wrong in (
        {"urn": "12345"},
        {"urn": "1234567"},
        {"urn": "12345A"},
        {"laestab": "208/5001"},
        {"ukprn": "1008123"},
    ):
        refused = await world.administrator.post("/v1/schools", school(**wrong))
        assert refused.status_code == 422, wrong
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{next(iter(wrong))}"]
    assert (await world.administrator.post("/v1/schools", school(laestab=None, ukprn=None))).status_code == 201


async def test_an_administrator_of_one_school_enters_no_school_and_reaches_only_that_one(
    world: World,
) -> None:
    at_north = world.account("north_administrator", "administrator", world.north)
    await world.save()
    refused = await at_north.post("/v1/schools", school())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/trust_id")
    named = await at_north.post("/v1/schools", school(trust_id=str(world.trust_id)))
    assert named.json()["errors"] == refused.json()["errors"]
    assert (await at_north.change(f"/v1/schools/{world.north}", {"name": "North Quay"})).status_code == 200
    assert (await at_north.get(f"/v1/schools/{world.south}")).status_code == 404
    patched = await at_north.patch(f"/v1/schools/{world.south}", {"name": "Mine"}, If_Match='"1.0"')
    assert patched.status_code == 404
    opened = await at_north.post("/v1/bases", base(world.south))
    assert (opened.status_code, opened.json()["errors"][0]["pointer"]) == (422, "/school_id")


async def test_a_partner_belongs_to_no_trust_and_has_no_base(world: World) -> None:
    made = await world.administrator.post("/v1/schools", school(kind="partner", name="Lane End"))
    assert made.status_code == 201, made.text
    assert made.json()["trust_id"] is None
    partner = made.json()["id"]
    # the trust that entered it looks after it
    assert (await world.administrator.change(f"/v1/schools/{partner}", {"name": "Lane End School"})).status_code == 200
    listed = await world.administrator.get("/v1/schools?kind=partner")
    assert [one["id"] for one in listed.json()["items"]] == [partner]
    refused = await world.administrator.post("/v1/bases", base(partner))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/partner-has-no-base")


async def test_everybody_sees_their_own_school_and_nobody_elses(world: World) -> None:
    for name in ("teaching_assistant", "governor", "mis", "class_teacher"):
        listed = await world.people[name].get("/v1/schools")
        assert [one["id"] for one in listed.json()["items"]] == [str(world.north)], name
    assert [one["id"] for one in (await world.referrer.get("/v1/schools")).json()["items"]] == [str(world.partner)]
    whole = await world.trust_feed.get("/v1/schools")
    assert {one["id"] for one in whole.json()["items"]} == {str(world.north), str(world.south)}
    assert (await world.senco.post("/v1/schools", school())).status_code == 403
    assert (await world.senco.get(f"/v1/schools/{world.south}")).status_code == 404


async def test_a_school_that_is_renamed_keeps_its_former_name_and_renames_its_place(world: World) -> None:
    path = f"/v1/schools/{world.north}"
    changed = await world.administrator.change(path, {"name": "North Quay Academy", "urn": str(next(_urns))})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await place(world, str(world.north))).name == "North Quay Academy"
    async with world.app.state.database.transaction(read_only=True) as session:
        former = (
            await session.execute(select(FormerValue).where(col(FormerValue.resource_id) == world.north))
        ).scalar_one()
        assert '"name":"North Quay Primary"' in former.values
        entry = (
            await session.execute(select(LedgerEntry).where(col(LedgerEntry.resource_id) == world.north))
        ).scalar_one()
    assert (entry.kind, entry.fields, entry.school_id) == ("updated", "name,urn", world.north)
    stale = await world.administrator.patch(path, {"name": "Too late"}, If_Match='"1.0"')
    assert stale.status_code == 412
    assert (await world.administrator.patch(path, {"name": "Blind"})).status_code == 428
    assert (await world.administrator.change(path, {"name": None})).status_code == 422
    assert (await world.administrator.change(path, {"kind": "partner"})).status_code == 422


async def test_a_school_ends_after_its_bases(world: World) -> None:
    path = f"/v1/schools/{world.south}"
    early = await world.administrator.verb(path, "end", {"ended_on": "2027-08-31"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/bases-open")
    closed = await world.administrator.verb(f"/v1/bases/{world.harbour}", "end", {"ended_on": "2027-07-20"})
    assert (closed.status_code, closed.json()["ended_on"]) == (200, "2027-07-20")
    ended = await world.administrator.verb(path, "end", {"ended_on": "2027-08-31"})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, "2027-08-31")
    assert (await world.administrator.verb(path, "end", {"ended_on": "2027-09-01"})).status_code == 409
    late = await world.administrator.post("/v1/bases", base(world.south))
    assert (late.status_code, late.json()["type"]) == (409, "/problems/school-ended")


async def test_a_base_opens_with_its_teacher_in_charge_and_roles_can_be_held_there(world: World) -> None:
    made = await world.administrator.post(
        "/v1/bases", base(world.north, kind="specialist_base", lead_staff_id=str(world.staff["base_lead"]))
    )
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"], "version": 1, "school_id": str(world.north), "name": "The Cove",
        "kind": "specialist_base", "places": 12, "lead_staff_id": str(world.staff["base_lead"]),
        "opened_on": "2026-09-01", "ended_on": None,
    }  # fmt: skip
    there = await place(world, made.json()["id"])
    assert (there.kind, there.name, there.school_id, there.trust_id) == (
        "base",
        "The Cove",
        world.north,
        world.trust_id,
    )
    listed = await world.teaching_assistant.get(f"/v1/bases?school_id={world.north}")
    assert [one["name"] for one in listed.json()["items"]] == ["The Bubble", "The Cove"]
    special = await world.teaching_assistant.get("/v1/bases?kind=specialist_base")
    assert [one["name"] for one in special.json()["items"]] == ["The Cove"]
    elsewhere = await world.administrator.post(
        "/v1/bases", base(world.south, lead_staff_id=str(world.staff["base_lead"]))
    )
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/lead_staff_id")


async def test_a_base_is_renamed_and_its_days_stay_in_order(world: World) -> None:
    path = f"/v1/bases/{world.bubble}"
    changed = await world.administrator.change(path, {"name": "The Big Bubble", "places": 14})
    assert (changed.json()["name"], changed.json()["places"]) == ("The Big Bubble", 14)
    assert (await place(world, str(world.bubble))).name == "The Big Bubble"
    before = await world.administrator.verb(path, "end", {"ended_on": "2025-08-31"})
    assert (before.status_code, before.json()["errors"][0]["pointer"]) == (422, "/ended_on")
    assert (await world.administrator.verb(path, "end", {"ended_on": "2026-12-18"})).status_code == 200
    after = await world.administrator.change(path, {"opened_on": "2026-12-19"})
    assert (after.status_code, after.json()["errors"][0]["pointer"]) == (422, "/opened_on")
    assert (await world.base_lead.patch(path, {"places": 99}, If_Match='"1.0"')).status_code == 403


async def test_the_trust_is_known_to_whoever_works_in_it(world: World) -> None:
    mine = [{"id": str(world.trust_id), "version": 1, "name": "Tidewater Trust"}]
    for name in ("teaching_assistant", "administrator", "trust_feed"):
        listed = await world.people[name].get("/v1/trusts")
        assert listed.json() == {"items": mine, "next": None}, name
    assert (await world.governor.get(f"/v1/trusts/{world.trust_id}")).json() == mine[0]
    assert (await world.referrer.get("/v1/trusts")).json()["items"] == []
    assert (await world.referrer.get(f"/v1/trusts/{world.trust_id}")).status_code == 404


async def test_a_new_trust_without_a_school_is_known_to_its_administrator(world: World) -> None:
    founded = world.place("trust", "Newly Founded", None)
    world.add(Trust(id=founded, name="Newly Founded"))
    first = world.account("founder", "administrator", founded)
    await world.save()
    listed = await first.get("/v1/trusts")
    assert listed.json()["items"] == [{"id": str(founded), "version": 1, "name": "Newly Founded"}]
    assert (await first.get("/v1/schools")).json()["items"] == []
    made = await first.post("/v1/schools", school())
    assert made.json()["trust_id"] == str(founded)
    # the tokens of this very sign-in reach the school at the next request
    assert (await first.get(f"/v1/schools/{made.json()['id']}")).status_code == 200
