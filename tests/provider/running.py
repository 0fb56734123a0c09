"""Starts the provider, signs people in at it as an app does, and changes its keys while it runs."""

import base64
import hashlib
import json
import re
import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from iap_api.access.signing_keys import SigningKeys
from tests.servers import free_port

REDIRECT = "https://app.willow.example/signed-in"
HERE = Path(__file__).resolve().parents[2]


@dataclass
class At:
    """Somebody at the provider: their id there, and the claims their tokens carry."""

    username: str
    id: int
    claims: dict[str, Any] = field(default_factory=dict)
    password: str = "three quiet harbours"


class RealProvider:
    """One provider with one app; its issuer is on loopback, at the path given."""

    def __init__(self, folder: Path, people: list[At], *, path: str = "", max_age: int = 3600) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.people = folder, {one.username: one for one in people}
        self.issuer = f"http://127.0.0.1:{free_port()}{path}"
        self.client_id = f"app-{secrets.token_hex(6)}"
        told = {"issuer": self.issuer, "client_id": self.client_id, "redirect_uri": REDIRECT, "max_age": max_age}
        (folder / "provider.json").write_text(json.dumps({**told, "people": [asdict(one) for one in people]}))
        self.keys = [SigningKeys.generate().to_pem().decode()]
        self._publish()
        self._running: subprocess.Popen[bytes] | None = None

    def _publish(self) -> None:
        # whole or not at all: the provider reads it meanwhile
        fresh = self.folder / "keys.new"
        fresh.write_text(json.dumps({"current": self.keys[0], "others": self.keys[1:]}))
        fresh.replace(self.folder / "keys.json")

    def start(self) -> None:
        """Return once it answers."""
        self._running = subprocess.Popen([sys.executable, "-m", "tests.provider", str(self.folder)], cwd=HERE)
        for _ in range(300):
            try:
                if httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self._running.poll() is None, "the provider ended"
            time.sleep(0.05)
        raise AssertionError("the provider never answered")

    def stop(self) -> None:
        """Take it away."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(timeout=10)
            self._running = None

    def publish_next_key(self) -> None:
        """Show a new key that signs nothing yet: the overlap of a good rotation."""
        self.keys.append(SigningKeys.generate().to_pem().decode())
        self._publish()

    def sign_with_newest(self) -> None:
        """Sign with the key published last; the former one is still shown."""
        self.keys.insert(0, self.keys.pop())
        self._publish()

    def remove_old_keys(self) -> None:
        """Show the current key alone."""
        del self.keys[1:]
        self._publish()

    def asked(self, ending: str = "") -> int:
        """How many requests it had so far for addresses that end so."""
        kept = self.folder / "asked.log"
        return sum(one.endswith(ending) for one in kept.read_text().splitlines()) if kept.exists() else 0

    async def id_token(self, username: str) -> str:
        """Sign somebody in as an app in a browser does: authorization code with PKCE (RFC 7636)."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": REDIRECT, "scope": "openid",
            "state": secrets.token_urlsafe(8), "nonce": secrets.token_urlsafe(8),
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        async with httpx.AsyncClient(timeout=10) as browser:
            found = (await browser.get(f"{self.issuer}/.well-known/openid-configuration")).json()
            page = await browser.get(found["authorization_endpoint"], params=asked, follow_redirects=True)
            hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert hidden is not None, page.text
            typed = {
                "username": username, "password": self.people[username].password, "csrfmiddlewaretoken": hidden[1],
                "next": parse_qs(page.url.query.decode())["next"][0],
            }  # fmt: skip
            back = await browser.post(page.url, data=typed)
            assert back.status_code == 302, back.text
            back = await browser.get(page.url.join(back.headers["Location"]))
            answered = parse_qs(urlsplit(back.headers["Location"]).query)
            assert answered["state"] == [asked["state"]], answered
            given = await browser.post(
                found["token_endpoint"],
                data={
                    "grant_type": "authorization_code", "code": answered["code"][0], "redirect_uri": REDIRECT,
                    "client_id": self.client_id, "code_verifier": verifier,
                },
            )  # fmt: skip
        assert given.status_code == 200, given.text
        return str(given.json()["id_token"])
