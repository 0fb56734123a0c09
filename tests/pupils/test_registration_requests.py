"""South Quay's SENCO holds a letter about a child whose file another school keeps, and asks for a registration."""

from typing import Any

import pytest

from tests.pupils.children import NEW_UPN, OTHER_UPN, child, day, entries, south_office
from tests.world import Person, World

REQUESTS = "/v1/registration-requests"
BORN = "2017-05-04"


async def upn_of(world: World, pupil: object) -> str:
    return str((await world.senco.get(f"/v1/pupils/{pupil}")).json()["roll"]["upn"])


def asking(world: World, known_as: str, **more: object) -> dict[str, Any]:
    return {
        "school_id": str(world.south), "upn": known_as, "born_on": BORN, "kind": "dual_registered", "from_on": day(-1),
        "reason": "She comes to us two days a week.", **more,
    }  # fmt: skip


async def ask(world: World, known_as: str, **more: object) -> Any:
    return await world.south_senco.post(REQUESTS, asking(world, known_as, **more))


async def items(person: Person) -> list[dict[str, Any]]:
    return list((await person.get(REQUESTS)).json()["items"])


async def test_from_known_in_trust_to_the_childs_record_in_four_steps(world: World) -> None:
    upn = await upn_of(world, world.amira)
    office = await south_office(world)
    assert (await office.post("/v1/pupils", child(world.south, upn=upn))).json()["type"] == "/problems/known-in-trust"

    asked = await ask(world, upn)
    assert asked.status_code == 201, asked.text
    assert (asked.json()["status"], asked.json()["pupil_id"]) == ("asked", None)
    assert (await world.south_senco.get(f"/v1/pupils/{world.amira}")).status_code == 404

    kept = await items(world.office)
    assert [(one["pupil_id"], one["school_id"]) for one in kept] == [(str(world.amira), str(world.south))]
    agreed = await world.office.verb(asked.headers["Location"], "agree")
    assert agreed.status_code == 200, agreed.text
    assert (agreed.json()["status"], agreed.json()["decided_at"] is None) == ("agreed", False)

    told = (await world.south_senco.get(asked.headers["Location"])).json()
    assert (told["status"], told["pupil_id"]) == ("agreed", str(world.amira))
    amira = await world.south_senco.get(f"/v1/pupils/{world.amira}")
    assert (amira.status_code, amira.json()["school_id"]) == (200, str(world.north))
    registered = await world.south_senco.get(f"/v1/registrations?pupil_id={world.amira}&school_id={world.south}")
    assert [(one["kind"], one["enrolment_status"], one["from_on"]) for one in registered.json()["items"]] == [
        ("dual_registered", "S", day(-1))
    ]
    made = [one for one in await entries(world, world.south, "registration") if one.kind == "created"]
    assert [one.pupil_ids for one in made] == [world.amira.bytes]


async def test_the_answer_tells_nobody_whether_there_is_such_a_child(world: World) -> None:
    upn = await upn_of(world, world.amira)
    cases = {
        "known": asking(world, upn),
        "unknown": asking(world, NEW_UPN),
        "another birthday": asking(world, upn, born_on="2017-05-05"),
    }
    first = {name: await world.south_senco.post(REQUESTS, body) for name, body in cases.items()}
    assert {name: one.status_code for name, one in first.items()} == dict.fromkeys(cases, 201)
    varies = {"id": "", "created_at": ""}
    assert len({str({**one.json(), **varies}) for one in first.values()}) == 1
    assert len({str(sorted(one.headers)) for one in first.values()}) == 1

    again = {name: await world.south_senco.post(REQUESTS, body) for name, body in cases.items()}
    assert {name: one.status_code for name, one in again.items()} == dict.fromkeys(cases, 409)
    assert len({str({**one.json(), "request_id": ""}) for one in again.values()}) == 1
    assert again["known"].json()["type"] == "/problems/asked-already"

    read = {name: await world.south_senco.get(one.headers["Location"]) for name, one in first.items()}
    assert all(read[name].headers["ETag"] == first[name].headers["ETag"] for name in cases)
    # the school decides nothing of its own, and is told so in one way
    for verb in ("agree", "decline"):
        tried = [await world.south_senco.verb(one.headers["Location"], verb) for one in first.values()]
        assert [one.status_code for one in tried] == [404, 404, 404]
    assert len(await items(world.office)) == 1
    # a ledger entry of the asking school names no child it does not know
    assert {one.pupil_ids for one in await entries(world, world.south, "registration_request")} == {b""}


async def test_a_declined_request_opens_nothing_and_may_be_made_again(world: World) -> None:
    upn = await upn_of(world, world.amira)
    asked = await ask(world, upn)
    assert (await world.senco.verb(asked.headers["Location"], "decline")).json()["status"] == "declined"
    told = (await world.south_senco.get(asked.headers["Location"])).json()
    assert (told["status"], told["pupil_id"]) == ("declined", None)
    assert (await world.south_senco.get(f"/v1/pupils/{world.amira}")).status_code == 404
    assert (await world.senco.verb(asked.headers["Location"], "agree")).status_code == 409
    assert (await ask(world, upn)).status_code == 201


async def test_a_request_waits_for_a_child_who_is_entered_later_and_the_asker_cannot_tell(world: World) -> None:
    asked = await ask(world, NEW_UPN, born_on="2018-02-03")
    assert await items(world.office) == []
    made = await world.office.post("/v1/pupils", child(world.north, upn=NEW_UPN))
    assert made.status_code == 201, made.text
    assert (await world.south_senco.get(asked.headers["Location"])).headers["ETag"] == asked.headers["ETag"]
    assert [one["pupil_id"] for one in await items(world.office)] == [made.json()["id"]]
    assert (await world.office.verb(asked.headers["Location"], "agree")).status_code == 200
    assert (await world.south_senco.get(made.headers["Location"])).status_code == 200


async def test_a_request_waits_for_a_birthday_put_right(world: World) -> None:
    upn = await upn_of(world, world.amira)
    asked = await ask(world, upn, born_on="2017-04-05")
    assert await items(world.office) == []
    assert (await world.office.change(f"/v1/pupils/{world.amira}", {"born_on": "2017-04-05"})).status_code == 200
    assert [one["id"] for one in await items(world.office)] == [asked.json()["id"]]


async def test_the_keeping_school_reads_a_request_and_its_own_ledger_says_so(world: World) -> None:
    asked = await ask(world, await upn_of(world, world.amira))
    await world.office.get(asked.headers["Location"])
    read = [one for one in await entries(world, world.north, "registration_request") if one.kind == "read"]
    assert [(one.account_id, one.pupil_ids) for one in read] == [(world.office.account.id, world.amira.bytes)]


async def test_a_third_school_sees_and_decides_nothing(world: World) -> None:
    east = world.school("East Quay", world.trust_id)
    third = world.account("east_senco", "senco", east)
    await world.save()
    asked = await ask(world, await upn_of(world, world.amira))
    assert await items(third) == []
    assert (await third.get(asked.headers["Location"])).status_code == 404
    tag = asked.headers["ETag"]
    assert (await third.post(f"{asked.headers['Location']}/agree", If_Match=tag)).status_code == 404
    refused = await third.post(REQUESTS, asking(world, OTHER_UPN))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/school_id")


async def test_the_same_request_sent_again_under_its_id_is_one_request(world: World) -> None:
    body = asking(world, await upn_of(world, world.amira))
    path = f"{REQUESTS}/01939f5e-7c1a-7b3e-9d53-" + f"{world.number:012x}"
    first, again = await world.south_senco.put(path, body), await world.south_senco.put(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(await items(world.office)) == 1


async def test_an_agreement_needs_the_tag_that_was_seen(world: World) -> None:
    asked = await ask(world, await upn_of(world, world.amira))
    path = asked.headers["Location"]
    assert (await world.office.post(f"{path}/agree")).status_code == 428
    assert (await world.office.post(f"{path}/agree", If_Match='"7.00"')).status_code == 412


async def test_a_referred_child_comes_to_stay_and_is_not_lost_in_between(world: World) -> None:
    upn = await upn_of(world, world.amira)
    for kind, from_on in (("referred", day(-30)), ("placed", day(20))):
        asked = await ask(world, upn, kind=kind, from_on=from_on)
        assert asked.status_code == 201, asked.text
        assert (await world.office.verb(asked.headers["Location"], "agree")).status_code == 200
        assert (await world.south_senco.get(f"/v1/pupils/{world.amira}")).status_code == 200
    registered = await world.south_senco.get(f"/v1/registrations?pupil_id={world.amira}&school_id={world.south}")
    assert [(one["kind"], one["enrolment_status"], one["from_on"]) for one in registered.json()["items"]] == [
        ("placed", "S", day(-30))
    ]


async def test_a_registration_agreed_for_next_month_opens_nothing_today(world: World) -> None:
    asked = await ask(world, await upn_of(world, world.amira), from_on=day(30))
    assert (await world.office.verb(asked.headers["Location"], "agree")).status_code == 200
    assert (await world.south_senco.get(f"/v1/pupils/{world.amira}")).status_code == 404


async def test_a_child_who_moved_to_south_quay_is_on_a_roll_again(world: World) -> None:
    upn = await upn_of(world, world.amira)
    body = {"ended_on": day(-1), "reason": "moved_school"}
    assert (await world.office.verb(f"/v1/pupils/{world.amira}", "end", body)).status_code == 200
    asked = await ask(world, upn, kind="enrolled", from_on=day(0))
    assert (await world.office.verb(asked.headers["Location"], "agree")).status_code == 200
    amira = await world.south_senco.get(f"/v1/pupils/{world.amira}")
    assert (amira.status_code, amira.json()["ended_on"]) == (200, None)
    assert (await world.teaching_assistant.get(f"/v1/pupils/{world.amira}")).status_code == 404
    # and her new school can take her off again
    office = await south_office(world)
    assert (await office.verb(f"/v1/pupils/{world.amira}", "end", body)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"upn": "Q207000016049"}, "/upn"), ({"kind": "visiting"}, "/kind"), ({"reason": ""}, "/reason"),
     ({"born_on": None}, "/born_on"), ({"pupil_id": NEW_UPN}, "/pupil_id")],
)  # fmt: skip
async def test_a_slip_in_a_request_is_named(world: World, wrong: dict[str, object], pointer: str) -> None:
    refused = await ask(world, NEW_UPN, **wrong)
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


async def test_a_senco_of_an_empty_trust_has_no_requests_and_breaks_nothing(world: World) -> None:
    empty = world.place("trust", "Empty Trust", None)
    person = world.account("lonely_senco", "senco", empty)
    await world.save()
    answer = await person.get(REQUESTS)
    assert (answer.status_code, answer.json().get("items")) == (200, []), answer.text
