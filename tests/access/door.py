"""The sign-in form as it is met from one address, for the tests of sign-in and of its limits."""

from datetime import UTC, datetime
from typing import Any

import httpx

from iap_api.access import passwords
from iap_api.access.tables import Throttle
from iap_api.core.gate import Gate
from tests.world import Person, World

PASSWORD = "three quiet harbours"
HASH = passwords.hashed_now(PASSWORD)


class Door:
    """The sign-in form, from one address."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        transport = httpx.ASGITransport(
            Gate(world.app, world.app.state.settings), raise_app_exceptions=False, client=(address, 4711)
        )
        self.client = httpx.AsyncClient(transport=transport, base_url="http://iap.test")

    async def form(self, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        return await self.client.post("/v1/auth/token", data=fields, headers=headers)

    async def password(self, username: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.form(named, grant_type="password", username=username, password=password)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.form(grant_type="refresh_token", refresh_token=token)

    async def me(self, token: str) -> int:
        answer = await self.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code


async def jo(world: World, **more: Any) -> Person:
    """Somebody with a password."""
    made = world.account("jo", "office", world.north, password_hash=HASH, **more)
    await world.save()
    return made


def digest(world: World, kind: str, value: str) -> bytes:
    return passwords.digest(world.app.state.digest_key, kind, value)


async def throttle(world: World, key: bytes, **values: Any) -> Throttle | None:
    """Read one count, and set it back or forth in time."""
    async with world.app.state.database.transaction() as session:
        row = await session.get(Throttle, key)
        if row is None and values:
            row = Throttle(digest=key, since=datetime.now(UTC))
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
    return row
