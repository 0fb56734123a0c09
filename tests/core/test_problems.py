"""Problems as a frontend meets them: each type has its page, and none repeats what was sent."""

import pytest
from fastapi import FastAPI

from iap_api.core.errors import Problem
from iap_api.main import guard_of, routes_of
from tests.world import World

# the kinds of design 5, written by hand
KINDS = {
    "malformed": 400, "sign-in-needed": 401, "not-your-role": 403, "not-found": 404, "method-not-allowed": 405,
    "not-acceptable": 406, "conflict": 409, "id-taken": 409, "still-running": 409, "stale": 412, "too-large": 413,
    "unsupported-media": 415, "invalid": 422, "key-reused": 422, "if-match-needed": 428, "too-many": 429, "broken": 500,
    "unavailable": 503, "clash": 409, "space-full": 409, "known-in-trust": 409,
}  # fmt: skip


async def test_the_page_of_every_kind_is_served_and_says_what_to_do(world: World) -> None:
    known = dict(Problem.all)
    assert {kind: known[kind].status for kind in KINDS} == KINDS
    for kind, problem in known.items():
        page = await world.client.get(f"/problems/{kind}")
        assert page.status_code == 200, kind
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f"Status {problem.status}" in page.text
        assert len(problem.advice) > 15, kind


async def test_there_is_no_page_for_a_kind_that_is_none(world: World) -> None:
    assert (await world.client.get("/problems/<script>alert(1)<")).json()["type"] == "/problems/not-found"


def test_two_problems_may_not_share_a_kind() -> None:
    with pytest.raises(TypeError, match="stale"):
        type("Twin", (Problem,), {"kind": "stale", "status": 412, "title": "", "advice": ""})


WRONG = [
        ("given_name", 7), ("given_name", None), ("given_name", ""), ("given_name", "Quillon" * 40),
        ("given_name", ["Quillon"]), ("given_name", "Quillon\u202e"), ("born_on", "Quillon"), ("born_on", 1493856000),
        ("born_on", "2017-02-30"), ("born_on", "0000-00-00"), ("born_on", "2017-05-04T00:00:00Z"), ("sex", "Quillon"),
        ("sex", True), ("school_id", "Quillon"), ("school_id", 1), ("free_meals", "true"), ("free_meals", 1),
        ("upn", "Quillon000000"), ("sen_needs", "SEMH"), ("sen_needs", ["Quillon "]), ("address", "Quillon\u0007"),
]  # fmt: skip


async def test_the_office_is_told_which_member_is_wrong_and_its_value_is_not_repeated(world: World) -> None:
    good = {
        "school_id": str(world.north), "given_name": "Ida", "family_name": "Quillon", "born_on": "2017-05-04",
        "sex": "F", "registered_from": "2026-09-01",
    }  # fmt: skip
    for member, value in WRONG:
        answer = await world.office.post("/v1/pupils", {**good, member: value})
        assert answer.status_code == 422, (member, value)
        assert [one["pointer"].split("/")[1] for one in answer.json()["errors"]] == [member]
        assert "Quillon" not in answer.text
        assert "1493856000" not in answer.text


async def test_a_member_that_is_not_known_is_named_unless_its_name_could_be_a_persons(world: World) -> None:
    answer = await world.senco.post("/v1/pupils/search", {"name": "am", "query": 2, "Amira Okafor": 1, "a/b~c": 1})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/query", "", ""]


async def test_a_member_with_a_very_long_name_is_not_repeated_whole(world: World) -> None:
    answer = await world.senco.post("/v1/pupils/search", {"name": "am", "n" * 100_000: 1})
    assert answer.status_code == 422
    assert len(answer.content) < 1000


QUERIES = [
    "limit=0", "limit=201", "limit=-1", "limit=1.0", "limit=%2B1", "limit=1_0", "limit=", "limit=99999999999999999",
    "limit=%D9%A1", "limit=5%0A", "limit=5&limit=5", "after=", "after=%27%3B--", "offset=5", "Limit=5",
    "school_id=7", "school_id=01981F3E-8A00-7000-8000-0000000000A1",
    "school_id=01981f3e-8a00-7000-8000-0000000000a1%0A",
    "sen_provision=%F0%9F%98%80",
]  # fmt: skip


async def test_a_query_out_of_form_is_invalid(world: World) -> None:
    for query in QUERIES:
        answer = await world.senco.get(f"/v1/pupils?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["type"] == "/problems/invalid"


PATHS = [
    "1", "1.0", "+1", "null", "01981f3e8a0070008000000000000 0a1", "01981f3e8a007000800000000000a100", "%0A",
               "01981f3e-8a00-7000-8000-0000000000a1%0A", "{01981f3e-8a00-7000-8000-0000000000a1}", "a" * 300,
]  # fmt: skip


async def test_an_id_in_a_path_out_of_form_is_refused_like_bad_input(world: World) -> None:
    for wanted in PATHS:
        assert (await world.senco.get(f"/v1/pupils/{wanted}")).status_code == 422, wanted


async def test_another_media_type_is_not_taken_and_another_format_not_given(world: World) -> None:
    senco = world.senco
    for media in ("text/plain", "application/xml", "multipart/form-data", "application/merge-patch+json", ""):
        answer = await senco.post("/v1/pupils/search", {"name": "am"}, Content_Type=media)
        assert answer.status_code == 415, media
    assert (await senco.patch(f"/v1/pupils/{world.amira}", {}, Content_Type="application/json")).status_code == 415
    assert (await senco.get("/v1/pupils", Accept="application/xml")).status_code == 406


def test_every_operation_is_guarded_or_on_the_short_list_of_public_ones(app: FastAPI) -> None:
    public = {
        "sign_in", "read_signing_keys", "check_alive", "check_ready", "read_metrics", "read_problem", "read_contract",
        "read_documentation", "read_documentation_asset",
        # its address is the secret that lets in
        "read_calendar",
    }  # fmt: skip
    unguarded = {route.name for route in routes_of(app) if guard_of(route.dependant) is None}
    assert unguarded <= public
