"""The access tokens: what is issued is accepted until it ends, and a good one is remembered for a moment."""

import json
from base64 import urlsafe_b64decode
from typing import Any, cast
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from iap_api.access.jose_reading import BadToken
from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import Kind, NoToken, TokenProfile, Verifier, bearer, issue
from tests.access.token_forge import ACCOUNT, SIGN_IN, Forge

NOW = 1_800_000_000.75
KEYS = SigningKeys.generate()
PROFILE = TokenProfile("https://iap.willow-trust.example", "iap-api-v1", 900)
FORGE = Forge(KEYS, PROFILE, NOW, ACCOUNT, SIGN_IN)
GOOD = FORGE.token()


def decoded(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def issued(keys: SigningKeys = KEYS, kind: Kind = "person", scope: str = "api") -> str:
    return issue(keys, PROFILE, account_id=ACCOUNT, sign_in_id=SIGN_IN, kind=kind, scope=scope, now=NOW)


def refused(token: str, now: float = NOW) -> str:
    """The reason a fresh verifier refuses the token with; fails where it is accepted."""
    with pytest.raises(BadToken) as caught:
        Verifier(KEYS, PROFILE).verify(token, now)
    return caught.value.reason


# Tokens that are accepted


@pytest.mark.parametrize(("kind", "client_id"), [("person", "iap-api"), ("client", str(ACCOUNT))])
def test_an_issued_token_says_exactly_what_rfc_9068_asks_and_is_signed_with_the_published_key(
    kind: Kind, client_id: str
) -> None:
    head, body, signature = issued(kind=kind).split(".")
    (jwk,) = KEYS.jwks()["keys"]
    n, e = (int.from_bytes(decoded(jwk[member]), "big") for member in ("n", "e"))
    rsa.RSAPublicNumbers(e, n).public_key().verify(
        decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    claims = json.loads(decoded(body))
    assert json.loads(decoded(head)) == {"alg": "RS256", "kid": jwk["kid"], "typ": "at+jwt"}
    assert UUID(claims.pop("jti")).version == 4
    assert claims == {
        "iss": "https://iap.willow-trust.example",
        "aud": "iap-api-v1",
        "sub": "01981f3e-8a00-7000-8000-0000000000a1",
        "client_id": client_id,
        "iat": 1_800_000_000,
        "exp": 1_800_000_900,
        "sid": "01981f3e-8a00-7000-8000-0000000000b2",
        "kind": kind,
        "scope": "api",
    }


@pytest.mark.parametrize("kind", ["person", "client"])
def test_an_issued_token_is_accepted_until_the_second_it_ends(kind: Kind) -> None:
    token = issued(kind=kind, scope="changes.read figures.read")
    for moment in (NOW, 1_800_000_899.9):
        access = Verifier(KEYS, PROFILE).verify(token, moment)
        assert (access.account_id, access.sign_in_id, access.kind) == (ACCOUNT, SIGN_IN, kind)
        assert (access.expires_at, access.scope) == (1_800_000_900, "changes.read figures.read")
        assert str(access.jti) == json.loads(decoded(token.split(".")[1]))["jti"]
    assert refused(token, 1_800_000_900.0) == "expired"


def test_a_guests_token_says_so_twice_and_half_of_it_is_refused() -> None:
    assert Verifier(KEYS, PROFILE).verify(issued(kind="guest", scope="guest"), NOW).kind == "guest"
    for kind, scope in (("guest", "api"), ("person", "guest"), ("client", "guest"), ("guest", "guest api")):
        client = str(ACCOUNT) if kind == "client" else "iap-api"
        assert refused(FORGE.token(claims=FORGE.claims(kind=kind, scope=scope, client_id=client))) == "scope"
    crossed = FORGE.claims(kind="guest", scope="guest", client_id=str(ACCOUNT))
    assert refused(FORGE.token(claims=crossed)) == "client"
    assert refused(FORGE.token(claims=FORGE.claims(kind=["guest"]))) == "client"


def test_two_tokens_of_one_sign_in_have_different_jti() -> None:
    verifier = Verifier(KEYS, PROFILE)
    assert verifier.verify(issued(), NOW).jti != verifier.verify(issued(), NOW).jti


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (FORGE.header(), FORGE.claims()),
        (FORGE.header(typ="application/at+jwt"), FORGE.claims()),
        (FORGE.header(x5t="kK9p"), FORGE.claims()),
        (FORGE.header(), FORGE.claims(aud=["iap-api-v1"])),
        (FORGE.header(), FORGE.claims(aud=["other", "iap-api-v1"])),
        (FORGE.header(), FORGE.claims(nbf=1_800_000_000)),
        (FORGE.header(), FORGE.claims(iat=1_800_000_030, exp=1_800_000_930)),
    ],
    ids=["plain", "long typ", "x5t", "aud list", "two audiences", "nbf", "a clock 30 s ahead"],
)
def test_a_lawful_token_made_by_hand_is_accepted(header: dict[str, Any], claims: dict[str, Any]) -> None:
    assert Verifier(KEYS, PROFILE).verify(FORGE.token(header, claims), NOW).account_id == ACCOUNT


def test_a_clock_more_than_thirty_seconds_ahead_is_not_forgiven() -> None:
    assert refused(FORGE.token(claims=FORGE.claims(iat=1_800_000_031, exp=1_800_000_931))) == "early"
    assert refused(FORGE.token(claims=FORGE.claims(nbf=1_800_000_031))) == "early"


def test_a_moment_that_is_no_number_accepts_nothing() -> None:
    assert refused(GOOD, float("nan")) == "expired"


@pytest.mark.parametrize("scope", ["", " ", "api ", 'a"b', "é"])
def test_a_scope_that_could_not_be_verified_is_not_issued(scope: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        issued(scope=scope)


def test_a_kind_that_is_not_ours_is_not_issued() -> None:
    with pytest.raises(ValueError, match="kind"):
        issued(kind=cast(Kind, "robot"))


# The Authorization header


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_is_read_from_the_one_bearer_header(scheme: str) -> None:
    assert bearer([f"{scheme} {GOOD}"]) == GOOD


def test_no_header_is_told_apart_from_a_bad_one() -> None:
    with pytest.raises(NoToken) as caught:
        bearer([])
    assert caught.value.reason == "absent"


def test_two_authorization_headers_are_refused_even_if_both_are_good() -> None:
    with pytest.raises(BadToken) as caught:
        bearer([f"Bearer {GOOD}", f"Bearer {GOOD}"])
    assert caught.value.reason == "repeated"


# What is remembered


def test_a_verified_token_is_remembered_for_thirty_seconds_at_most() -> None:
    verifier = Verifier(KEYS, PROFILE)
    first = verifier.verify(GOOD, NOW)
    assert verifier.verify(GOOD, NOW + 29.9) is first
    again = verifier.verify(GOOD, NOW + 30)
    assert again is not first
    assert again == first


def test_a_remembered_token_is_refused_the_second_it_expires() -> None:
    verifier = Verifier(KEYS, PROFILE)
    assert verifier.verify(GOOD, 1_800_000_899.0) is verifier.verify(GOOD, 1_800_000_899.9)
    with pytest.raises(BadToken, match="expired"):
        verifier.verify(GOOD, 1_800_000_900.0)


def test_a_refusal_is_not_remembered() -> None:
    verifier = Verifier(KEYS, PROFILE)
    later = FORGE.token(claims=FORGE.claims(nbf=1_800_000_060))
    with pytest.raises(BadToken, match="early"):
        verifier.verify(later, NOW)
    assert verifier.verify(later, NOW + 60).account_id == ACCOUNT


def test_a_clock_set_back_forgets_what_was_remembered() -> None:
    verifier = Verifier(KEYS, PROFILE)
    verifier.verify(GOOD, NOW)
    with pytest.raises(BadToken, match="early"):
        verifier.verify(GOOD, NOW - 60)


def test_the_oldest_token_is_forgotten_when_memory_is_full() -> None:
    verifier = Verifier(KEYS, PROFILE, cache_size=2)
    one, two, three = issued(), issued(), issued()
    first, second, third = (verifier.verify(token, NOW) for token in (one, two, three))
    assert verifier.verify(two, NOW) is second
    assert verifier.verify(three, NOW) is third
    assert verifier.verify(one, NOW) is not first


@pytest.mark.parametrize(
    ("issuer", "audience", "lifetime", "skew"),
    [
        ("", "a", 900, 30),
        ("i", "", 900, 30),
        ("i j", "a", 900, 30),
        ("i", "a", 3601, 30),
        ("i", "a", 0, 30),
        ("i", "a", 900, 31),
    ],
)
def test_a_slack_profile_is_refused(issuer: str, audience: str, lifetime: int, skew: int) -> None:
    with pytest.raises(ValueError, match=r"must be|lives|differ"):
        TokenProfile(issuer, audience, lifetime, skew)


@pytest.mark.parametrize(("seconds", "size"), [(31, 10), (-1, 10), (30, 0)])
def test_a_verifier_that_would_remember_too_long_is_refused(seconds: int, size: int) -> None:
    with pytest.raises(ValueError, match="remembered"):
        Verifier(KEYS, PROFILE, cache_seconds=seconds, cache_size=size)
