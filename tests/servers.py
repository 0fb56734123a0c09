"""Real servers in processes of their own, for tests that need a wire."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(environment: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """Run `iap-api serve` with these settings and yield its address once it is ready."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "iap_api", "serve", *arguments], env={**os.environ, **environment, "IAP_PORT": str(port)}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=15)


def wait_for(address: str) -> None:
    """Return once the server says that it is ready."""
    for _ in range(300):
        try:
            if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server never became ready")
