"""The documentation page in a real browser: a newcomer presses Authorize, signs in and reads who they are."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlmodel import col

from iap_api.access.passwords import hashed_now
from iap_api.access.roles import Role
from iap_api.access.tables import LedgerEntry
from tests.conftest import environment_for
from tests.documentation.browser import browser
from tests.servers import server
from tests.world import World

PASSWORD = "bubbles and cocoons"
ASKED = (
    "return performance.getEntriesByType('resource').map(one => new URL(one.name))"
    ".filter(one => one.host).map(one => [one.host, one.pathname])"
)


async def test_a_sign_in_through_authorize_works_in_a_real_browser(world: World, app: FastAPI, tmp_path: Path) -> None:
    newcomer = world.account("newcomer", Role.senco.value, world.north, password_hash=hashed_now(PASSWORD))
    await world.save()
    username = newcomer.account.username
    # in a thread: were the loop of this process held up, so would be the sealer, and with it the lock of SQLite
    shown, asked = await asyncio.to_thread(_who_am_i, environment_for(app.state.settings, tmp_path), username)
    assert shown["before"] == "401"
    assert shown["status"] == "200"
    assert username in shown["body"]
    assert len({host for host, _ in asked}) == 1
    assert [path for _, path in asked if path.startswith("/v1/")] == ["/v1/me", "/v1/auth/token", "/v1/me"]
    assert await _signed_in(app, newcomer.account.id) == 1


def _who_am_i(environment: dict[str, str], username: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    with server(environment) as address, browser() as page:
        page.open(f"{address}/docs")
        page.click("#operations-tag-me")
        page.click("#operations-me-read_me .opblock-summary-control")
        answer = "#operations-me-read_me .live-responses-table"
        page.click("#operations-me-read_me button.execute")
        shown = {"before": page.text(f"{answer} tbody .response-col_status").split()[0]}
        page.click("#operations-me-read_me button.btn-clear")
        page.click(".auth-wrapper button.btn.authorize.unlocked")
        page.write("#oauth_username", username)
        page.write("#oauth_password", PASSWORD)
        page.click(".auth-btn-wrapper button.btn.authorize")
        # the dialog offers to sign out only once it holds a token
        page.find(".auth-btn-wrapper button[aria-label='Remove authorization']")
        page.click(".auth-btn-wrapper button.btn-done")
        page.click("#operations-me-read_me button.execute")
        shown["status"] = page.text(f"{answer} tbody .response-col_status").split()[0]
        shown["body"] = page.text(f"{answer} .highlight-code")
        asked = [(host, path) for host, path in page.run(ASKED)]
        assert {host for host, _ in asked} == {address.removeprefix("http://")}
        return shown, asked


async def _signed_in(app: FastAPI, account_id: UUID) -> int:
    wanted = select(func.count()).where(
        col(LedgerEntry.resource_id) == account_id, col(LedgerEntry.kind) == "account.signed_in"
    )
    async with app.state.database.transaction(read_only=True) as session:
        return int((await session.execute(wanted)).scalar_one())


COMMITTED = Path("openapi/iap-api.json")


async def test_the_contract_is_served_as_it_is_committed(client: httpx.AsyncClient) -> None:
    committed = await asyncio.to_thread(COMMITTED.read_bytes)
    served = await client.get("/openapi.json")
    assert served.content == committed
    again = await client.get("/openapi.json", headers={"If-None-Match": served.headers["ETag"]})
    assert again.status_code == 304


async def test_no_part_of_the_page_is_read_from_outside_the_package(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs/swagger-ui-bundle.js")).status_code == 200
    assert (await client.get("/docs/..%2fpages.py")).status_code == 404
    page = await client.get("/docs")
    assert "http" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
