"""One neighbourhood per database for all tests of the house: they only read it, or add to it."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from iap_api.profiles.library import load_shipped
from tests.house import neighbourhood
from tests.house.neighbourhood import Neighbourhood


@pytest_asyncio.fixture(scope="session")
async def near(app: FastAPI, client: httpx.AsyncClient) -> Neighbourhood:
    """The neighbourhood of The Bubble."""
    async with app.state.database.transaction() as session:
        await load_shipped(session)
    return await neighbourhood.build(app, client)
