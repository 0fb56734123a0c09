"""Who saw a review: whatever request shows it whole stands in the record of what was seen about the pupil."""

from httpx import Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import LedgerEntry
from iap_api.core.tables import new_id
from tests.reviews.meetings import day, due, hour
from tests.world import World


async def entries(world: World, answer: Response) -> list[tuple[str, str]]:
    """What the record says about one request: what happened, and about which review."""
    async with world.app.state.database.transaction(read_only=True) as session:
        mine = select(LedgerEntry).where(col(LedgerEntry.request_id) == answer.headers["X-Request-Id"])
        found = (await session.execute(mine.order_by(col(LedgerEntry.id)))).scalars().all()
    assert all(pupils_of(one.pupil_ids) == [world.amira] for one in found)
    return [(one.kind, str(one.resource_id)) for one in found]


async def test_a_plan_that_is_sent_again_shows_the_review_and_says_who_saw_it(world: World) -> None:
    review_id = str(new_id())
    path, body = f"/v1/reviews/{review_id}", {"pupil_id": str(world.amira), "kind": "early", "due_on": day(1)}
    first, again = [await world.base_lead.put(path, body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert await entries(world, first) == [("created", review_id)]
    assert await entries(world, again) == [("read", review_id)]


async def test_a_change_of_nothing_shows_the_review_and_says_who_saw_it(world: World) -> None:
    at = hour(3)
    path = await due(world, world.amira, scheduled_at=at, place="The Bubble")
    for answer in (
        await world.senco.change(path, {"place": "The Bubble"}),
        await world.senco.verb(path, "schedule", {"scheduled_at": at}),
    ):
        assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
        assert await entries(world, answer) == [("read", path[-36:])]
    moved = await world.senco.verb(path, "schedule", {"scheduled_at": hour(4)})
    assert await entries(world, moved) == [("review.scheduled", path[-36:])]
    assert await entries(world, await world.senco.get(path)) == [("read", path[-36:])]
