"""The Dockerfile without an engine: its install and start commands, run step by step in an empty directory."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import SECRET, signing_key
from tests.servers import free_port, wait_for

HERE = Path(__file__).resolve().parents[2]


def instructions() -> Iterator[tuple[str, str]]:
    """Every instruction of the Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in (HERE / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def stages() -> list[list[tuple[str, str]]]:
    """The instructions by stage."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def build(root: Path) -> None:
    """Do what the building stage does, with /opt and /app below `root`."""
    (root / "opt").mkdir()
    (root / "app").mkdir()
    for word, rest in stages()[0]:
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                _copy(HERE / source, root / "app" / target / ("" if target != "./" else Path(source).name))
        elif word == "RUN":
            command = rest.replace("/opt/iap", str(root / "opt/iap")).replace(
                "python -m venv", f"{sys.executable} -m venv"
            )
            done = subprocess.run(
                ["/bin/sh", "-ec", command], cwd=root / "app", capture_output=True, text=True, check=False, timeout=300
            )
            assert done.returncode == 0, f"{rest}\n{done.stderr[-2000:]}"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


@contextmanager
def started(root: Path, environment: dict[str, str]) -> Iterator[str]:
    """Start what ENTRYPOINT and CMD say."""
    words = dict(stages()[1])
    command = [
        *shlex.split(words["ENTRYPOINT"].strip("[]").replace(",", " ")),
        *shlex.split(words["CMD"].strip("[]").replace(",", " ")),
    ]
    port = free_port()
    running = subprocess.Popen(
        [str(root / "opt/iap/bin" / command[0]), *command[1:]],
        cwd=root / "app",
        env={**environment, "IAP_PORT": str(port)},
    )
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        # uvicorn stops in good order and then lets the signal have its way
        assert running.wait(timeout=20) in (0, -signal.SIGTERM)


def test_the_image_installs_migrates_and_starts_from_its_own_commands(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "data").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "IAP_DATA_DIR": str(tmp_path / "data"),
        "IAP_SECRET": SECRET,
        "IAP_SIGNING_KEY": signing_key(),
    }
    migrated = subprocess.run(
        [str(tmp_path / "opt/iap/bin/iap-api"), "migrate"],
        cwd=tmp_path / "app", env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr[-2000:]
    with started(tmp_path, environment) as address:
        assert httpx.get(f"{address}/livez").json() == {"status": "alive"}
        assert httpx.get(f"{address}/openapi.json").json()["openapi"] == "3.1.0"


def test_the_image_does_not_run_as_root_and_asks_after_its_health() -> None:
    words = dict(stages()[1])
    assert words["USER"] == "10001:10001"
    assert "/livez" in words["HEALTHCHECK"]
