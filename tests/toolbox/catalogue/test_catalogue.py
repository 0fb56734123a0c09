"""The shipped catalogue over HTTP, as whoever has ten minutes to plan meets it, and as a base takes things over."""

import asyncio
from typing import Any

import pytest

from iap_api.toolbox.catalogue.entries import RESOURCES, STRATEGIES
from tests.world import Person, World


async def keys(person: Person, path: str) -> list[str]:
    """Every key of a list, page after page."""
    found: list[str] = []
    following: str | None = path
    while following:
        answer = await person.get(following)
        assert answer.status_code == 200, answer.text
        found += [one["key"] for one in answer.json()["items"]]
        following = answer.json()["next"]
    return found


def of_bubble(world: World, **more: Any) -> dict[str, Any]:
    return {"school_id": str(world.north), "base_id": str(world.bubble), "catalogue_key": "ear-defenders", **more}


async def test_an_assistant_looks_on_a_phone_for_what_to_do_tomorrow_about_waiting_for_a_turn(world: World) -> None:
    found = await world.teaching_assistant.get("/v1/strategies?strand=Z&zone=yellow&q=turn")
    assert found.status_code == 200
    first = next(one for one in found.json()["items"] if one["key"] == "my-turn-your-turn")
    assert first == {
        "key": "my-turn-your-turn",
        "title": "Turns you can see",
        "what_to_do": STRATEGIES["my-turn-your-turn"].what_to_do,
        "why": "Waiting is learned in small pieces, with an end in sight.",
        "watch_for": None,
        "strands": ["H", "T", "Z"],
        "clusters": ["steering_self", "early_needs", "guarding"],
        "nurture_principles": ["learning_understood_developmentally"],
        "zones": ["green", "yellow"],
        "youngest": 4,
        "oldest": 8,
    }


async def test_a_lead_who_fits_out_a_new_base_reads_the_whole_catalogue_page_by_page(world: World) -> None:
    lead = world.base_lead
    assert await keys(lead, "/v1/catalogue?limit=30") == list(RESOURCES)
    assert await keys(lead, "/v1/strategies?limit=7") == list(STRATEGIES)
    assert len((await lead.get("/v1/catalogue")).json()["items"]) == 50
    wanted = "/v1/catalogue?category=movement&nurture_principle=transitions_matter&cluster=making_sense"
    assert await keys(lead, wanted) == ["stepping-stones"]
    assert await keys(lead, "/v1/catalogue?q=latex&limit=1") == []
    assert await keys(lead, "/v1/strategies?nurture_principle=transitions_matter&strand=U&limit=1") == [
        "meet-at-the-door", "back-when-the-sand-runs-out", "i-thought-of-you",
    ]  # fmt: skip


async def test_a_list_that_has_not_changed_is_not_sent_again(world: World) -> None:
    first = await world.senco.get("/v1/strategies?strand=S")
    again = await world.senco.get("/v1/strategies?strand=S", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "private, max-age=3600"


async def test_a_cursor_of_another_list_or_filter_is_refused(world: World) -> None:
    following = (await world.senco.get("/v1/strategies?limit=2")).json()["next"]
    cursor = following.split("after=")[1]
    for path in ("/v1/catalogue?limit=2", "/v1/strategies?limit=2&zone=green"):
        refused = await world.senco.get(f"{path}&after={cursor}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/after")


@pytest.mark.parametrize("query", ["strand=K", "zone=purple", "cluster=x", "nurture_principle=x", "q=a"])
async def test_a_tag_that_does_not_exist_is_422_and_names_itself(world: World, query: str) -> None:
    refused = await world.senco.get(f"/v1/strategies?{query}")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{query.split('=')[0]}")


async def test_a_base_takes_over_ear_defenders_with_what_is_said_of_their_safety(world: World) -> None:
    made = await world.teaching_assistant.post("/v1/resources", of_bubble(world, stock=6))
    assert made.status_code == 201, made.text
    assert made.json() == {
        "id": made.json()["id"],
        "version": 1,
        "school_id": str(world.north),
        "base_id": str(world.bubble),
        "catalogue_key": "ear-defenders",
        "name": "Ear defenders",
        "category": "sensory",
        "zones": ["yellow", "red"],
        "strands": ["A", "F", "Q"],
        "nurture_principle": "classroom_offers_safe_base",
        "who_may_use": None,
        "purpose": "Takes the edge off noise in halls, assemblies and busy lessons.",
        "note": RESOURCES["ear-defenders"].how_to_use,
        "risk_note": "Check that they are not too tight; never during a fire drill without an adult beside the child.",
        "allergens": ["latex"],
        "allergy_note": None,
        "cleaning_note": "Wipe the cushions with a damp cloth and mild soap after each child.",
        "photo_id": None,
        "stock": 6,
        "issued": 0,
        "ended_on": None,
    }
    found = await world.class_teacher.get("/v1/resources?catalogue_key=ear-defenders&strand=Q")
    assert [one["id"] for one in found.json()["items"]] == [made.json()["id"]]
    assert (await world.class_teacher.get("/v1/resources?strand=Z")).json()["items"] == []


async def test_what_a_school_knows_better_stands_in_place_of_what_ships(world: World) -> None:
    body = of_bubble(world, name="Blue ear defenders", allergens=[], zones=["red"], strands=[], who_may_use="All")
    made = (await world.base_lead.post("/v1/resources", body)).json()
    assert (made["name"], made["allergens"], made["zones"], made["strands"], made["category"]) == (
        "Blue ear defenders", [], ["red"], [], "sensory",
    )  # fmt: skip
    changed = await world.base_lead.change(f"/v1/resources/{made['id']}", {"strands": ["F"], "allergens": ["wool"]})
    assert (changed.json()["strands"], changed.json()["allergens"]) == (["F"], ["wool"])


async def test_a_base_has_an_entry_once_however_many_take_it_over_at_once(world: World) -> None:
    answers = await asyncio.gather(*(world.base_lead.post("/v1/resources", of_bubble(world)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "/problems/taken-over"
    # the school outside its bases may have it too, once, and another base as well
    for expected in (201, 409):
        whole = await world.senco.post("/v1/resources", of_bubble(world, base_id=None))
        assert whole.status_code == expected, whole.text
    south = {"school_id": str(world.south), "base_id": str(world.harbour), "catalogue_key": "ear-defenders"}
    assert (await world.south_senco.post("/v1/resources", south)).status_code == 201


async def test_an_entry_that_was_ended_can_be_taken_over_anew(world: World) -> None:
    first = (await world.base_lead.post("/v1/resources", of_bubble(world))).json()
    ended = await world.base_lead.verb(f"/v1/resources/{first['id']}", "end", {"ended_on": "2026-11-20"})
    assert ended.status_code == 200
    assert (await world.base_lead.post("/v1/resources", of_bubble(world))).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"catalogue_key": "no-such-thing"}, ["/catalogue_key"]),
        ({"catalogue_key": None}, ["/name", "/category"]),
        ({"catalogue_key": None, "name": "A rug"}, ["/category"]),
        ({"strands": ["A", "A"]}, ["/strands"]),
        ({"allergens": ["wool", "wool"]}, ["/allergens"]),
        ({"strands": ["K"]}, ["/strands/0"]),
        ({"allergens": ["gold"]}, ["/allergens/0"]),
    ],
)
async def test_what_cannot_be_taken_over_is_422_with_a_pointer(
    world: World, body: dict[str, Any], pointers: list[str]
) -> None:
    refused = await world.base_lead.post("/v1/resources", of_bubble(world, **body))
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == pointers
    assert (await world.base_lead.get("/v1/resources")).json()["items"] == []


async def test_a_name_or_a_category_cannot_be_taken_away(world: World) -> None:
    made = (await world.base_lead.post("/v1/resources", of_bubble(world))).json()
    for member in ("name", "category", "strands", "allergens"):
        refused = await world.base_lead.change(f"/v1/resources/{made['id']}", {member: None})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{member}")
