"""Prepares the demo, says how to sign in, and serves it with a worker beside it."""

import asyncio
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import uvicorn
from rich.console import Console
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from iap_api.access.roles import Role
from iap_api.core.database import async_url
from iap_api.core.migrating import upgrade
from iap_api.core.settings import Settings
from iap_api.demo.seed import seed

console = Console(highlight=False)


def prepare(settings: Settings, *, reset: bool) -> None:
    """Migrate and seed; with `reset`, from nothing."""
    if reset:
        _forget(settings)
    began = time.perf_counter()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.migration_database_url)
    fresh = asyncio.run(seed(settings))
    did = "Seeded the demo trust" if fresh else "Kept the demo trust as it was"
    console.print(f"{did} in {time.perf_counter() - began:.1f} s.")


def _forget(settings: Settings) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(f"{url.database}{ending}").unlink(missing_ok=True)
    else:
        asyncio.run(_empty(settings.migration_database_url))


async def _empty(url: str) -> None:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    await engine.dispose()


def serve(settings: Settings) -> None:
    """Serve the API until it is stopped; the worker runs in its own process."""
    worker = subprocess.Popen([sys.executable, "-m", "iap_api", "worker"])
    threading.Thread(target=_say_when_ready, args=(settings,), daemon=True).start()
    try:
        uvicorn.run(
            "iap_api.main:create", factory=True, host=settings.host, port=settings.port, loop="uvloop",
            http="httptools", access_log=False, server_header=False, log_level="warning",
        )  # fmt: skip
    finally:
        worker.terminate()
        worker.wait(timeout=10)


def _say_when_ready(settings: Settings) -> None:
    address = f"http://{settings.host}:{settings.port}"
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=1) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    break
        except OSError:
            time.sleep(0.1)
    width = max(len(role.value) for role in Role)
    lines = [f"  {role.value:<{width}}  {role.value}@demo.iap.example" for role in Role]
    console.print()
    console.print(f"[bold]The IAP API is ready.[/]  Documentation: [link]{address}/docs[/]")
    console.print(f"Password for every sign-in: [bold]{settings.demo_password.get_secret_value()}[/]")
    console.print("One sign-in per role:")
    console.print("\n".join(lines))
    console.print("mis and trust_feed are clients: use grant_type=client_credentials.   Stop with Ctrl-C.")
