"""The RSA key the API signs its access tokens with, and the retired keys whose tokens still count."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json import dumps
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from iap_api.access.signatures import SMALLEST_KEY_BITS, SigningKey, VerifyingKey

ALGORITHM: Final = "RS256"


class BadSigningKey(ValueError):
    """A key the API will not sign or verify with; the sentence says why and never shows the key."""


class SigningKeys:
    """One private key to sign with and every public key that may verify, each known by its kid."""

    def __init__(self, private: RSAPrivateKey, retired: Sequence[RSAPublicKey] = ()) -> None:
        """Take the current key and the public halves of retired ones; raises BadSigningKey if short."""
        public = private.public_key()
        for key in (public, *retired):
            if key.key_size < SMALLEST_KEY_BITS:
                raise BadSigningKey(
                    f"A signing key must have at least {SMALLEST_KEY_BITS} bits; this one has {key.key_size}."
                )
        self._private = private
        self._public = {thumbprint(key): key for key in (public, *retired)}
        self.kid: Final[str] = thumbprint(public)
        self.signing: Final = SigningKey(private)
        self.verifying: Final[Mapping[str, VerifyingKey]] = MappingProxyType(
            {kid: VerifyingKey.of(key) for kid, key in self._public.items()}
        )

    @classmethod
    def generate(cls) -> "SigningKeys":
        """Return a fresh 2048-bit key, with nothing retired."""
        return cls(generate_private_key(public_exponent=65537, key_size=SMALLEST_KEY_BITS))

    @classmethod
    def from_pem(cls, pem: bytes, retired: Sequence[bytes] = ()) -> "SigningKeys":
        """Read the current private key and retired keys (either half), all PEM; raises BadSigningKey."""
        return cls(_private_key(pem), [_public_key(old) for old in retired])

    def to_pem(self) -> bytes:
        """Return the current private key as unencrypted PKCS 8 PEM, for whoever keeps the secret."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK set (RFC 7517), the current one first."""
        return {
            "keys": [
                {"kid": kid, "use": "sig", "alg": ALGORITHM, **_public_members(key)}
                for kid, key in self._public.items()
            ]
        }


def thumbprint(key: RSAPublicKey) -> str:
    """Return the name of a key by RFC 7638: SHA-256 of its required members in order, base64url."""
    canonical = dumps(_public_members(key), separators=(",", ":"), sort_keys=True)
    return _base64url(sha256(canonical.encode("ascii")).digest())


def _public_members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"e": _base64url(_octets(numbers.e)), "kty": "RSA", "n": _base64url(_octets(numbers.n))}


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _private_key(pem: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise BadSigningKey("The signing key is protected by a password; give it unencrypted.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadSigningKey("The signing key is not a private key in PEM form.") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadSigningKey("The signing key must be an RSA key.")
    return key


def _public_key(pem: bytes) -> RSAPublicKey:
    if b"PRIVATE KEY-----" in pem:
        return _private_key(pem).public_key()
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise BadSigningKey("A retired signing key is not a key in PEM form.") from None
    if not isinstance(key, RSAPublicKey):
        raise BadSigningKey("A retired signing key must be an RSA key.")
    return key
