"""The ear defenders stayed on the bus: the toolbox has them no more, and the cupboard has one pair fewer."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.toolbox.tables import ToolboxItem
from tests.toolbox.things import ago, ahead, ear_defenders, issued, toolbox
from tests.world import World


async def numbers(world: World, resource: str) -> tuple[int, int]:
    """How many there are, and how many of them are out."""
    seen = (await world.base_lead.get(f"/v1/resources/{resource}")).json()
    return seen["stock"], seen["issued"]


async def test_a_lost_pair_is_one_fewer_and_the_toolbox_can_be_cleared_out(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=3), await toolbox(world, world.amira, "1")
    ta = world.teaching_assistant
    kept, item = await issued(world, box, defenders), await issued(world, box, defenders)
    assert await numbers(world, defenders) == (3, 2)
    lost = await ta.verb(f"/v1/toolbox-items/{item}", "lose")
    assert lost.status_code == 200, lost.text
    assert lost.json()["lost_at"]
    assert lost.json()["lost_by"] == str(ta.account.id)
    assert lost.json()["returned_at"] is None
    assert await numbers(world, defenders) == (2, 1)
    path = f"/v1/toolboxes/{box}/items?status="
    assert [one["id"] for one in (await ta.get(f"{path}lost")).json()["items"]] == [item]
    assert [one["id"] for one in (await ta.get(f"{path}issued")).json()["items"]] == [kept]
    assert (await ta.get(f"{path}returned")).json()["items"] == []
    assert (await ta.verb(f"/v1/toolbox-items/{kept}", "return")).status_code == 200
    assert (await ta.verb(f"/v1/toolboxes/{box}", "end", {"ended_on": "2026-02-13"})).status_code == 200


async def test_what_is_lost_is_neither_returned_nor_lost_again_nor_changed(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=1), await toolbox(world, world.amira, "1")
    ta, item = world.teaching_assistant, await issued(world, box, defenders)
    assert (await ta.verb(f"/v1/toolbox-items/{item}", "lose")).status_code == 200
    for verb in ("lose", "return"):
        assert (await ta.verb(f"/v1/toolbox-items/{item}", verb)).status_code == 409
    assert (await ta.change(f"/v1/toolbox-items/{item}", {"why": "Found?"})).status_code == 409
    assert await numbers(world, defenders) == (0, 0)


async def test_whoever_is_counting_the_cupboard_hears_that_one_was_lost_meanwhile(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=3), await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    tag = (await world.base_lead.get(f"/v1/resources/{defenders}")).headers["ETag"]
    assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{item}", "lose")).status_code == 200
    stale = await world.base_lead.patch(f"/v1/resources/{defenders}", {"stock": 3}, If_Match=tag)
    assert stale.status_code == 412
    found = await world.base_lead.change(f"/v1/resources/{defenders}", {"stock": 3})
    assert found.json()["stock"] == 3


async def test_losses_returns_and_issues_at_once_leave_the_numbers_true(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=6), await toolbox(world, world.amira, "1")
    ta = world.teaching_assistant
    out = [await issued(world, box, defenders) for _ in range(4)]
    tags = [(await ta.get(f"/v1/toolbox-items/{item}")).headers["ETag"] for item in out]
    answers = await asyncio.gather(
        *(
            ta.post(f"/v1/toolbox-items/{item}/{verb}", If_Match=tag)
            for item, tag in zip(out, tags, strict=True)
            for verb in ("lose", "return")
        ),
        *(ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders}) for _ in range(6)),
    )
    ways, issues = Counter(a.status_code for a in answers[:8]), Counter(a.status_code for a in answers[8:])
    assert ways == {200: 4, 412: 4}
    assert set(issues) <= {201, 409}
    lost = len((await ta.get(f"/v1/toolboxes/{box}/items?status=lost")).json()["items"])
    still = len((await ta.get(f"/v1/toolboxes/{box}/items?status=issued")).json()["items"])
    assert still == issues[201]
    assert await numbers(world, defenders) == (6 - lost, still)


async def test_a_use_after_it_was_lost_is_none(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=1), await toolbox(world, world.amira, "1")
    ta, item = world.teaching_assistant, await issued(world, box, defenders)
    used = {"toolbox_item_id": item, "started_at": ago(minutes=30), "minutes": 5}
    assert (await ta.verb(f"/v1/toolbox-items/{item}", "lose")).status_code == 200
    assert (await ta.post("/v1/uses", used)).status_code == 201
    late = await ta.post("/v1/uses", {**used, "started_at": ahead(seconds=5), "minutes": 1})
    assert late.status_code == 422
    assert late.json()["errors"] == [{"pointer": "/toolbox_item_id", "detail": "was lost before that time"}]


async def test_the_database_itself_lets_no_loss_be_undone_and_counts_it_once(world: World) -> None:
    defenders, box = await ear_defenders(world, stock=2), await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    database, this = world.app.state.database, col(ToolboxItem.id) == UUID(item)
    assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{item}", "lose")).status_code == 200
    now = datetime.now(UTC)
    for values in ({"lost_at": None}, {"lost_at": now}, {"returned_at": now}):
        with pytest.raises(DBAPIError, match="toolbox-item-fixed"):
            async with database.transaction() as session:
                await session.execute(update(ToolboxItem).where(this).values(**values))
    assert await numbers(world, defenders) == (1, 0)
    # an erased child's lost item gives nothing back: it is not in the cupboard
    async with database.transaction() as session:
        await session.execute(delete(ToolboxItem).where(this))
    assert await numbers(world, defenders) == (1, 0)
