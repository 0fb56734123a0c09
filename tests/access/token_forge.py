"""Tokens made by hand, with nothing of the code that is to judge them, for tests that need odd ones."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import TokenProfile

ACCOUNT = UUID("01981f3e-8a00-7000-8000-0000000000a1")
SIGN_IN = UUID("01981f3e-8a00-7000-8000-0000000000b2")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Signer = Callable[[bytes], bytes]


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def as_json(value: object) -> bytes:
    """Bytes stay as they are, so that an attack can write what no JSON library would."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def rs256(key: rsa.RSAPrivateKey) -> Signer:
    return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def hs256(secret: bytes) -> Signer:
    return lambda data: hmac.digest(secret, data, "sha256")


@cache
def stranger() -> rsa.RSAPrivateKey:
    """A key the API has never heard of."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_members(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    n, e = numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(3, "big")
    return {"e": b64url(e), "kty": "RSA", "n": b64url(n)}


def own_kid(key: rsa.RSAPrivateKey) -> str:
    return b64url(sha256(as_json(public_members(key))).digest())


class Forge:
    """Makes tokens for one key set, profile and moment; what is not changed is as in a good token."""

    subject_claim = "sub"

    def __init__(
        self, keys: SigningKeys, profile: TokenProfile, now: float, account_id: UUID, sign_in_id: UUID
    ) -> None:
        loaded = load_pem_private_key(keys.to_pem(), password=None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        self.key, self.profile, self.now = loaded, profile, int(now)
        self.good_header: dict[str, Any] = {"alg": "RS256", "kid": keys.kid, "typ": "at+jwt"}
        self.good_claims: dict[str, Any] = {
            "iss": profile.issuer,
            "aud": profile.audience,
            "sub": str(account_id),
            "client_id": "iap-api",
            "iat": self.now,
            "exp": self.now + profile.lifetime_seconds,
            "jti": "7d9a3f52-5c1e-4b0a-9d53-0f2f6a1b8c4e",
            "sid": str(sign_in_id),
            "kind": "person",
            "scope": "api",
        }

    def header(self, *without: str, **changes: Any) -> dict[str, Any]:
        return {k: v for k, v in {**self.good_header, **changes}.items() if k not in without}

    def claims(self, *without: str, **changes: Any) -> dict[str, Any]:
        return {k: v for k, v in {**self.good_claims, **changes}.items() if k not in without}

    def claims_text(self, name: str, written: str) -> bytes:
        """The claims with one value written exactly so, even where that is not JSON."""
        return as_json(self.claims(**{name: "@"})).replace(b'"@"', written.encode())

    def token(self, header: object = None, claims: object = None, sign: Signer | None = None) -> str:
        head = as_json(self.good_header if header is None else header)
        body = as_json(self.good_claims if claims is None else claims)
        signing_input = f"{b64url(head)}.{b64url(body)}"
        return f"{signing_input}.{b64url((sign or rs256(self.key))(signing_input.encode()))}"
