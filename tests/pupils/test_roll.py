"""The office at half past eight, with a parent at the desk and a form in hand."""

import asyncio

import pytest

from tests.pupils.children import NEW_UPN, OTHER_UPN, THIRD_UPN, child, day, south_office
from tests.world import World


async def test_the_office_puts_a_child_on_the_roll_and_the_senco_finds_her(world: World) -> None:
    body = child(
        world.north, upn=" y208 254320001 ", sen_provision="K", sen_needs=["SEMH", "SLCN"], class_id=str(world.class_3)
    )
    made = await world.office.post("/v1/pupils", body)
    assert made.status_code == 201, made.text
    zoe = made.json()
    assert made.headers["Location"] == f"/v1/pupils/{zoe['id']}"
    assert (zoe["given_name"], zoe["nc_year"], zoe["class_id"]) == ("Zoë", "4", str(world.class_3))
    assert zoe["roll"]["upn"] == NEW_UPN
    assert zoe["sen"] == {"sen_provision": "K", "sen_needs": ["SEMH", "SLCN"], "ehcp_review_due_on": None}
    seen = await world.senco.get(made.headers["Location"])
    assert seen.status_code == 200
    assert seen.headers["ETag"] == made.headers["ETag"]
    registered = await world.office.get(f"/v1/registrations?pupil_id={zoe['id']}")
    assert [(one["school_id"], one["kind"], one["enrolment_status"]) for one in registered.json()["items"]] == [
        (str(world.north), "enrolled", "C")
    ]
    assert (await world.teaching_assistant.get(made.headers["Location"])).status_code == 404
    assert (await world.south_senco.get(made.headers["Location"])).status_code == 404


async def test_the_year_the_office_gives_goes_before_the_one_by_age(world: World) -> None:
    made = await world.office.post("/v1/pupils", child(world.north, nc_year_given="3"))
    path = f"/v1/pupils/{made.json()['id']}"
    assert made.json()["nc_year"] == "3"
    assert (await world.office.change(path, {"nc_year_given": None})).json()["nc_year"] == "4"


async def test_a_child_who_starts_next_term_is_entered_now_and_can_be_corrected(world: World) -> None:
    body = child(world.north, registered_from=day(40), class_id=str(world.class_3))
    made = await world.office.post("/v1/pupils", body)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert (await world.office.change(path, {"given_name": "Zoe"})).json()["given_name"] == "Zoe"
    listed = await world.office.get(f"/v1/pupils?class_id={world.class_3}")
    assert made.json()["id"] in [one["id"] for one in listed.json()["items"]]


async def test_a_upn_the_trust_knows_is_409_and_names_nobody(world: World) -> None:
    known = (await world.office.get(f"/v1/pupils/{world.amira}")).json()["roll"]["upn"]
    office = await south_office(world)
    refused = await office.post("/v1/pupils", child(world.south, upn=known))
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/known-in-trust"
    for secret in (known, "Amira", "Okafor", str(world.amira), str(world.north), "North"):
        assert secret not in refused.text


async def test_two_offices_enter_the_same_child_at_once_and_there_is_one_record(world: World) -> None:
    office = await south_office(world)
    answers = await asyncio.gather(
        *(person.post("/v1/pupils", child(school, upn=OTHER_UPN))
          for person, school in ((world.office, world.north), (office, world.south)) * 3)
    )  # fmt: skip
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409, 409]


async def test_another_trust_may_know_the_same_child(world: World) -> None:
    assert (await world.office.post("/v1/pupils", child(world.north, upn=THIRD_UPN))).status_code == 201
    # each test has a trust of its own, and every one of them may enter this child
    assert (await world.office.post("/v1/pupils", child(world.north, upn=THIRD_UPN))).status_code == 409


async def test_the_office_computer_sends_the_same_child_again_and_makes_no_second(world: World) -> None:
    body = child(world.north, upn=NEW_UPN)
    path = "/v1/pupils/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    first, again = await world.office.put(path, body), await world.office.put(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await world.office.put(path, {**body, "given_name": "Zara"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")
    by_key = [await world.office.post("/v1/pupils", child(world.north), Idempotency_Key="monday 1") for _ in range(2)]
    assert by_key[0].json()["id"] == by_key[1].json()["id"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"upn": "Q207000016049"}, "/upn"),
        ({"upn": NEW_UPN, "upn_unknown_reason": "UN1"}, "/upn_unknown_reason"),
        ({"born_on": day(2)}, "/born_on"),
        ({"sex": "X"}, "/sex"),
        ({"given_name": "   "}, "/given_name"),
        ({"nc_year_given": "15"}, "/nc_year_given"),
        ({"safeguarding_flag": True}, "/safeguarding_flag"),
        ({"registered_from": "24/11/2026"}, "/registered_from"),
    ],
)
async def test_a_slip_on_the_form_is_named_by_its_member(world: World, wrong: dict[str, object], pointer: str) -> None:
    refused = await world.office.post("/v1/pupils", child(world.north, **wrong))
    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


async def test_no_office_enters_a_child_at_another_school(world: World) -> None:
    absent = "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"
    answers = [await world.office.post("/v1/pupils", child(school)) for school in (world.south, world.partner, absent)]
    assert [one.status_code for one in answers] == [422, 422, 422]
    assert len({str(one.json()["errors"]) for one in answers}) == 1


async def test_a_class_of_another_school_is_422(world: World) -> None:
    office = await south_office(world)
    refused = await office.post("/v1/pupils", child(world.south, class_id=str(world.class_3)))
    assert refused.status_code == 422, refused.text
