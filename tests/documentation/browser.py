"""A real browser, driven over the W3C WebDriver protocol: headless Chromium from Debian's packages."""

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.debian import needed

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def installed() -> tuple[str, str]:
    """Return the paths of Chromium and its driver, installing Debian's packages where they are missing."""
    needed(chromium="chromium", chromedriver="chromium-driver")
    return str(shutil.which("chromium")), str(shutil.which("chromedriver"))


class Page:
    """One browser window."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self.client, self.session = client, session

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.request(method, f"/session/{self.session}{path}", json=body if method == "POST" else None)
        value = answer.json()["value"]
        if answer.status_code != 200:
            raise LookupError(value["error"])
        return value

    def open(self, address: str) -> None:
        self._ask("POST", "/url", {"url": address})

    def find(self, css: str, wait: float = 20.0) -> str:
        """Return the first visible element that fits, waiting for it."""
        until = time.monotonic() + wait
        while True:
            try:
                found = self._ask("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]
                if self._ask("GET", f"/element/{found}/displayed"):
                    return str(found)
            except LookupError:
                pass
            if time.monotonic() > until:
                raise AssertionError(f"{css} did not appear")
            time.sleep(0.1)

    def click(self, css: str) -> None:
        element = self.find(css)
        self.run("arguments[0].scrollIntoView({block: 'center'})", {ELEMENT: element})
        self._ask("POST", f"/element/{element}/click", {})

    def write(self, css: str, text: str) -> None:
        self._ask("POST", f"/element/{self.find(css)}/value", {"text": text})

    def text(self, css: str) -> str:
        return str(self._ask("GET", f"/element/{self.find(css)}/text"))

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})


@contextmanager
def browser() -> Iterator[Page]:
    """Open a headless Chromium with a profile of its own."""
    chromium, driver = installed()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                for _ in range(100):
                    try:
                        if client.get("/status").json()["value"]["ready"]:
                            break
                    except httpx.TransportError:
                        time.sleep(0.1)
                wanted = {
                    "goog:chromeOptions": {
                        "binary": chromium,
                        "args": [
                            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                            "--disable-background-networking", "--disable-component-update", "--disable-sync",
                            "--disable-dev-shm-usage", "--window-size=1280,1400", f"--user-data-dir={profile}",
                        ],
                    }
                }  # fmt: skip
                opened = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
                page = Page(client, opened["sessionId"])
                try:
                    yield page
                finally:
                    # a test that fails must not leave a browser running
                    client.delete(f"/session/{page.session}")
        finally:
            running.terminate()
            running.wait(timeout=10)
