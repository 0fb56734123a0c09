"""Reviews at each point of their life, made over HTTP as the people of the world make them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.world import Person, World


def day(days: int) -> str:
    """A day so many days from today; far enough from midnight's edge whatever the time zone."""
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def hour(days: int) -> str:
    """An instant so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def due(world: World, pupil: object, **more: object) -> str:
    """The address of a review that is due."""
    body = {"pupil_id": str(pupil), "kind": "six_weekly", "due_on": day(7), **more}
    made = await world.base_lead.post("/v1/reviews", body)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def held(world: World, pupil: object) -> str:
    """The address of a review whose meeting took place yesterday."""
    path = await due(world, pupil, scheduled_at=hour(-1))
    done = await world.base_lead.verb(path, "hold", {"held_at": hour(-1), "attendees": [{"role": "pupil"}]})
    assert done.status_code == 200, done.text
    return path


async def closed(world: World, pupil: object) -> str:
    """The address of a closed review, with one contribution by the teaching assistant and one target."""
    path = await held(world, pupil)
    assert (await contribute(world.teaching_assistant, path)).status_code == 201
    assert (await agree(world.base_lead, path)).status_code == 201
    done = await world.senco.verb(path, "close", decision())
    assert done.status_code == 200, done.text
    return path


def decision(**more: object) -> dict[str, object]:
    """What the SENCO sends to close a review."""
    return {"decision": "continue", "decision_note": "More time in class.", "next_due_on": day(42), **more}


def words(path: str, **more: object) -> dict[str, Any]:
    """A contribution to the review at an address."""
    said = {"by": "pupil_voice", "medium": "spoken", "words": "I like the blue room.", "given_on": day(-1)}
    return {"review_id": path.rsplit("/", 1)[-1], **said, **more}


async def contribute(person: Person, path: str, **more: object) -> Any:
    """What the API answers to a contribution."""
    return await person.post("/v1/contributions", words(path, **more))


async def agree(person: Person, path: str, **more: object) -> Any:
    """What the API answers to a target."""
    target = {
        "review_id": path.rsplit("/", 1)[-1],
        "text": "Asks for a break with the card in two of three lessons.",
        "baseline": "Leaves the room without a word.",
        "measure": "The card is counted by the adult in the room.",
        "due_on": day(40),
        **more,
    }
    return await person.post("/v1/targets", target)
