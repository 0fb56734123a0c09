"""The same neighbourhood on both databases, asked the same, so that their answers can be held side by side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from iap_api.core.gate import Gate
from iap_api.main import build
from iap_api.profiles.library import load_shipped
from iap_api.schools.code_sets import load
from tests.conftest import settings_for
from tests.house import neighbourhood
from tests.house.spots import Neighbourhood


@dataclass
class Twin:
    """One database with its neighbourhood and a bare client."""

    client: httpx.AsyncClient
    near: Neighbourhood


@asynccontextmanager
async def twin(url: str, folder: Path) -> AsyncIterator[Twin]:
    """An application of its own on this database."""
    app = build(settings_for(url, folder))
    transport = httpx.ASGITransport(Gate(app, app.state.settings), raise_app_exceptions=False)
    async with app.router.lifespan_context(app):
        async with app.state.database.transaction() as session:
            await load(session)
            await load_shipped(session)
        async with httpx.AsyncClient(transport=transport, base_url="http://iap.test") as client:
            yield Twin(client, await neighbourhood.build(app, client))
