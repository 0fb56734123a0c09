"""Code sets as a frontend fills its menus with them."""

from tests.world import World


async def codes(world: World, path: str) -> list[str]:
    answer = await world.teaching_assistant.get(path)
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["codes"]]


async def test_every_set_is_listed_once_with_its_size(world: World) -> None:
    listed = await world.teaching_assistant.get("/v1/code-sets")
    sizes = {one["set"]: one["codes"] for one in listed.json()["items"]}
    # domain.md 4: 14 SEN types, 29 suspension reasons, 34 attendance marks, 24 ethnic groups, 3 exclusions
    assert sizes["sen_need_types"] == 14
    assert sizes["suspension_reasons"] == 29
    assert sizes["attendance_codes_2024"] == 34
    assert sizes["ethnicity"] == 24
    assert sizes["exclusion_categories"] == 3
    assert listed.json()["next"] is None


async def test_one_code_means_two_things_in_two_sets(world: World) -> None:
    need = await world.senco.get("/v1/code-sets/sen_need_types?code=DS")
    reason = await world.senco.get("/v1/code-sets/suspension_reasons?code=DS")
    assert [one["label"] for one in need.json()["codes"]] == ["Down Syndrome"]
    assert [one["label"] for one in reason.json()["codes"]] == ["Abuse relating to disability including bullying"]


async def test_a_code_is_offered_only_on_days_on_which_it_is_valid(world: World) -> None:
    # domain.md 4: the attendance codes of 2024 are in force from 19 August 2024
    assert await codes(world, "/v1/code-sets/attendance_codes_2024?on=2024-08-18") == []
    assert "K" in await codes(world, "/v1/code-sets/attendance_codes_2024?on=2024-08-19")
    # domain.md 4: N, K and E are the provisions of today; A and S stand in imported records only
    assert await codes(world, "/v1/code-sets/sen_provision?on=2026-09-01") == ["N", "K", "E"]
    whole = (await world.senco.get("/v1/code-sets/sen_provision")).json()["codes"]
    legacy = {one["code"]: one["active"] for one in whole}
    assert (legacy["E"], legacy["S"], legacy["A"]) == (True, False, False)


async def test_a_code_says_whether_it_was_verified_and_since_when_it_holds(world: World) -> None:
    mark = (await world.senco.get("/v1/code-sets/attendance_codes_2024?code=K")).json()["codes"][0]
    assert (mark["valid_from"], mark["valid_until"], mark["verified"]) == ("2024-08-19", None, "verified")
    years = await codes(world, "/v1/code-sets/nc_years")
    assert years[:6] == ["E1", "E2", "N1", "N2", "R", "1"]


async def test_a_menu_that_has_not_changed_is_not_sent_again(world: World) -> None:
    first = await world.teaching_assistant.get("/v1/code-sets/fsm_categories")
    again = await world.teaching_assistant.get("/v1/code-sets/fsm_categories", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_a_set_that_does_not_exist_is_not_found(world: World) -> None:
    assert (await world.senco.get("/v1/code-sets/star_signs")).status_code == 404
    assert (await world.senco.get("/v1/code-sets/Star-Signs")).status_code == 422
    assert (await world.senco.get("/v1/code-sets/ethnicity?on=yesterday")).status_code == 422
    assert (await world.senco.get("/v1/code-sets/ethnicity?colour=blue")).status_code == 422
    assert (await world.client.get("/v1/code-sets")).status_code == 401
