"""The signing keys: named by thumbprint, published without secrets, rotated without loss, or refused."""

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from iap_api.access.jose_reading import BadToken
from iap_api.access.signing_keys import BadSigningKey, SigningKeys, thumbprint
from iap_api.access.tokens import TokenProfile, Verifier, issue
from tests.access.token_forge import ACCOUNT, SIGN_IN, Forge

NOW = 1_800_000_000.75
KEYS = SigningKeys.generate()
PROFILE = TokenProfile("https://iap.willow-trust.example", "iap-api-v1", 900)
GOOD = Forge(KEYS, PROFILE, NOW, ACCOUNT, SIGN_IN).token()
SPKI = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def decoded(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def issued(keys: SigningKeys = KEYS) -> str:
    return issue(keys, PROFILE, account_id=ACCOUNT, sign_in_id=SIGN_IN, kind="person", now=NOW)


def test_the_kid_is_the_thumbprint_of_the_example_in_rfc_7638() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE"
        "CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q"
        "vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6"
        "WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    example = rsa.RSAPublicNumbers(65537, int.from_bytes(decoded(n), "big")).public_key()
    assert thumbprint(example) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_rotation_keeps_tokens_of_a_retired_key_valid_and_a_removed_key_ends_them() -> None:
    token, new = issued(), SigningKeys.generate()
    public = rsa_public_pem(KEYS)
    for old in (KEYS.to_pem(), public):
        rotated = SigningKeys.from_pem(new.to_pem(), retired=[old])
        assert Verifier(rotated, PROFILE).verify(token, NOW).account_id == ACCOUNT
        assert Verifier(rotated, PROFILE).verify(issued(rotated), NOW).account_id == ACCOUNT
        assert [key["kid"] for key in rotated.jwks()["keys"]] == [new.kid, KEYS.kid]
    with pytest.raises(BadToken, match="key"):
        Verifier(new, PROFILE).verify(token, NOW)


def rsa_public_pem(keys: SigningKeys) -> bytes:
    (jwk,) = keys.jwks()["keys"]
    n, e = (int.from_bytes(decoded(jwk[member]), "big") for member in ("n", "e"))
    return rsa.RSAPublicNumbers(e, n).public_key().public_bytes(*SPKI)


def test_the_published_keys_hold_nothing_private() -> None:
    rotated = SigningKeys.from_pem(SigningKeys.generate().to_pem(), retired=[KEYS.to_pem()])
    assert [set(key) for key in rotated.jwks()["keys"]] == [{"kty", "use", "alg", "kid", "n", "e"}] * 2


def test_a_key_survives_being_written_and_read() -> None:
    again = SigningKeys.from_pem(KEYS.to_pem())
    assert (again.kid, again.jwks()) == (KEYS.kid, KEYS.jwks())
    assert Verifier(again, PROFILE).verify(GOOD, NOW).account_id == ACCOUNT


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - meant to be refused
CURVE = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("current", "retired", "sentence"),
    [
        (pem(SHORT), [], "at least 2048 bits; this one has 1024"),
        (pem(CURVE), [], "must be an RSA key"),
        (pem(rsa.generate_private_key(65537, 2048), b"secret"), [], "protected by a password"),
        (b"not a key", [], "not a private key in PEM form"),
        (b"", [], "not a private key in PEM form"),
        (SHORT.public_key().public_bytes(*SPKI), [], "not a private key in PEM form"),
        (KEYS.to_pem(), [pem(SHORT)], "at least 2048 bits; this one has 1024"),
        (KEYS.to_pem(), [SHORT.public_key().public_bytes(*SPKI)], "at least 2048 bits; this one has 1024"),
        (KEYS.to_pem(), [CURVE.public_key().public_bytes(*SPKI)], "must be an RSA key"),
        (KEYS.to_pem(), [pem(CURVE)], "must be an RSA key"),
        (KEYS.to_pem(), [b"not a key"], "not a key in PEM form"),
    ],
)
def test_an_unfit_key_is_refused_with_a_sentence(current: bytes, retired: list[bytes], sentence: str) -> None:
    with pytest.raises(BadSigningKey, match=sentence):
        SigningKeys.from_pem(current, retired)
