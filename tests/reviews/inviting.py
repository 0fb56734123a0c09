"""Guests as they come: a link with a code in it, opened on a phone, and what the API then lets them do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update
from sqlmodel import col

from iap_api.access.guests import GRANT
from iap_api.access.tables import Guest
from tests.world import Person, World


def after(**period: float) -> str:
    """An instant so long from now."""
    return (datetime.now(UTC) + timedelta(**period)).isoformat(timespec="seconds")


def mum(**more: Any) -> dict[str, Any]:
    """What the SENCO sends to invite a mother."""
    return {"role": "parent_carer", "name": "Mum", "expires_at": after(days=10), **more}


async def invite(person: Person, review: str, **more: Any) -> dict[str, Any]:
    """The invitation just made, with its code."""
    made = await person.post(f"{review}/invitations", mum(**more))
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def redeem(client: httpx.AsyncClient, code: str) -> httpx.Response:
    """What the sign-in form answers to a code."""
    return await client.post("/v1/auth/token", data={"grant_type": GRANT, "invitation_code": code})


async def opened(world: World, code: str) -> Person:
    """The guest who followed the link."""
    answer = await redeem(world.client, code)
    assert answer.status_code == 200, answer.text
    return Person(world.client, answer.json()["access_token"], world.senco.account)


async def alter(world: World, invitation_id: str, **values: Any) -> None:
    """Move an invitation in time."""
    async with world.app.state.database.transaction() as session:
        await session.execute(update(Guest).where(col(Guest.id) == UUID(invitation_id)).values(**values))
