"""A supplier's program as the administrator makes it and as it signs in, for the tests of clients."""

from typing import Any
from uuid import uuid4

from httpx import Response

from iap_api.access.tables import Account
from iap_api.core import clock
from tests.access.door import Door
from tests.world import Person, World


def supplier(world: World, **more: Any) -> dict[str, Any]:
    """The MIS of North Quay, as the administrator types it in: it reads the roll and nothing else."""
    return {
        "username": f"mis.{uuid4().hex[:8]}@world.example", "name": "Harbour MIS link", "role": "mis",
        "place_id": str(world.trust_id), "place_ids": [str(world.north)], "permissions": ["pupil_read", "section_roll"],
        "ends_on": clock.today().replace(year=clock.today().year + 1, day=1).isoformat(), **more,
    }  # fmt: skip


async def made(world: World, **more: Any) -> dict[str, Any]:
    answer = await world.administrator.post("/v1/clients", supplier(world, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def fetch(door: Door, client: dict[str, Any], secret: str | None = None) -> Response:
    """The program asks for a token."""
    given = secret or client["secret"]
    return await door.form(grant_type="client_credentials", client_id=client["username"], client_secret=given)


async def signed_in(door: Door, client: dict[str, Any], secret: str | None = None) -> Person:
    answer = await fetch(door, client, secret)
    assert answer.status_code == 200, answer.text
    account = Account(username=client["username"], name=client["name"], place_id=door.world.trust_id)
    return Person(door.client, answer.json()["access_token"], account)
