"""A school that signs in at Google or Microsoft, both played by a real provider, for the tests of that."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.access.door import Door
from tests.provider.running import At, RealProvider
from tests.world import Person, World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
ANY_JWT = "urn:ietf:params:oauth:token-type:jwt"


class Google:
    """What Google says of people: a number, and the domain of their school, or none for a private account."""

    domain = "willow.example"
    jo = At("jo", 104523789012345678, {"hd": domain, "email": "jo@willow.example", "email_verified": True})
    new = At("new", 104523789012345679, {"hd": domain, "email": "new@willow.example", "email_verified": True})
    elsewhere = At("elsewhere", 104523789012345680, {"hd": "hazel.example", "email": "jo@willow.example"})
    private = At("private", 104523789012345681, {"email": "jo@willow.example", "email_verified": True})

    @classmethod
    @contextmanager
    def running(cls, folder: Path, **more: Any) -> Iterator[RealProvider]:
        made = RealProvider(folder, [cls.jo, cls.new, cls.elsewhere, cls.private], **more)
        try:
            made.start()
            yield made
        finally:
            made.stop()


class Microsoft:
    """What Microsoft says of people: their directory and their object in it, and a name that changes."""

    tenant = "5f0c3a52-8f6a-4f0e-9d53-2f6a1c0b4e8d"
    other_tenant = "0d4b2c1e-7a3f-4a57-8c21-9b8e6f5a4d3c"
    object_id = "7b1d9e42-3c55-4c0a-a1f7-5e2d8c9b0a61"
    jo = At("jo", 11, {"tid": tenant, "oid": object_id, "ver": "2.0", "preferred_username": "jo@willow.example"})
    guest = At("guest", 12, {"tid": other_tenant, "oid": object_id, "ver": "2.0"})
    app = At("app", 13, {"tid": tenant, "oid": object_id, "ver": "2.0", "idtyp": "app"})

    @classmethod
    @contextmanager
    def running(cls, folder: Path, **more: Any) -> Iterator[RealProvider]:
        made = RealProvider(folder, [cls.jo, cls.guest, cls.app], path=f"/{cls.tenant}/v2.0", **more)
        try:
            made.start()
            yield made
        finally:
            made.stop()


class SchoolSignIn:
    """What an administrator and their colleagues do about it."""

    def __init__(self, world: World, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.door, self.monkeypatch = world, door, monkeypatch
        # the worlds of other tests are other trusts of the same server, and know the same people
        self.provider_id = ""

    def set(self, **settings: Any) -> None:
        """What the operator has set."""
        for name, value in settings.items():
            self.monkeypatch.setattr(self.world.app.state.settings, name, value)

    async def connect(self, world: World | None = None, **body: Any) -> dict[str, Any]:
        world = world or self.world
        sent = {"trust_id": str(world.trust_id), "name": "Staff sign-in", **body}
        answer = await world.administrator.post("/v1/identity-providers", sent)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        self.provider_id = found["id"]
        return found

    async def google(self, provider: RealProvider, **more: Any) -> dict[str, Any]:
        """Google connected, as an administrator connects it."""
        self.set(google_issuer=provider.issuer)
        return await self.connect(**{"kind": "google", "tenant": Google.domain, "audience": provider.client_id, **more})

    async def microsoft(self, provider: RealProvider, **more: Any) -> dict[str, Any]:
        """Microsoft connected, as an administrator connects it."""
        self.set(entra_host=provider.issuer.removesuffix(f"/{Microsoft.tenant}/v2.0"))
        told = {"kind": "entra", "tenant": Microsoft.tenant, "audience": provider.client_id, **more}
        return await self.connect(**told)

    async def link(self, who: Person, provider: dict[str, Any], subject: object, by: Person | None = None) -> Any:
        sent = {"provider_id": provider["id"], "subject": str(subject)}
        path = f"/v1/accounts/{who.account.id}/identities"
        return await (by or self.world.administrator).post(path, sent)

    async def linked(self, who: Person, provider: dict[str, Any], subject: object) -> dict[str, Any]:
        answer = await self.link(who, provider, subject)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def exchange(self, token: str, kind: str = ID_TOKEN, **more: str) -> httpx.Response:
        sent = {"subject_token": token, "subject_token_type": kind, "provider_id": self.provider_id, **more}
        return await self.door.form(grant_type=EXCHANGE, **sent)
