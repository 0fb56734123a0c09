"""Prepares the demo, serves it with a worker beside it, and says how to sign in."""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import uvicorn
from alembic.util.exc import CommandError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import ArgumentError, DBAPIError

from iap_api.access.places import GUEST_ROLES
from iap_api.access.roles import Role
from iap_api.core.database import async_url
from iap_api.core.errors import Unavailable
from iap_api.core.migrating import upgrade
from iap_api.core.settings import Settings
from iap_api.demo.forget import NotTheDemo, forget
from iap_api.demo.seed import AnotherTrust, seed

console = Console(highlight=False, soft_wrap=True)
READY_WITHIN_SECONDS = 60
WORKER_MAY_TAKE_SECONDS = 10
# uvicorn leaves by itself at the first two, a terminal that is closed sends the third
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def prepare(settings: Settings, *, reset: bool) -> None:
    """Migrate and seed; with `reset`, from nothing. Leaves with one sentence when that cannot be done."""
    began = time.perf_counter()
    try:
        async_url(settings.migration_database_url)
    except (ValueError, ArgumentError):
        _leave("IAP_DATABASE_URL must name a PostgreSQL or an SQLite database.")
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if reset:
            # a demo that is running would lose its data under its feet
            _listen(settings).close()
            asyncio.run(forget(settings))
        upgrade(settings.migration_database_url)
        fresh = asyncio.run(seed(settings))
    except (AnotherTrust, NotTheDemo) as error:
        _leave(str(error))
    except CommandError:
        _leave("The demo's data were made by another version of the API: make demo-reset starts over.")
    except (OSError, DBAPIError, Unavailable) as error:
        _leave(f"The demo's database cannot be used ({type(error).__name__}): see IAP_DATABASE_URL and IAP_DATA_DIR.")
    did = "Seeded the demo trust" if fresh else "Kept the demo trust as it was"
    console.print(f"{did} in {time.perf_counter() - began:.1f} s.")


def serve(settings: Settings) -> None:
    """Serve the API until it is stopped, and stop the worker, a process of its own, with it.

    Leaves with one sentence when the port is taken.
    """
    listening = _listen(settings)
    config = uvicorn.Config(
        "iap_api.main:create", factory=True, loop="uvloop", http="httptools", access_log=False, server_header=False,
        log_level="warning", timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    telling = threading.Thread(target=_say_when_ready, args=(settings, server), daemon=True)
    with _stopped_by_signals(server), _worker():
        telling.start()
        server.run(sockets=[listening])
    if not server.started:
        _leave("The demo could not be started: see above.")
    console.print("Stopped. The data is kept; make demo goes on from here.")


def _leave(why: str) -> NoReturn:
    console.print(escape(why), style="bold")
    raise SystemExit(1)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        _leave(
            f"Port {settings.port} of {settings.host} cannot be used ({os.strerror(error.errno or 0)}): "
            "stop what uses it, or choose another one with IAP_PORT."
        )


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Stop the server cleanly on the usual signals; uvicorn would send itself the signal again once it has stopped."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    former = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def _worker() -> Iterator[None]:
    # in a session of its own, so that Ctrl-C reaches it through us alone, once the server has stopped
    worker = subprocess.Popen([sys.executable, "-m", "iap_api", "worker"], start_new_session=True)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=WORKER_MAY_TAKE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _say_when_ready(settings: Settings, server: uvicorn.Server) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while not server.should_exit and time.monotonic() < until:
        if _is_ready(settings):
            _say(settings)
            return
        time.sleep(0.05)
    if not server.should_exit:
        console.print("The server runs, but does not say that it is ready: ask /readyz why.", style="bold")


def _host(settings: Settings) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound


def _is_ready(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_host(settings), settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(settings: Settings) -> None:
    named = f"[{_host(settings)}]" if ":" in settings.host else _host(settings)
    address = f"http://{named}:{settings.port}"
    roles = [role for role in Role if role not in GUEST_ROLES]
    width = max(len(role.value) for role in roles)
    lines = [
        "",
        f"[bold]The IAP API is ready.[/]  Documentation: [link={address}/docs]{escape(address)}/docs[/]",
        f"Password of every sign-in: [bold]{escape(settings.demo_password.get_secret_value())}[/]",
        *(f"  {role.value:<{width}}  {role.value}@demo.iap.example" for role in roles),
        "The last two are clients, with grant_type=client_credentials.  [bold]Stop with Ctrl-C.[/]",
    ]
    console.print("\n".join(lines))
