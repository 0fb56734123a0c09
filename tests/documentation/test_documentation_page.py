"""The documentation page in a real browser: a newcomer presses Authorize, signs in and reads who they are."""

import asyncio
from pathlib import Path

import httpx
from fastapi import FastAPI

from iap_api.access.passwords import hashed_now
from iap_api.access.roles import Role
from tests.conftest import environment_for
from tests.documentation.browser import browser
from tests.servers import server
from tests.world import World


async def test_a_sign_in_through_authorize_works_in_a_real_browser(world: World, app: FastAPI, tmp_path: Path) -> None:
    world.account("newcomer", Role.senco.value, world.north, password_hash=hashed_now("bubbles and cocoons"))
    await world.save()
    with server(environment_for(app.state.settings, tmp_path)) as address, browser() as page:
        page.open(f"{address}/docs")
        page.click("button.btn.authorize")
        page.write("#oauth_username", world.newcomer.account.username)
        page.write("#oauth_password", "bubbles and cocoons")
        page.click(".auth-btn-wrapper button.btn.authorize")
        page.find(".auth-btn-wrapper button.btn.modal-btn:not(.authorize)")
        page.click(".auth-btn-wrapper button.btn-done")
        page.click("#operations-tag-me")
        page.click("#operations-me-read_me .opblock-summary-control")
        page.click("#operations-me-read_me button.execute")
        shown = page.text("#operations-me-read_me .live-responses-table .highlight-code")
        assert world.newcomer.account.username in shown
        hosts = page.run("return performance.getEntriesByType('resource').map(one => new URL(one.name).host)")
        assert {host for host in hosts if host} == {address.removeprefix("http://")}


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
