"""An identity provider in the hands of an attacker: a real web server that answers whatever a test puts into it."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from iap_api.access.signing_keys import SigningKeys
from tests.access.token_forge import b64url

METADATA = "/.well-known/openid-configuration"


@cache
def signing_keys(name: str) -> SigningKeys:
    """Keys that are made once: finding primes takes longer than the tests."""
    return SigningKeys.generate()


@dataclass
class Said:
    """One answer: what is not changed is a good one."""

    document: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    # seconds between one byte and the next
    drip: float = 0.0

    @property
    def body(self) -> bytes:
        return self.document if isinstance(self.document, bytes) else json.dumps(self.document).encode()


class FalseProvider:
    """Its keys are made here, so that a test can sign what no provider would; `asked` lists what it was asked."""

    def __init__(self, server: ThreadingHTTPServer, path: str, scheme: str) -> None:
        self._server, self._path = server, path
        self.issuer = f"{scheme}://127.0.0.1:{server.server_port}{path}"
        self.asked: list[str] = []
        self.signing = signing_keys("its own")
        self.said: dict[str, Said] = {}
        self.keys = self.signing.jwks()["keys"]
        self.metadata = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}

    @property
    def keys(self) -> Any:
        """The keys it shows now."""
        return self.said[f"{self._path}/keys"].document["keys"]

    @keys.setter
    def keys(self, shown: Any) -> None:
        self.show(Said({"keys": shown}))

    @property
    def metadata(self) -> Any:
        """What it says of itself."""
        return self.said[self._path + METADATA].document

    @metadata.setter
    def metadata(self, document: Any) -> None:
        self.said[self._path + METADATA] = Said(document)

    def show(self, said: Said) -> None:
        """Answer this where the keys are."""
        self.said[f"{self._path}/keys"] = said

    def tell(self, said: Said) -> None:
        """Answer this where it tells of itself."""
        self.said[self._path + METADATA] = said

    def asked_for_keys(self) -> int:
        return sum(one.endswith("/keys") for one in self.asked)


class _Answering(BaseHTTPRequestHandler):
    provider: FalseProvider

    def do_GET(self) -> None:
        # an endless list would keep a flood in memory, and the tests count
        self.provider.asked.append(self.path)
        said = self.provider.said.get(self.path, Said(status=404))
        body = said.body
        self.send_response(said.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **said.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if said.drip:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(said.drip)
            else:
                self.wfile.write(body)
        except OSError:
            # whoever asked has had enough
            return

    def log_message(self, format: str, *arguments: Any) -> None:
        return


@contextmanager
def false_provider(path: str = "", certificate: Path | None = None) -> Iterator[FalseProvider]:
    """Open one on a port of its own; with a certificate (PEM, with its key) it speaks https."""
    handler: type[_Answering] = type("Answering", (_Answering,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    handler.provider = FalseProvider(server, path, "http" if certificate is None else "https")
    running = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    running.start()
    try:
        yield handler.provider
    finally:
        server.shutdown()
        server.server_close()
        running.join()


def curve_key(curve: ec.EllipticCurve, kid: str) -> tuple[dict[str, str], Callable[[bytes], bytes]]:
    """A key on a curve as it is published, and how to sign with it."""
    private = ec.generate_private_key(curve)
    numbers, size = private.public_key().public_numbers(), (curve.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size) + s.to_bytes(size)

    name = {256: "P-256", 384: "P-384", 521: "P-521"}[curve.key_size]
    x, y = (b64url(one.to_bytes(size)) for one in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": name, "kid": kid, "x": x, "y": y}, sign


def own_certificate(file: Path, address: str = "127.0.0.1") -> Path:
    """A certificate that its owner has signed themself, for one address, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file
