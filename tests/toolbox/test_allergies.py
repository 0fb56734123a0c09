"""A teaching assistant reaches for the latex band for a child with a latex allergy, and is stopped before it is out."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from iap_api.access.policy import Permission
from iap_api.pupils.tables import Pupil
from iap_api.toolbox.allergies import Allergic
from tests.toolbox.test_stock import counted, written
from tests.toolbox.things import ear_defenders, issued, toolbox
from tests.world import World

REASON = "The band is in its own cover; her mother and the nurse agreed on Monday."


async def allergic(world: World, *allergens: str) -> None:
    """Enter what Amira is allergic to, as the office does."""
    told = await world.office.change(f"/v1/pupils/{world.amira}", {"allergens": list(allergens)})
    assert told.status_code == 200, told.text


async def test_a_band_of_latex_is_not_issued_to_a_child_allergic_to_latex(world: World) -> None:
    await allergic(world, "latex", "peanuts")
    band = await ear_defenders(world, stock=3, name="Band", allergens=["latex", "dyes"], allergy_note="Natural latex.")
    amiras, bens = await toolbox(world, world.amira, "1"), await toolbox(world, world.ben, "2")
    ta = world.teaching_assistant
    refused = await ta.post(f"/v1/toolboxes/{amiras}/items", {"resource_id": band})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/allergic")
    assert "latex" not in refused.text
    assert await counted(world, band) == (0, 0)
    await issued(world, bens, band)
    assert (await ta.get(f"/v1/pupils/{world.amira}")).json()["health"]["allergens"] == ["latex", "peanuts"]


async def test_the_base_lead_overrides_it_with_a_reason_that_stands_in_the_record(world: World) -> None:
    await allergic(world, "latex")
    band, box = await ear_defenders(world, stock=1, allergens=["latex"]), await toolbox(world, world.amira, "1")
    path, asked = f"/v1/toolboxes/{box}/items/despite-allergy", {"resource_id": band, "allergy_override": REASON}
    by_assistant = await world.teaching_assistant.post(path, asked)
    assert (by_assistant.status_code, by_assistant.json()["type"]) == (403, "/problems/not-your-role")
    item = await world.base_lead.post(path, asked)
    assert item.status_code == 201, item.text
    assert item.json()["allergy_override"] == REASON
    assert item.json()["allergy_override_by"] == str(world.base_lead.account.id)
    assert item.json()["allergens"] == ["latex"]
    told = await world.base_lead.change(f"/v1/toolbox-items/{item.json()['id']}", {"allergy_override": "Changed."})
    assert told.status_code == 422


async def test_an_override_of_nothing_is_a_mistake(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=1), await toolbox(world, world.amira, "1")
    path, asked = f"/v1/toolboxes/{box}/items", {"resource_id": defenders, "allergy_override": REASON}
    answer = await world.senco.post(f"{path}/despite-allergy", asked)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-allergic")
    for person, where, body in (
        (world.senco, f"{path}/despite-allergy", {"resource_id": defenders}),
        (world.senco, f"{path}/despite-allergy", {**asked, "allergy_override": " "}),
        (world.senco, path, asked),
    ):
        unsaid = await person.post(where, body)
        assert unsaid.status_code == 422
        assert unsaid.json()["errors"][0]["pointer"] == "/allergy_override"


async def test_an_allergy_and_an_issue_at_once_never_pass_each_other_by(world: World) -> None:
    """Whichever comes first is seen by the other, or was there before it: never both unseen."""
    ta, office, path = world.teaching_assistant, world.office, f"/v1/pupils/{world.amira}"
    band, box = await ear_defenders(world, stock=50, allergens=["latex"]), await toolbox(world, world.amira, "1")
    for _ in range(5):
        tag = (await office.get(path)).headers["ETag"]
        told, put = await asyncio.gather(
            office.patch(path, {"allergens": ["latex"]}, If_Match=tag),
            ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": band}),
        )
        assert told.status_code == 200
        assert put.status_code in (201, 409)
        after = await ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": band})
        assert after.json()["type"] == "/problems/allergic"
        await allergic(world)


async def test_the_database_itself_issues_nothing_the_child_is_allergic_to(world: World) -> None:
    band, box = await ear_defenders(world, stock=1, allergens=["wool", "latex"]), await toolbox(world, world.amira, "1")
    database = world.app.state.database
    async with database.transaction() as session:
        await session.execute(update(Pupil).where(col(Pupil.id) == world.amira).values(allergens=["eggs", "latex"]))
    with pytest.raises(Allergic):
        async with database.transaction() as session:
            session.add(written(world, world.amira, box, band))
    async with database.transaction() as session:
        override: dict[str, Any] = {"allergy_override": REASON, "allergy_override_by": world.senco.account.id}
        session.add(written(world, world.amira, box, band, **override))
    assert await counted(world, band) == (1, 1)


@pytest.mark.parametrize("wrong", [["latex", "latex"], ["rubber"], "latex", [None]], ids=str)
async def test_an_allergen_is_one_of_the_list_and_named_once(world: World, wrong: object) -> None:
    answer = await world.office.change(f"/v1/pupils/{world.amira}", {"allergens": wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/allergens")


def test_whoever_issues_sees_the_health_section_so_a_refusal_tells_nothing_new() -> None:
    for role, reach in Permission.toolbox_write.reaches.items():
        assert Permission.section_health.reaches[role] >= reach, role


async def test_an_item_is_personalised_in_words_made_with_the_child(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=1), await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    path, words = f"/v1/toolbox-items/{item}", "Two minutes, then choose."
    told = await world.teaching_assistant.change(path, {"instructions": words})
    assert (told.status_code, told.json()["instructions"]) == (200, words)
    assert (await world.class_teacher.get(path)).json()["instructions"] == words
    assert UUID(told.json()["issued_by"])
