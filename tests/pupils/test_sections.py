"""What of a pupil each role sees: a section is there as a whole or not at all."""

import pytest

from tests.pupils.children import day, entries
from tests.world import World

MEMBERS = {
    "roll": {"upn", "upn_unknown_reason", "former_upn", "address", "first_language"},
    "sen": {"sen_provision", "sen_needs", "ehcp_review_due_on"},
    "circumstances": {"pupil_premium", "free_meals", "looked_after", "young_carer", "service_child"},
    "health": {"allergens", "allergies", "medical_note"},
    "safeguarding": {"safeguarding_flag", "safeguarding_where"},
}
IDENTITY = {
    "id", "version", "school_id", "given_name", "family_name", "preferred_name", "born_on", "sex", "nc_year", "base_id",
    "class_id", "ended_on",
}  # fmt: skip
# role: sections shown, sections absent
SHOWN = {
    "teaching_assistant": ("sen health", "roll safeguarding"),
    "class_teacher": ("sen health", "roll safeguarding"),
    "base_lead": ("roll sen circumstances health", "safeguarding"),
    "senco": ("roll sen circumstances health", "safeguarding"),
    "headteacher": ("roll sen circumstances health", "safeguarding"),
    "safeguarding_lead": ("roll sen circumstances health safeguarding", ""),
    "therapist": ("sen circumstances health", "roll safeguarding"),
    "office": ("roll sen circumstances health", "safeguarding"),
    "trust_inclusion_lead": ("roll sen circumstances", "safeguarding"),
    "mis": ("roll sen circumstances health", "safeguarding"),
}


@pytest.mark.parametrize("role", SHOWN)
async def test_a_section_is_there_as_a_whole_or_not_at_all(world: World, role: str) -> None:
    shown, absent = (set(names.split()) for names in SHOWN[role])
    person = world.people[role]
    one = (await person.get(f"/v1/pupils/{world.amira}")).json()
    listed = (await person.get("/v1/pupils?limit=200")).json()["items"]
    found = (await person.post("/v1/pupils/search", {"name": "amira"})).json()["items"]
    same = [item for item in listed + found if item["id"] == str(world.amira)]
    assert same == [one, one]
    assert shown <= set(one)
    assert not absent & set(one)
    assert set(one) - set(MEMBERS) == IDENTITY
    assert all(set(one[name]) == MEMBERS[name] for name in set(one) & set(MEMBERS))


async def test_a_referrer_sees_no_circumstances_no_health_and_no_flag(world: World) -> None:
    ben = (await world.referrer.get(f"/v1/pupils/{world.ben}")).json()
    assert "sen" in ben
    assert not {"circumstances", "health", "safeguarding"} & set(ben)


async def test_the_safeguarding_lead_sets_the_flag_and_nobody_else_sees_it(world: World) -> None:
    path = f"/v1/pupils/{world.ben}"
    lead = world.safeguarding_lead
    before = await world.senco.get(path)
    tag = (await lead.get(path)).headers["ETag"]
    body = {"safeguarding_flag": True, "safeguarding_where": "Green cabinet"}
    assert (await lead.put(f"{path}/safeguarding", body)).status_code == 428
    told = await lead.put(f"{path}/safeguarding", body, If_Match=tag)
    assert told.status_code == 200, told.text
    assert told.json()["safeguarding"] == body
    after = await world.senco.get(path)
    assert {**after.json(), "version": 0} == {**before.json(), "version": 0}
    assert "cabinet" not in after.text
    assert (await lead.put(f"{path}/safeguarding", body, If_Match=tag)).status_code == 412
    changed = [one.fields for one in await entries(world, world.north, "pupil") if one.kind == "updated"]
    assert changed == ["safeguarding_flag,safeguarding_where"]


@pytest.mark.parametrize("role", ["senco", "headteacher", "office", "base_lead", "mis", "administrator"])
async def test_no_other_role_sets_the_flag(world: World, role: str) -> None:
    tag = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).headers["ETag"]
    path = f"/v1/pupils/{world.ben}/safeguarding"
    refused = await world.people[role].put(path, {"safeguarding_flag": False}, If_Match=tag)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-role")


async def test_the_lead_of_another_school_finds_no_such_child(world: World) -> None:
    tag = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).headers["ETag"]
    path = f"/v1/pupils/{world.southerner}/safeguarding"
    assert (await world.safeguarding_lead.put(path, {"safeguarding_flag": True}, If_Match=tag)).status_code == 404


async def test_what_was_read_about_whom_stands_in_the_ledger(world: World) -> None:
    await world.teaching_assistant.get(f"/v1/pupils/{world.amira}")
    await world.teaching_assistant.post("/v1/pupils/search", {"name": "okafor"})
    await world.south_senco.get(f"/v1/pupils/{world.amira}")
    read = [one for one in await entries(world, world.north, "pupil") if one.kind == "read"]
    assert [one.account_id for one in read] == [world.teaching_assistant.account.id] * 2
    assert read[0].pupil_ids == world.amira.bytes
    assert len(read[1].pupil_ids) == 4 * 16
    assert all(one.at.date().isoformat() >= day(-1) for one in read)
