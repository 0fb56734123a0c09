"""The application as `iap-api serve` runs it, in a process of its own, for what only the wire and the log show."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iap_api.core.settings import Settings


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A running server: a port to write bytes to, and what it has logged."""

    port: int
    log_file: Path

    async def say(self, raw: bytes) -> Answer:
        """Send bytes exactly so, and read until the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        async with asyncio.timeout(20):
            came = await reader.read()
        writer.close()
        head, _, body = came.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(first.split()[1]), headers, body)

    def log(self) -> str:
        """Everything on standard output and standard error so far."""
        return self.log_file.read_text("utf-8")

    def events(self) -> list[dict[str, Any]]:
        """What the application logged: one JSON object a line."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def other_lines(self) -> set[str]:
        """What anybody else logged: the server software, or a traceback."""
        return {line for line in self.log().splitlines() if not line.startswith("{")}


@contextlib.asynccontextmanager
async def served(settings: Settings, folder: Path, **more: str) -> AsyncIterator[Served]:
    """Serve these settings until the block ends; `more` are further IAP_ variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "IAP_DATABASE_URL": settings.database_url,
        "IAP_SECRET": settings.secret.get_secret_value(),
        "IAP_SIGNING_KEY": settings.signing_key.get_secret_value(),
        "IAP_ISSUER": settings.issuer,
        "IAP_DATA_DIR": str(folder),
        "IAP_NOTE_KEYS": settings.note_keys.get_secret_value(),
        "IAP_PORT": str(port),
        "IAP_LOG_LEVEL": "debug",
        **{f"IAP_{name.upper()}": value for name, value in more.items()},
    }
    log_file = folder / f"served-{port}.log"
    with log_file.open("wb") as log:
        command = (sys.executable, "-m", "iap_api", "serve")
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **given}, stdout=log, stderr=log)
    try:
        await _listening(process, port)
        yield Served(port, log_file)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            with contextlib.suppress(ConnectionError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
    raise AssertionError(f"the server ended with {process.returncode}")
