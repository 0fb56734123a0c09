"""Classes and adults as the school office keeps them."""

import asyncio
from typing import Any

from tests.world import World


def class_of(school_id: object, **more: Any) -> dict[str, Any]:
    """A mixed class for the coming year."""
    return {
        "school_id": str(school_id),
        "name": "4/5B",
        "academic_year": 2026,
        "nc_years": ["4", "5"],
        **more,
    }


def adult(school_id: object, **more: Any) -> dict[str, Any]:
    """Somebody who starts in September."""
    return {
        "school_id": str(school_id), "name": "Jo Marsh", "job": "Teaching assistant",
        "started_on": "2026-09-01", **more,
    }  # fmt: skip


async def test_the_office_sets_up_a_mixed_class_with_its_teacher(world: World) -> None:
    teacher = str(world.staff["class_teacher"])
    made = await world.office.post("/v1/classes", class_of(world.north, teacher_staff_id=teacher))
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"], "version": 1, "school_id": str(world.north), "name": "4/5B",
        "academic_year": 2026, "nc_years": ["4", "5"], "teacher_staff_id": teacher, "ended_on": None,
    }  # fmt: skip
    listed = await world.class_teacher.get(f"/v1/classes?teacher_staff_id={teacher}&academic_year=2026")
    assert [one["name"] for one in listed.json()["items"]] == ["4/5B"]
    assert (await world.class_teacher.get("/v1/classes?academic_year=2025")).json()["items"] == []
    assert (await world.south_senco.get(made.headers["Location"])).status_code == 404


async def test_the_same_name_in_the_same_year_is_one_class(world: World) -> None:
    assert (await world.office.post("/v1/classes", class_of(world.north))).status_code == 201
    twin = await world.administrator.post("/v1/classes", class_of(world.north))
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/class-name-taken")
    assert (await world.mis.post("/v1/classes", class_of(world.north, academic_year=2027))).status_code == 201
    assert (await world.administrator.post("/v1/classes", class_of(world.south))).status_code == 201
    other = await world.office.post("/v1/classes", class_of(world.north, name="6C"))
    renamed = await world.office.change(f"/v1/classes/{other.json()['id']}", {"name": "4/5B"})
    assert (renamed.status_code, renamed.json()["type"]) == (409, "/problems/class-name-taken")


async def test_of_rivals_for_one_class_name_exactly_one_wins(world: World) -> None:
    sent = class_of(world.north, name="1A", nc_years=["1"])
    answers = await asyncio.gather(*(world.office.post("/v1/classes", sent) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_class_teaches_years_that_exist_each_named_once(world: World) -> None:
    for years, pointer in (
        (["15"], "/nc_years/0"),
        (["4", "4"], "/nc_years"),
        ([], "/nc_years"),
        ("4", "/nc_years"),
    ):
        refused = await world.office.post("/v1/classes", class_of(world.north, nc_years=years))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    elsewhere = await world.office.post("/v1/classes", class_of(world.south))
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/school_id")
    unknown = await world.administrator.post(
        "/v1/classes", class_of(world.south, teacher_staff_id=str(world.staff["class_teacher"]))
    )
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/teacher_staff_id")


async def test_a_class_changes_its_teacher_and_ends_once(world: World) -> None:
    path = f"/v1/classes/{world.class_3}"
    changed = await world.office.change(
        path, {"teacher_staff_id": str(world.staff["class_teacher"]), "nc_years": ["3", "4"]}
    )
    assert (changed.status_code, changed.json()["nc_years"], changed.json()["version"]) == (
        200,
        ["3", "4"],
        2,
    )
    assert (await world.office.change(path, {"teacher_staff_id": None})).json()["teacher_staff_id"] is None
    assert (await world.office.change(path, {"academic_year": 2027})).status_code == 422
    assert (await world.office.verb(path, "end", {"ended_on": "2027-07-21"})).json()["ended_on"] == "2027-07-21"
    assert (await world.office.verb(path, "end", {"ended_on": "2027-07-22"})).status_code == 409
    assert (await world.teaching_assistant.post("/v1/classes", class_of(world.north))).status_code == 403


async def test_an_adult_is_entered_who_signs_in_with_an_account(world: World) -> None:
    account = str(world.senco.account.id)
    made = await world.administrator.post(
        "/v1/staff", adult(world.north, name="Sam Reed", job="SENCO", account_id=account)
    )
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"], "version": 1, "school_id": str(world.north), "account_id": account,
        "name": "Sam Reed", "job": "SENCO", "started_on": "2026-09-01", "ended_on": None,
    }  # fmt: skip
    found = await world.teaching_assistant.get(f"/v1/staff?account_id={account}")
    assert [one["id"] for one in found.json()["items"]] == [made.json()["id"]]
    twin = await world.administrator.post("/v1/staff", adult(world.north, name="Sam Reed again", account_id=account))
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/account-linked")


async def test_an_account_of_another_school_and_one_that_does_not_exist_are_refused_alike(
    world: World,
) -> None:
    answers = [
        await world.administrator.post("/v1/staff", adult(world.north, account_id=account))
        for account in (
            str(world.south_senco.account.id),
            "01890a5d-ac96-774b-bcce-b302099a8057",
            str(world.mis.account.id),
        )
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({str(answer.json()["errors"]) for answer in answers}) == 1
    # somebody who works for the whole trust may be an adult of each of its schools
    lead = str(world.trust_inclusion_lead.account.id)
    assert (await world.administrator.post("/v1/staff", adult(world.north, account_id=lead))).status_code == 201


async def test_an_adult_leaves_and_the_list_of_a_day_knows(world: World) -> None:
    made = await world.administrator.post("/v1/staff", adult(world.north))
    path = f"/v1/staff/{made.json()['id']}"
    assert (await world.administrator.verb(path, "end", {"ended_on": "2026-08-31"})).status_code == 422
    ended = await world.administrator.verb(path, "end", {"ended_on": "2026-12-18"})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, "2026-12-18")
    assert (await world.administrator.verb(path, "end", {"ended_on": "2026-12-19"})).status_code == 409

    async def there(day: str) -> bool:
        listed = await world.office.get(f"/v1/staff?on={day}")
        return made.json()["id"] in [one["id"] for one in listed.json()["items"]]

    assert [await there(day) for day in ("2026-08-31", "2026-09-01", "2026-12-18", "2026-12-19")] == [
        False, True, True, False,
    ]  # fmt: skip
    # whoever has left takes no class any more
    refused = await world.office.change(f"/v1/classes/{world.class_3}", {"teacher_staff_id": made.json()["id"]})
    assert refused.status_code == 422
    assert (await world.administrator.change(path, {"started_on": "2026-12-20"})).status_code == 422


async def test_an_account_is_free_again_when_its_adult_has_left(world: World) -> None:
    path = f"/v1/staff/{world.staff['second_assistant']}"
    account = str(world.second_assistant.account.id)
    assert (await world.administrator.verb(path, "end", {"ended_on": "2026-07-20"})).status_code == 200
    assert (await world.administrator.post("/v1/staff", adult(world.north, account_id=account))).status_code == 201


async def test_who_may_not_see_or_keep_the_adults_of_a_school(world: World) -> None:
    assert (await world.governor.get("/v1/staff")).status_code == 403
    assert (await world.referrer.get("/v1/staff")).status_code == 403
    assert (await world.senco.post("/v1/staff", adult(world.north))).status_code == 403
    assert (await world.south_senco.get(f"/v1/staff/{world.staff['base_lead']}")).status_code == 404
    at_north = world.account("north_administrator", "administrator", world.north)
    await world.save()
    elsewhere = await at_north.post("/v1/staff", adult(world.south))
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/school_id")
