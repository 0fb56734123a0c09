"""Signs and verifies: the one module behind which python-jose stands, so that it can be changed for another."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jose import jws
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JOSEError

Algorithm = Literal["RS256", "ES256"]
SMALLEST_KEY_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key with the one algorithm it is used with (RFC 8725, 3.1)."""

    algorithm: Algorithm
    _key: Key

    @classmethod
    def of(cls, public: RSAPublicKey | EllipticCurvePublicKey) -> "VerifyingKey":
        """Return the key to verify with: RS256 for RSA, ES256 for the P-256 curve.

        Raises ValueError for an RSA key of fewer than 2048 bits and for another curve.
        """
        if isinstance(public, RSAPublicKey):
            if public.key_size < SMALLEST_KEY_BITS:
                raise ValueError(f"An RSA key must have at least {SMALLEST_KEY_BITS} bits.")
            return cls("RS256", CryptographyRSAKey(public, "RS256"))
        if public.curve.name != "secp256r1":
            raise ValueError("An elliptic-curve key must be on the curve P-256.")
        return cls("ES256", CryptographyECKey(public, "ES256"))

    def payload(self, token: str) -> bytes | None:
        """Return what `token` signs, or None when the signature is not this key's."""
        try:
            return bytes(jws.verify(token, self._key, algorithms=[self.algorithm]))
        except JOSEError:
            return None


class SigningKey:
    """A private RSA key that signs with RS256."""

    def __init__(self, private: RSAPrivateKey) -> None:
        """Take the key."""
        self._key = CryptographyRSAKey(private, "RS256")

    def signed(self, claims: dict[str, Any], *, kid: str, typ: str) -> str:
        """Return the claims as a signed token in compact form (RFC 7515, 3.1)."""
        return jws.sign(claims, self._key, headers={"kid": kid, "typ": typ}, algorithm="RS256")
