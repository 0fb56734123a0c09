"""The board as a stream: over a real wire, from several server processes, until its time or the right to it is over."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from iap_api.spaces.boards import board_stream
from tests.conftest import environment_for
from tests.core.fresh import by_hand, own_world, settings_with
from tests.servers import free_port, server, wait_for
from tests.spaces.visits.test_visits import begun, ends
from tests.world import Person, World

SOON = 6.0


class Stream:
    """One open stream: its events as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The members of the next block; a comment is the member with no name."""
        found: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(":")
            found[name] = value.removeprefix(" ")
        raise EOFError

    async def event(self, within: float = SOON) -> tuple[str, Any]:
        """The next event that is neither comment nor a word to the client."""
        async with asyncio.timeout(within):
            while True:
                block = await self.block()
                if "event" in block:
                    return block["event"], json.loads(block["data"])

    async def is_closed(self) -> bool:
        async with asyncio.timeout(SOON):
            with contextlib.suppress(EOFError):
                while True:
                    await self.block()
            return True


@contextlib.asynccontextmanager
async def following(person: Person, address: str, base: Any, query: str = "") -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {person.token}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=address, timeout=httpx.Timeout(5, read=40)) as client,
        client.stream("GET", f"/v1/bases/{base}/board/stream{query}", headers=headers) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


def in_space(board: dict[str, Any], space: Any) -> list[str]:
    (found,) = [one for one in board["spaces"] if one["space_id"] == str(space)]
    return [one["given_name"] for one in found["pupils"]]


@contextlib.contextmanager
def two_servers(environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    with server(environment) as first, server(environment) as second:
        yield first, second


async def test_what_one_process_writes_is_seen_by_the_screens_of_both(database_url: str, tmp_path: Path) -> None:
    """The screen by the door hangs on one worker, the assistant's phone reaches the other."""
    async with own_world(database_url, tmp_path) as (world, url):
        with two_servers(environment_for(settings_with(url, tmp_path), tmp_path)) as (first, second):
            async with (
                following(world.base_lead, first, world.bubble) as here,
                following(world.headteacher, second, world.bubble) as there,
                httpx.AsyncClient(base_url=first) as phone,
            ):
                for stream in (here, there):
                    kind, board = await stream.event()
                    assert (kind, in_space(board, world.retreat)) == ("board", [])
                assistant = Person(phone, world.teaching_assistant.token, world.teaching_assistant.account)
                visit = await begun(assistant, world.ben, world.retreat)
                for stream in (here, there):
                    kind, board = await stream.event()
                    assert (kind, in_space(board, world.retreat)) == ("board", ["Ben"])
                assert (await ends(assistant, visit)).status_code == 200
                for stream in (here, there):
                    kind, board = await stream.event()
                    assert (kind, in_space(board, world.retreat)) == ("board", [])


async def test_the_stream_ends_with_the_right_to_it(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        with server(environment_for(settings_with(url, tmp_path), tmp_path)) as address:
            async with following(world.base_lead, address, world.bubble) as stream:
                assert (await stream.event())[0] == "board"
                roles = (await world.administrator.get(f"/v1/accounts/{world.base_lead.account.id}/roles")).json()
                ended = await world.administrator.verb(f"/v1/held-roles/{roles['items'][0]['id']}", "end", {})
                assert ended.status_code == 200, ended.text
                assert await stream.event() == ("end", {"why": "not_allowed"})
                assert await stream.is_closed()


async def test_the_server_stops_while_a_stream_is_open(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        port = free_port()
        environment = {**os.environ, **environment_for(settings_with(url, tmp_path), tmp_path), "IAP_PORT": str(port)}
        workers = "1" if url.startswith("sqlite") else "2"
        command = (sys.executable, "-m", "iap_api", "serve", "--workers", workers)
        running = await asyncio.create_subprocess_exec(*command, env=environment)
        address = f"http://127.0.0.1:{port}"
        try:
            await asyncio.to_thread(wait_for, address)
            async with following(world.base_lead, address, world.bubble) as stream:
                assert (await stream.event())[0] == "board"
                asked = time.monotonic()
                running.send_signal(signal.SIGTERM)
                assert await stream.event() == ("end", {"why": "stopping"})
                assert await stream.is_closed()
            async with asyncio.timeout(10):
                await running.wait()
            assert time.monotonic() - asked < SOON, "it did not wait until the server lost its patience"
        finally:
            if running.returncode is None:
                running.kill()


async def test_it_holds_no_connection_while_nothing_happens(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        given = {**environment_for(settings_with(url, tmp_path), tmp_path), "IAP_POOL_SIZE": "3"}
        with server(given) as address:
            async with contextlib.AsyncExitStack() as stack:
                streams = [
                    await stack.enter_async_context(following(world.base_lead, address, world.bubble)) for _ in range(8)
                ]
                for stream in streams:
                    assert (await stream.event())[0] == "board"
                if not url.startswith("sqlite"):
                    counted = await by_hand(
                        url,
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND application_name = 'iap-api' AND query LIKE 'LISTEN%'",
                    )
                    assert counted[0][0] == 1, "one connection listens for all of them"
                async with httpx.AsyncClient(base_url=address) as phone:
                    lead = Person(phone, world.base_lead.token, world.base_lead.account)
                    await begun(lead, world.ben, world.retreat)
                for stream in streams:
                    assert in_space((await stream.event())[1], world.retreat) == ["Ben"]


async def test_it_ends_when_its_time_is_over_and_says_so(world: World) -> None:
    answer = await world.base_lead.get(f"/v1/bases/{world.bubble}/board/stream?seconds=1")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert answer.text.startswith("retry: 2000\n\nevent: board\nid: ")
    assert answer.text.endswith('event: end\ndata: {"why":"time"}\n\n')
    assert not world.app.state.news._watching


async def test_a_head_request_and_a_base_out_of_reach_end_at_once(world: World) -> None:
    head = await world.base_lead.ask("HEAD", f"/v1/bases/{world.bubble}/board/stream")
    assert (head.status_code, head.content) == (200, b"")
    assert (await world.base_lead.get(f"/v1/bases/{world.harbour}/board/stream")).status_code == 404


async def test_a_quiet_stream_is_heard_of_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_stream, "HEARTBEAT", board_stream.LOOK_ANYWAY / 600)
    answer = await world.base_lead.get(f"/v1/bases/{world.bubble}/board/stream?seconds=1")
    assert answer.text.count(": still here\n\n") >= 3
