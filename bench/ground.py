"""The ground the measurement stands on: large worlds, more and less full, settings, and a token for each SENCO."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import time
from typing import Any

import asyncpg

from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import TokenProfile, issue
from iap_api.core.migrating import let_in
from iap_api.demo.large import LargeWorld, load_large

ISSUER, AUDIENCE, LIFETIME = "https://iap.example", "iap-api", 3600
ROLE = "iap_api_of_bench"
SECRET = "for-the-bench-alone-0123456789-abcdefghij"


@dataclass
class Ground:
    """One database with its large world."""

    url: str
    plain_url: str
    world: LargeWorld
    keys: SigningKeys

    def settings(self, *, fenced: bool = True) -> dict[str, str]:
        """Return the environment of a server on this database, as a role that owns nothing or as the superuser."""
        role = self.url if not fenced else re.sub(r"//[^@]*@", f"//{ROLE}:{ROLE}@", self.url)
        return {
            # a server that row security does not hold is never ready, but for a demo
            "IAP_ENVIRONMENT": "production" if fenced else "demo",
            "IAP_DATABASE_URL": role, "IAP_SECRET": SECRET, "IAP_SIGNING_KEY": self.keys.to_pem().decode(),
            "IAP_ISSUER": ISSUER, "IAP_AUDIENCE": AUDIENCE, "IAP_ACCESS_TOKEN_SECONDS": str(LIFETIME),
        }  # fmt: skip

    def tokens(self) -> list[str]:
        """Return a fresh access token for the SENCO of each school."""
        profile = TokenProfile(ISSUER, AUDIENCE, LIFETIME)
        return [
            issue(self.keys, profile, account_id=account_id, sign_in_id=sign_in_id, kind="person", now=time())
            for account_id, sign_in_id in zip(self.world.senco_ids, self.world.senco_sign_in_ids, strict=True)
        ]

    def ask(self, statement: str) -> Any:
        """Return the first value of a statement."""

        async def once() -> Any:
            connection = await asyncpg.connect(self.plain_url)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(once())


def _run(url: str, statement: str) -> None:
    async def once() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(once())


@contextmanager
def ground(name: str, *, pupils: int, bookings: int) -> Iterator[Ground]:
    """Make a database beside the one IAP_TEST_DATABASE_URL names, fill it, and drop it in the end."""
    given = os.environ.get("IAP_TEST_DATABASE_URL", "")
    if not given.startswith("postgresql"):
        raise SystemExit("Run this by `make bench`, or set IAP_TEST_DATABASE_URL to a PostgreSQL that may be filled.")
    plain = given.replace("+asyncpg", "")
    url, plain_url = (f"{one.rsplit('/', 1)[0]}/{name}" for one in (given, plain))
    _run(plain, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _run(plain, f"CREATE DATABASE {name}")
    _run(
        plain,
        f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    try:
        world = load_large(url, pupils=pupils, bookings=bookings)
        let_in(url, re.sub(r"//[^@]*@", f"//{ROLE}:{ROLE}@", url))
        yield Ground(url, plain_url, world, SigningKeys.generate())
    finally:
        _run(plain, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
