"""Finding a child by name at the door, and by UPN from a letter; neither ever stands in an address."""

from typing import Any

import pytest

from iap_api.access.tables import HeldRole
from tests.pupils.children import NEW_UPN, child, day
from tests.world import LONG_AGO, Person, World


async def names(person: Person, **body: object) -> list[str]:
    answer = await person.post("/v1/pupils/search", body)
    assert answer.status_code == 200, answer.text
    return [one["given_name"] for one in answer.json()["items"]]


async def enter(world: World, given: str, family: str, **more: object) -> str:
    made = await world.office.post("/v1/pupils", child(world.north, given_name=given, family_name=family, **more))
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.mark.parametrize(
    "typed",
    ["zoe", "ZOË", "Zoë", "adeyemi", "Adeyemi Zoë", "zoe ade", "emi oe", "  zo   ADE ", "zuzu"],
)
async def test_parts_of_a_name_in_any_order_case_and_accent(world: World, typed: str) -> None:
    await enter(world, "Zoë", "Adeyemi", preferred_name="Zuzu")
    assert await names(world.office, name=typed) == ["Zoë"]


@pytest.mark.parametrize(
    ("given", "family", "typed"),
    [
        ("Łukasz", "Wójcik", "lukasz wojcik"),
        ("Søren", "Ægir", "soren aegir"),
        ("Jürgen", "Groß", "jurgen gross"),
        ("Niamh", "O\u2019Brien", "o'brien"),
        ("İpek", "Y\u0131ld\u0131z", "ipek yildiz"),
        ("Mary-Jane", "Đoković", "mary dokovic"),
    ],
)
async def test_names_from_everywhere_are_found_from_an_english_keyboard(
    world: World, given: str, family: str, typed: str
) -> None:
    await enter(world, given, family)
    assert await names(world.office, name=typed) == [given]
    assert await names(world.office, name=f"{given} {family}") == [given]


@pytest.mark.parametrize("typed", ["%%", "__", "a%a", "am_ra", "/%", "\\%", "[a-z]", "a*", "' or 1=1 --"])
async def test_signs_that_mean_something_to_a_database_mean_themselves(world: World, typed: str) -> None:
    assert await names(world.office, name=typed) == []


async def test_a_name_that_holds_such_a_sign_is_found_by_it(world: World) -> None:
    await enter(world, "Per%y", "Under_score")
    assert await names(world.office, name="r%y") == ["Per%y"]
    assert await names(world.office, name="r_s") == ["Per%y"]
    assert await names(world.office, name="r_y") == []


async def test_only_children_within_reach_are_found_in_the_order_of_their_names(world: World) -> None:
    assert await names(world.teaching_assistant, name="okafor") == ["Amira", "Ben", "Cara", "Dev"]
    assert await names(world.senco, name="okafor") == ["Amira", "Ben", "Cara", "Dev", "Mina"]
    assert await names(world.senco, name="okafor", limit=2) == ["Amira", "Ben"]
    assert await names(world.class_teacher, name="okafor") == ["Amira", "Mina"]
    assert await names(world.south_senco, name="okafor") == ["Sol"]
    assert await names(world.trust_inclusion_lead, name="sol") == ["Sol"]


@pytest.mark.parametrize("typed", [NEW_UPN, "y208254320001", "Y208 2543 2000 1"])
async def test_who_sees_the_roll_finds_a_child_by_upn(world: World, typed: str) -> None:
    await enter(world, "Zoë", "Adeyemi", upn=NEW_UPN)
    assert await names(world.senco, upn=typed) == ["Zoë"]
    assert await names(world.south_senco, upn=typed) == []


@pytest.mark.parametrize("role", ["teaching_assistant", "class_teacher", "therapist"])
async def test_who_sees_no_upn_cannot_search_by_one(world: World, role: str) -> None:
    upn = (await world.office.get(f"/v1/pupils/{world.amira}")).json()["roll"]["upn"]
    for sent in (upn, NEW_UPN):
        refused = await world.people[role].post("/v1/pupils/search", {"upn": sent})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/upn")
        assert sent not in refused.text


async def test_an_assistant_here_and_office_there_finds_by_upn_only_there(world: World) -> None:
    both = world.account("both", "teaching_assistant", world.bubble)
    world.add(HeldRole(account_id=both.account.id, role="office", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    upns = {
        name: (await person.get(f"/v1/pupils/{pupil}")).json()["roll"]["upn"]
        for name, person, pupil in (("Amira", world.senco, world.amira), ("Sol", world.south_senco, world.southerner))
    }
    assert await names(both, upn=upns["Sol"]) == ["Sol"]
    assert await names(both, upn=upns["Amira"]) == []
    assert await names(both, name="amira") == ["Amira"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "am", "upn": NEW_UPN}, {"name": "a"}, {"name": "\u0301\u0301"}, {"name": "x" * 61}, {"name": 7},
     {"upn": "Y20825432000"}, {"name": "am", "limit": 51}, {"name": "am", "school_id": NEW_UPN}],
)  # fmt: skip
async def test_a_search_that_makes_no_sense_is_422(world: World, body: dict[str, Any]) -> None:
    assert (await world.office.post("/v1/pupils/search", body)).status_code == 422


@pytest.mark.parametrize("body", [{"name": "am\u0000"}, {"upn": "\u0000" * 13}, {"name": "\u202eamira"}])
async def test_characters_that_are_none_find_nobody_and_break_nothing(world: World, body: dict[str, Any]) -> None:
    answer = await world.office.post("/v1/pupils/search", body)
    assert answer.status_code in (200, 400, 422), answer.text
    assert answer.json().get("items", []) == []


@pytest.mark.parametrize("query", ["name=amira", f"upn={NEW_UPN}", "given_name=Amira", "search=amira"])
async def test_no_list_takes_a_name_or_a_upn_in_the_address(world: World, query: str) -> None:
    assert (await world.office.get(f"/v1/pupils?{query}")).status_code == 422


async def test_a_list_is_narrowed_by_school_base_class_and_provision(world: World) -> None:
    await enter(world, "Zoë", "Adeyemi", class_id=str(world.class_3), sen_provision="E", sen_needs=["ASD"])

    async def listed(query: str) -> list[str]:
        answer = await world.trust_inclusion_lead.get(f"/v1/pupils?{query}")
        return [one["given_name"] for one in answer.json()["items"]]

    assert await listed(f"school_id={world.south}") == ["Sol"]
    assert await listed(f"base_id={world.bubble}") == ["Amira", "Ben", "Cara", "Dev"]
    assert await listed(f"class_id={world.class_3}") == ["Zoë"]
    assert await listed(f"sen_provision=K&school_id={world.north}") == ["Amira"]
    assert await listed(f"sen_provision=E&base_id={world.bubble}") == []
    ended = await world.office.get("/v1/registrations?limit=200")
    assert {one["until_on"] for one in ended.json()["items"]} == {None}
    assert day(0) in {one["from_on"] for one in ended.json()["items"]}
