"""Changing a record: what is named changes, what is not stays, and what stood before is kept."""

import pytest

from tests.pupils.children import NEW_UPN, entries, former
from tests.world import World


async def test_a_member_left_out_stays_and_null_takes_away(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    told = await world.office.change(path, {"preferred_name": "Mimi", "address": "1 Quay Street", "allergies": "nuts"})
    assert told.status_code == 200, told.text
    after = (await world.office.change(path, {"preferred_name": None})).json()
    assert after["preferred_name"] is None
    assert after["roll"]["address"] == "1 Quay Street"
    assert after["health"]["allergies"] == "nuts"
    assert after["given_name"] == "Amira"
    assert after["version"] == 3


@pytest.mark.parametrize("member", ["given_name", "family_name", "born_on", "sex", "sen_provision", "sen_needs",
                                    "pupil_premium", "free_meals", "looked_after", "young_carer"])  # fmt: skip
async def test_null_where_there_must_be_something_is_422(world: World, member: str) -> None:
    refused = await world.office.change(f"/v1/pupils/{world.amira}", {member: None})
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == f"/{member}"


async def test_a_patch_that_changes_nothing_raises_no_version_and_writes_nothing(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    before = await world.office.get(path)
    for body in ({}, {"given_name": "Amira", "sen_needs": ["SEMH"]}, {"given_name": " Amira "}):
        same = await world.office.patch(path, body, If_Match=before.headers["ETag"])
        assert same.status_code == 200, same.text
        assert same.headers["ETag"] == before.headers["ETag"]
    assert await former(world, world.amira) == []
    assert [one.kind for one in await entries(world, world.north, "pupil") if one.kind != "read"] == []


async def test_former_values_are_kept_and_the_ledger_holds_names_of_fields_only(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    await world.office.change(path, {"medical_note": "Inhaler in the office."})
    await world.office.change(path, {"medical_note": "Inhaler in her bag.", "sen_needs": ["SEMH", "SLCN"]})
    assert await former(world, world.amira) == [
        {"medical_note": None}, {"medical_note": "Inhaler in the office.", "sen_needs": ["SEMH"]}
    ]  # fmt: skip
    changes = [one for one in await entries(world, world.north, "pupil") if one.kind == "updated"]
    assert [one.fields for one in changes] == ["medical_note", "medical_note,sen_needs"]
    assert {one.account_id for one in changes} == {world.office.account.id}
    assert {one.pupil_ids for one in changes} == {world.amira.bytes}


async def test_two_people_change_one_child_and_the_slower_is_told(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    tag = (await world.office.get(path)).headers["ETag"]
    assert (await world.office.patch(path, {"address": "1 Quay Street"}, If_Match=tag)).status_code == 200
    assert (await world.senco.patch(path, {"address": "2 Quay Street"}, If_Match=tag)).status_code == 412
    assert (await world.senco.patch(path, {"address": "2 Quay Street"})).status_code == 428


async def test_members_that_bind_each_other_are_checked_together(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    refused = await world.senco.change(path, {"sen_provision": "N"})
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/sen_needs"]
    assert (await world.senco.change(path, {"sen_provision": "N", "sen_needs": []})).status_code == 200
    assert (await world.senco.change(path, {"sen_needs": ["SEMH"]})).status_code == 422


async def test_a_temporary_upn_is_replaced_and_one_in_use_is_not_taken(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    assert (await world.office.change(path, {"upn": "X20825432001A"})).status_code == 200
    assert (await world.office.change(path, {"upn": NEW_UPN, "former_upn": "X20825432001A"})).status_code == 200
    refused = await world.office.change(f"/v1/pupils/{world.ben}", {"upn": NEW_UPN})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/known-in-trust")


@pytest.mark.parametrize(
    "member", ["school_id", "registered_from", "safeguarding_flag", "search_name", "ended_on", "id"]
)
async def test_what_a_patch_may_not_touch_is_unknown_to_it(world: World, member: str) -> None:
    refused = await world.office.change(f"/v1/pupils/{world.amira}", {member: "2026-11-24"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{member}")


async def test_a_patch_is_a_merge_patch_by_its_media_type(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    tag = (await world.office.get(path)).headers["ETag"]
    assert (
        await world.office.patch(path, {"sex": "M"}, If_Match=tag, Content_Type="application/json")
    ).status_code == 415
