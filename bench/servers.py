"""The servers under test, each a process of its own with one worker, started the way an operator would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(sys.executable).parent
UVICORN = ("uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--port")


@dataclass
class Server:
    """One running server: its port, its worker's process id and the seconds until it was ready."""

    name: str
    port: int
    pid: int
    ready_seconds: float

    def memory_mib(self) -> float:
        """Return the resident memory of the worker."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the worker has gone")

    def cpu_seconds(self) -> float:
        """Return the processor time that the worker has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment(more: dict[str, str]) -> dict[str, str]:
    """Return our own environment with some variables more."""
    return os.environ | more


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as wire:
            wire.settimeout(2)
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return wire.recv(12).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _child_of(pid: int) -> int:
    """Return the worker that a master has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else pid


@contextmanager
def _running(name: str, command: list[str], port: int, env: dict[str, str], path: str | None) -> Iterator[Server]:
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env=environment(env),
        stderr=None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            while not (_answers(port, path) if path else _listens(port)):
                if process.poll() is not None or time.perf_counter() - started > 60:
                    raise RuntimeError(f"{name} did not start: {' '.join(command)}")
                time.sleep(0.01)
            ready = time.perf_counter() - started
            yield Server(name, port, _child_of(process.pid), ready)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def ours(name: str, env: dict[str, str]) -> Iterator[Server]:
    """The API as `iap-api serve` runs it, logging every request as it always does."""
    port = free_port()
    command = [str(HERE / "iap-api"), "serve", "--port", str(port)]
    with _running(name, command, port, env, "/readyz") as server:
        yield server


@contextmanager
def quiet(name: str, env: dict[str, str]) -> Iterator[Server]:
    """The API with a ledger of reads that writes nothing."""
    port = free_port()
    command = [str(HERE / UVICORN[0]), "--factory", "bench.quiet:create", *UVICORN[1:], str(port), "--no-server-header"]
    with _running(name, command, port, env, "/readyz") as server:
        yield server


@contextmanager
def limit(name: str, url: str) -> Iterator[Server]:
    """The limit."""
    port = free_port()
    command = [str(HERE / UVICORN[0]), "bench.limit:app", *UVICORN[1:], str(port)]
    with _running(name, command, port, {"BENCH_URL": url}, None) as server:
        yield server


@contextmanager
def peer(name: str, url: str) -> Iterator[Server]:
    """The peer: one worker with eight threads and persistent connections."""
    port = free_port()
    shape = [
        "--workers",
        "1",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--keep-alive",
        "30",
        "--log-level",
        "error",
    ]
    command = [str(HERE / "gunicorn"), "bench.peer:application", *shape, "--bind", f"127.0.0.1:{port}"]
    with _running(name, command, port, {"BENCH_URL": url}, "/readyz") as server:
        yield server
