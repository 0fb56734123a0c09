"""The review after this one: closing makes it due, so that nobody has to remember the next six weeks."""

import asyncio

from tests.access.administration import events
from tests.reviews.meetings import contribute, day, decision, due, held
from tests.world import World


async def test_closing_makes_the_next_review_due_and_it_turns_up_in_the_list_of_what_is_due(world: World) -> None:
    path = await held(world, world.amira)
    closed = await world.senco.verb(path, "close", decision(next_due_on=day(42)))
    assert closed.status_code == 200, closed.text
    following = closed.json()["next_review_id"]
    listed = (await world.base_lead.get(f"/v1/reviews?due_before={day(43)}")).json()["items"]
    assert [one["id"] for one in listed] == [following]

    review = (await world.base_lead.get(f"/v1/reviews/{following}")).json()
    assert (review["status"], review["kind"], review["due_on"]) == ("due", "six_weekly", day(42))
    assert (review["school_id"], review["pupil_id"]) == (str(world.north), str(world.amira))
    assert (review["version"], review["next_review_id"], review["attendees"]) == (1, None, [])
    assert await events(world, following) == ["created", "read"]
    # it is a review like any other: the assistant writes down what the child says for it
    assert (await contribute(world.teaching_assistant, f"/v1/reviews/{following}")).status_code == 201


async def test_closing_twice_or_at_once_makes_one_next_review(world: World) -> None:
    path = await held(world, world.ben)
    tag = (await world.senco.get(path)).headers["ETag"]
    answers = await asyncio.gather(*(world.senco.post(f"{path}/close", decision(), If_Match=tag) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert (await world.senco.verb(path, "close", decision())).status_code == 409
    of_ben = (await world.senco.get(f"/v1/reviews?pupil_id={world.ben}")).json()["items"]
    assert [one["status"] for one in of_ben] == ["closed", "due"]


async def test_after_an_exit_without_a_next_day_nothing_is_due(world: World) -> None:
    path = await held(world, world.ben)
    closed = await world.senco.verb(path, "close", decision(decision="exit", next_due_on=None))
    assert (closed.status_code, closed.json()["next_review_id"]) == (200, None)
    of_ben = (await world.senco.get(f"/v1/reviews?pupil_id={world.ben}")).json()["items"]
    assert [one["id"] for one in of_ben] == [path[-36:]]


async def test_a_closing_that_is_refused_makes_nothing_due(world: World) -> None:
    path = await due(world, world.ben)
    assert (await world.senco.verb(path, "close", decision())).status_code == 409
    of_ben = (await world.senco.get(f"/v1/reviews?pupil_id={world.ben}")).json()["items"]
    assert [one["id"] for one in of_ben] == [path[-36:]]
