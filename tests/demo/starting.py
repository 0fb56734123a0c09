"""`make demo` as a newcomer starts it: a process of its own, in a folder of its own, until it is told to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN_SECONDS = 120


@dataclass
class Started:
    """A demo that says it is ready."""

    process: subprocess.Popen[bytes]
    said: Path
    port: int

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        """Everything it has written to the terminal so far."""
        return self.said.read_text("utf-8")

    def children(self) -> list[int]:
        """The processes it has started: the worker."""
        found: list[int] = []
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
        return found

    def stop(self, by: signal.Signals) -> int:
        """Send a signal as a terminal does, to all that runs in it, and return the exit code."""
        os.killpg(self.process.pid, by)
        return self.process.wait(timeout=30)


def environment(port: int, **chosen: str) -> dict[str, str]:
    """The newcomer's environment: nothing of ours is set but what a test chooses."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IAP_")}
    return clean | {"IAP_PORT": str(port), "COLUMNS": "80", **chosen}


def command(*more: str) -> list[str]:
    """The command that `make demo` runs."""
    return [sys.executable, "-m", "iap_api", "demo", "--serve", *more]


@contextlib.contextmanager
def demo(folder: Path, port: int, chosen: Mapping[str, str]) -> Iterator[Started]:
    """Yield the demo once it has said how to sign in; it is killed if it still runs in the end."""
    said = folder / f"said-{time.monotonic_ns()}.txt"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            command(),
            cwd=folder,
            env=environment(port, **chosen),
            stdout=out,
            stderr=out,
            start_new_session=True,
        ) as process,
    ):
        started = Started(process, said, port)
        try:
            until = time.monotonic() + READY_WITHIN_SECONDS
            while "Stop with Ctrl-C" not in started.text():
                assert process.poll() is None, started.text()
                assert time.monotonic() < until, started.text()
                time.sleep(0.1)
            yield started
        finally:
            if process.poll() is None:
                started.stop(signal.SIGTERM)


def refused(folder: Path, port: int, *more: str, **chosen: str) -> str:
    """Start a demo that cannot start and return what it says instead; its exit code must be 1."""
    done = subprocess.run(
        command(*more),
        cwd=folder,
        env=environment(port, **chosen),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=READY_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stdout
