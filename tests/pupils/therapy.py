"""A therapist at work: what is typed after a session, and colleagues with the same children."""

from typing import Any
from uuid import UUID

from tests.world import Person, World

NOTES = "/v1/therapy-notes"
CANARY = "Canary-7f3c-he-said-the-harbour-is-cold"


def written(pupil: object, text: str = CANARY, **more: Any) -> dict[str, Any]:
    """A note."""
    return {"pupil_id": str(pupil), "text": text, **more}


async def note(world: World, text: str = CANARY, pupil: UUID | None = None, by: Person | None = None) -> str:
    """Write a note, and return where it is."""
    made = await (by or world.therapist).post(NOTES, written(pupil or world.amira, text))
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def colleague(world: World) -> Person:
    """Another therapist of the school, who has Amira for therapy too."""
    person = world.account("colleague", "therapist", world.north)
    world.caseload("colleague", world.amira, world.north, "therapy")
    await world.save()
    return person


async def text_at(person: Person, address: str) -> str:
    """What a note says to somebody who may read it."""
    answer = await person.get(address)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])
