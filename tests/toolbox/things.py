"""What the toolbox tests begin with: ear defenders in the catalogue, toolboxes in lockers, moments gone by."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.world import Person, World

CHOSEN = "The dinner hall is too loud for her; she asked for them herself."


async def ear_defenders(world: World, stock: int, **more: Any) -> str:
    """Enter ear defenders of The Bubble and return their id."""
    answer = await world.base_lead.post(
        "/v1/resources",
        {
            "school_id": str(world.north),
            "base_id": str(world.bubble),
            "name": "Ear defenders",
            "category": "sensory",
            "zones": ["yellow", "red"],
            "nurture_principle": "classroom_offers_safe_base",
            "who_may_use": "Everybody in the base",
            "risk_note": "Latex in the cushions.",
            "stock": stock,
            **more,
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def toolbox(world: World, pupil: UUID, locker: str, person: Person | None = None) -> str:
    """Make a toolbox in The Bubble and return its id."""
    answer = await (person or world.teaching_assistant).post(
        "/v1/toolboxes", {"pupil_id": str(pupil), "base_id": str(world.bubble), "locker": locker}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def issued(world: World, toolbox_id: str, resource_id: str) -> str:
    """Put a resource into a toolbox and return the item's id."""
    answer = await world.teaching_assistant.post(
        f"/v1/toolboxes/{toolbox_id}/items", {"resource_id": resource_id, "why": CHOSEN}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ago(**how_long: int) -> str:
    """An instant some time ago, as a phone writes it."""
    return (datetime.now(UTC) - timedelta(**how_long)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ahead(**how_long: int) -> str:
    """An instant still to come."""
    return ago(**{unit: -number for unit, number in how_long.items()})
