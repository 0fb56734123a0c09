"""What of a pupil each role is shown: exactly the members of its sections, in read, list and search alike."""

import pytest

from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from tests.conftest import FULL
from tests.house.spots import Neighbourhood
from tests.house.who_may import OPERATIONS, SECTIONS
from tests.world import LONG_AGO, World

IDENTITY = {
    "id", "version", "school_id", "given_name", "family_name", "preferred_name", "born_on", "sex", "nc_year", "base_id",
    "class_id", "ended_on",
}  # fmt: skip
MEMBERS = {
    "roll": {"upn", "upn_unknown_reason", "former_upn", "address", "first_language"},
    "sen": {"sen_provision", "sen_needs", "ehcp_review_due_on"},
    "circumstances": {"pupil_premium", "free_meals", "looked_after", "young_carer", "service_child"},
    "health": {"allergens", "allergies", "medical_note"},
    "safeguarding": {"safeguarding_flag", "safeguarding_where"},
}
READERS = sorted(SECTIONS["identity"], key=lambda role: role.value)


def _seen(item: dict[str, object]) -> dict[str, set[str]]:
    return {name: set(value) for name, value in item.items() if isinstance(value, dict)}


def _promised(role: Role) -> dict[str, set[str]]:
    return {name: members for name, members in MEMBERS.items() if role in SECTIONS[name]}


def test_the_roles_with_sections_are_those_that_read_pupils() -> None:
    assert SECTIONS["identity"] == {role for role, cell in OPERATIONS["read_pupil"].items() if cell != "-"}
    assert set(SECTIONS) == {"identity", *MEMBERS}
    assert all(roles <= SECTIONS["identity"] for roles in SECTIONS.values())


@pytest.mark.parametrize("role", READERS, ids=lambda role: role.value)
async def test_a_role_sees_its_sections_and_not_a_member_more(near: Neighbourhood, role: Role) -> None:
    person, amira = near.world.people[role.value], near.ids["pupil"]["own"]
    listed = (await person.get("/v1/pupils?limit=200")).json()["items"]
    found = (await person.post("/v1/pupils/search", {"name": "amira"})).json()["items"]
    read = (await person.get(f"/v1/pupils/{amira}")).json()
    for item in (read, *found, *(item for item in listed if item["id"] == str(amira))):
        assert _seen(item) == _promised(role)
        assert set(item) == IDENTITY | set(_promised(role))
    assert len(found) == 1
    assert str(amira) in {item["id"] for item in listed}


@pytest.mark.parametrize("role", sorted(SECTIONS["identity"] - SECTIONS["roll"], key=lambda role: role.value))
async def test_nobody_finds_by_upn_who_may_not_see_it(near: Neighbourhood, role: Role) -> None:
    upn = (await near.world.office.get(f"/v1/pupils/{near.ids['pupil']['own']}")).json()["roll"]["upn"]
    assert upn, "the office sees the UPN, so there is something to find"
    right = await near.world.people[role.value].post("/v1/pupils/search", {"upn": upn})
    wrong = await near.world.people[role.value].post("/v1/pupils/search", {"upn": "Z999999999999"})
    assert right.status_code == wrong.status_code == 422
    assert right.json()["errors"] == wrong.json()["errors"]
    assert upn not in right.text


@pytest.mark.parametrize("role", READERS, ids=lambda role: role.value)
async def test_no_list_can_be_filtered_by_what_is_hidden(near: Neighbourhood, role: Role) -> None:
    person = near.world.people[role.value]
    hidden = [member for name, members in MEMBERS.items() if role not in SECTIONS[name] for member in members]
    for member in sorted(hidden):
        for path in ("/v1/pupils", "/v1/registrations", "/v1/placements", "/v1/zone-check-ins"):
            answer = await person.get(f"{path}?{member}=true")
            assert answer.status_code in (403, 422), (path, member)
        searched = await person.post("/v1/pupils/search", {"name": "amira", member: True})
        assert searched.status_code == 422, member


@pytest.mark.parametrize("role", [Role.office, Role.senco, Role.mis], ids=lambda role: role.value)
async def test_who_keeps_the_roll_cannot_set_what_it_does_not_see(near: Neighbourhood, role: Role) -> None:
    person, amira = near.world.people[role.value], near.ids["pupil"]["own"]
    for name, members in MEMBERS.items():
        if role in SECTIONS[name]:
            continue
        for member in sorted(members):
            answer = await person.change(f"/v1/pupils/{amira}", {member: None})
            assert answer.status_code == 422, member
            assert answer.json()["errors"][0]["pointer"] == f"/{member}"


async def test_the_safeguarding_flag_reaches_only_the_safeguarding_lead(near: Neighbourhood) -> None:
    lead, amira = near.world.safeguarding_lead, f"/v1/pupils/{near.ids['pupil']['own']}"
    tag = (await lead.get(amira)).headers["ETag"]
    where = {"safeguarding_flag": True, "safeguarding_where": "Locked cupboard 4"}
    answer = await lead.put(f"{amira}/safeguarding", where, If_Match=tag)
    assert answer.status_code == 200, answer.text
    assert answer.json()["safeguarding"] == where
    for role in READERS if FULL else READERS[:6]:
        if role is not Role.safeguarding_lead:
            text = (await near.world.people[role.value].get(amira)).text
            assert "cupboard" not in text
            assert "safeguarding" not in text


async def test_an_etag_of_one_role_saves_no_other_role_a_read(near: Neighbourhood) -> None:
    path = f"/v1/pupils/{near.ids['pupil']['own']}"
    tag = (await near.world.senco.get(path)).headers["ETag"]
    assert (await near.world.senco.get(path, If_None_Match=tag)).status_code == 304
    # 304 would tell a teaching assistant that its own view is the SENCO's
    assert (await near.world.teaching_assistant.get(path, If_None_Match=tag)).status_code == 200


async def test_somebody_with_two_roles_sees_the_roll_only_of_those_whose_office_they_are(world: World) -> None:
    """A teaching assistant of The Bubble who helps in the office of another school."""
    both = world.account("both", "teaching_assistant", world.bubble)
    world.add(HeldRole(account_id=both.account.id, role="office", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    listed = {one["id"]: one for one in (await both.get("/v1/pupils")).json()["items"]}
    assert {str(world.amira), str(world.southerner)} <= set(listed)
    assert "roll" not in listed[str(world.amira)]
    assert "roll" in listed[str(world.southerner)]
    assert "roll" not in (await both.get(f"/v1/pupils/{world.amira}")).json()
    assert "roll" in (await both.get(f"/v1/pupils/{world.southerner}")).json()
    found = (await both.post("/v1/pupils/search", {"name": "okafor"})).json()["items"]
    assert {one["id"] for one in found if "roll" in one} == {str(world.southerner)}


async def test_taking_a_pupil_off_the_roll_opens_no_section_either(world: World) -> None:
    """A SENCO here who is the safeguarding lead of another school."""
    both = world.account("both", "senco", world.north)
    world.add(HeldRole(account_id=both.account.id, role="safeguarding_lead", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    path = f"/v1/pupils/{world.amira}"
    assert "safeguarding" not in (await both.get(path)).json()
    ended = await both.verb(path, "end", {"ended_on": "2026-11-23", "reason": "other"})
    assert ended.status_code == 200, ended.text
    assert "safeguarding" not in ended.json()
