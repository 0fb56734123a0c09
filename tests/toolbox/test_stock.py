"""Stock under pressure: the last pair, twenty rivals for it, and rows written past the API."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.core.tables import new_id
from iap_api.toolbox.lockers import ToolboxEnded, ToolboxNotEmpty
from iap_api.toolbox.stock import OutOfStock, StockBelowIssued
from iap_api.toolbox.tables import Resource, Toolbox, ToolboxItem
from tests.toolbox.things import ear_defenders, issued, toolbox
from tests.world import World

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


async def counted(world: World, resource_id: str) -> tuple[int, int]:
    """How many the resource says are out, and how many items are."""
    async with world.app.state.database.transaction(read_only=True) as session:
        out = select(func.count(col(ToolboxItem.id))).where(
            col(ToolboxItem.resource_id) == UUID(resource_id), col(ToolboxItem.returned_at).is_(None)
        )
        says = select(col(Resource.issued)).where(col(Resource.id) == UUID(resource_id))
        return (await session.execute(says)).scalar_one(), (await session.execute(out)).scalar_one()


def written(world: World, pupil: UUID, box: str, resource: str, **more: object) -> ToolboxItem:
    """An item as somebody would write it past the API."""
    return ToolboxItem(
        id=new_id(), school_id=world.north, pupil_id=pupil, toolbox_id=UUID(box), resource_id=UUID(resource),
        issued_at=YESTERDAY, issued_by=world.senco.account.id, **more,
    )  # fmt: skip


async def test_the_last_pair_is_gone_for_the_next_child_until_it_comes_back(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    amiras, bens = await toolbox(world, world.amira, "1"), await toolbox(world, world.ben, "2")
    item = await issued(world, amiras, defenders)
    ta = world.teaching_assistant
    refused = await ta.post(f"/v1/toolboxes/{bens}/items", {"resource_id": defenders})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/out-of-stock"
    assert str(world.amira) not in refused.text
    assert (await ta.verb(f"/v1/toolbox-items/{item}", "return")).status_code == 200
    await issued(world, bens, defenders)
    assert await counted(world, defenders) == (1, 1)


async def test_of_twenty_rivals_for_the_last_pair_exactly_one_wins(world: World) -> None:
    pupils = (world.amira, world.ben, world.cara, world.dev)
    boxes = [await toolbox(world, pupil, f"Locker {number}") for number, pupil in enumerate(pupils)]
    people = (world.teaching_assistant, world.second_assistant, world.base_lead, world.senco, world.second_assistant)
    for _ in range(3):
        defenders = await ear_defenders(world, stock=1)
        answers = await asyncio.gather(
            *(
                person.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders})
                for person in people
                for box in boxes
            )
        )
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
        losers = {answer.json()["type"] for answer in answers if answer.status_code == 409}
        assert losers == {"/problems/out-of-stock"}
        assert await counted(world, defenders) == (1, 1)


async def test_issues_and_returns_at_once_leave_the_count_right(world: World) -> None:
    defenders = await ear_defenders(world, stock=6)
    box = await toolbox(world, world.amira, "1")
    ta = world.teaching_assistant
    out = [await issued(world, box, defenders) for _ in range(4)]
    tags = [(await ta.get(f"/v1/toolbox-items/{item}")).headers["ETag"] for item in out]
    # each of the four is given back twice at once, while six more are asked for
    answers = await asyncio.gather(
        *(
            ta.post(f"/v1/toolbox-items/{item}/return", If_Match=tag)
            for item, tag in zip(out, tags, strict=True)
            for _ in range(2)
        ),
        *(ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders}) for _ in range(6)),
    )
    returns, issues = Counter(a.status_code for a in answers[:8]), Counter(a.status_code for a in answers[8:])
    assert returns == {200: 4, 412: 4}
    assert set(issues) <= {201, 409}
    assert issues[201] >= 2
    assert await counted(world, defenders) == (issues[201], issues[201])


async def test_an_issue_and_the_end_of_the_toolbox_at_once_do_not_both_succeed(world: World) -> None:
    defenders = await ear_defenders(world, stock=10)
    ta = world.teaching_assistant
    for number in range(5):
        box = await toolbox(world, world.amira, f"Locker {number}")
        tag = (await ta.get(f"/v1/toolboxes/{box}")).headers["ETag"]
        ended, put = await asyncio.gather(
            ta.post(f"/v1/toolboxes/{box}/end", {"ended_on": "2026-02-13"}, If_Match=tag),
            ta.post(f"/v1/toolboxes/{box}/items", {"resource_id": defenders}),
        )
        assert {ended.status_code, put.status_code} in ({200, 409}, {201, 409})
        if put.status_code == 201:
            assert (await ta.verb(f"/v1/toolbox-items/{put.json()['id']}", "return")).status_code == 200
            assert (await ta.verb(f"/v1/toolboxes/{box}", "end", {"ended_on": "2026-02-13"})).status_code == 200


async def test_the_database_itself_issues_no_more_than_there_is(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    box = await toolbox(world, world.amira, "1")
    database = world.app.state.database
    with pytest.raises(OutOfStock):
        async with database.transaction() as session:
            session.add_all([written(world, world.amira, box, defenders) for _ in range(2)])
    assert await counted(world, defenders) == (0, 0)
    with pytest.raises(StockBelowIssued):
        async with database.transaction() as session:
            await session.execute(update(Resource).where(col(Resource.id) == UUID(defenders)).values(issued=2))


async def test_history_that_came_back_long_ago_takes_nothing_from_stock(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    box = await toolbox(world, world.amira, "1")
    async with world.app.state.database.transaction() as session:
        for _ in range(3):
            session.add(written(world, world.amira, box, defenders, returned_at=datetime.now(UTC)))
    assert await counted(world, defenders) == (0, 0)


async def test_an_item_is_never_moved_nor_its_return_undone(world: World) -> None:
    defenders, others = await ear_defenders(world, stock=1), await ear_defenders(world, stock=1)
    box = await toolbox(world, world.amira, "1")
    item = await issued(world, box, defenders)
    database, this = world.app.state.database, col(ToolboxItem.id) == UUID(item)
    with pytest.raises(DBAPIError, match="toolbox-item-fixed"):
        async with database.transaction() as session:
            await session.execute(update(ToolboxItem).where(this).values(resource_id=UUID(others)))
    assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{item}", "return")).status_code == 200
    with pytest.raises(DBAPIError, match="toolbox-item-fixed"):
        async with database.transaction() as session:
            await session.execute(update(ToolboxItem).where(this).values(returned_at=None))
    assert await counted(world, defenders) == (0, 0)


async def test_an_erased_item_that_was_out_is_back_in_stock(world: World) -> None:
    defenders = await ear_defenders(world, stock=1)
    item = await issued(world, await toolbox(world, world.amira, "1"), defenders)
    async with world.app.state.database.transaction() as session:
        await session.execute(delete(ToolboxItem).where(col(ToolboxItem.id) == UUID(item)))
    assert await counted(world, defenders) == (0, 0)


async def test_the_database_itself_ends_no_full_toolbox_and_fills_no_ended_one(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    full, empty = await toolbox(world, world.amira, "1"), await toolbox(world, world.ben, "2")
    await issued(world, full, defenders)
    database, ended_on = world.app.state.database, date(2026, 2, 13)
    with pytest.raises(ToolboxNotEmpty):
        async with database.transaction() as session:
            await session.execute(update(Toolbox).where(col(Toolbox.id) == UUID(full)).values(ended_on=ended_on))
    async with database.transaction() as session:
        await session.execute(update(Toolbox).where(col(Toolbox.id) == UUID(empty)).values(ended_on=ended_on))
    with pytest.raises(ToolboxEnded):
        async with database.transaction() as session:
            session.add(written(world, world.ben, empty, defenders))
    assert await counted(world, defenders) == (1, 1)
