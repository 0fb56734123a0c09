"""The keys of identity providers: asked for with care, whatever the provider answers, and no more often than agreed."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from iap_api.access.provider_keys import KeySets
from iap_api.core.errors import Unavailable
from tests.access.false_provider import FalseProvider, Said, curve_key, false_provider, own_certificate, signing_keys
from tests.access.token_forge import b64url

HOUR = 3600.0
NONE: frozenset[str] = frozenset()


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Iterator[FalseProvider]:
    with false_provider("/directory/v2.0") as made:
        yield made


@pytest.fixture
async def sets(clock: Clock) -> AsyncIterator[KeySets]:
    made = KeySets(loopback=True, now=clock)
    yield made
    await made.close()


async def found(sets: KeySets, provider: FalseProvider, kid: str | None = None) -> bool:
    return await sets.key(provider.issuer, kid or provider.signing.kid, NONE) is not None


async def settled(provider: FalseProvider, times: int) -> None:
    """Return once the keys have been asked for so often; what goes on in the background needs a moment."""
    for _ in range(200):
        if provider.asked_for_keys() >= times:
            # and the answer has come in
            await asyncio.sleep(0.05)
            break
        await asyncio.sleep(0.01)
    assert provider.asked_for_keys() == times


# What a provider may answer


async def test_the_keys_are_found_where_the_provider_says_and_fetched_once(
    sets: KeySets, provider: FalseProvider
) -> None:
    assert all(await asyncio.gather(*(found(sets, provider) for _ in range(50))))
    assert provider.asked == ["/directory/v2.0/.well-known/openid-configuration", "/directory/v2.0/keys"]


async def refused(sets: KeySets, provider: FalseProvider) -> None:
    with pytest.raises(Unavailable):
        await found(sets, provider)


@pytest.mark.parametrize(
    "issuer", ["https://accounts.google.com", "{issuer}/", "{issuer}x", "", None, ["{issuer}"], "{ISSUER}"]
)
async def test_metadata_of_another_issuer_are_refused(sets: KeySets, provider: FalseProvider, issuer: Any) -> None:
    named = json.loads(json.dumps(issuer).replace("{issuer}", provider.issuer))
    named = named.replace("{ISSUER}", provider.issuer.upper()) if isinstance(named, str) else named
    provider.metadata = {**provider.metadata, "issuer": named}
    await refused(sets, provider)
    assert provider.asked_for_keys() == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:{other}/keys", "http://localhost:{port}/keys",
        "https://127.0.0.1:{port}/keys", "file:///etc/passwd", "//127.0.0.1:{port}/keys", "/keys", "", None, 7,
        "http://user:word@127.0.0.1:{port}/keys", "http://127.0.0.1:{port}/keys?next=x", "ftp://127.0.0.1:{port}/keys",
        "http://127.0.0.1:{port}#@evil.example/", "http://127.0.0.1:{port}\\@evil.example/", "http://[::1",
        "https://www.googleapis.com/keys",
    ],
)  # fmt: skip
async def test_a_provider_cannot_send_us_anywhere_else(sets: KeySets, provider: FalseProvider, address: Any) -> None:
    port = provider.issuer.split(":")[2].split("/")[0]
    with false_provider() as inside:
        if isinstance(address, str):
            address = address.replace("{port}", port).replace("{other}", inside.issuer.rpartition(":")[2])
        provider.metadata = {**provider.metadata, "jwks_uri": address}
        await refused(sets, provider)
        assert inside.asked == []
    assert provider.asked_for_keys() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["tell", "show"])
async def test_a_redirect_is_not_followed(sets: KeySets, provider: FalseProvider, status: int, where: str) -> None:
    with false_provider("/directory/v2.0") as elsewhere:
        moved = Said(status=status, headers={"Location": f"{elsewhere.issuer}/keys"})
        getattr(provider, where)(moved)
        await refused(sets, provider)
        assert elsewhere.asked == []


NEW = signing_keys("another").jwks()["keys"]
FILLERS = [{"kty": "RSA", "kid": str(number)} for number in range(50)]
# each holds a good new key where it can, and is refused as a whole
BAD = {
    "an error page": Said(b"<html>Bad gateway</html>", 502),
    "an error with keys": Said({"keys": NEW}, 500),
    "an error with status 200": Said({"error": "server_error"}),
    "keys null": Said({"keys": None}),
    "keys an object": Said({"keys": {"0": NEW[0]}}),
    "keys a text": Said({"keys": "RS256"}),
    "no keys": Said({"keys": []}),
    "a list": Said(NEW),
    "null": Said(b"null"),
    "nothing": Said(b""),
    "not UTF-8": Said(json.dumps({"keys": NEW}).encode() + b"\xff"),
    "a member twice": Said(b'{"keys": [],' + json.dumps({"keys": NEW}).encode()[1:]),
    "nested too deeply": Said(
        b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"," + json.dumps({"keys": NEW}).encode()[1:]
    ),
    "no content": Said(b"", 204),
    "not found": Said({"keys": NEW}, 404),
    "made": Said({"keys": NEW}, 201),
    "too many requests": Said({}, 429),
    "51 keys": Said({"keys": NEW + FILLERS}),
    "64 KiB and more": Said({"keys": NEW, "x": "x" * 65_536}),
    "packed": Said(gzip.compress(json.dumps({"keys": NEW}).encode()), headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", BAD)
async def test_whatever_is_no_key_set_leaves_the_last_good_one_in_force(
    sets: KeySets, provider: FalseProvider, clock: Clock, name: str
) -> None:
    assert await found(sets, provider)
    provider.show(BAD[name])
    clock.now += HOUR + 1
    assert await found(sets, provider)
    assert provider.asked_for_keys() == 2
    assert not await found(sets, provider, signing_keys("another").kid)


async def test_a_set_as_large_as_allowed_is_read(sets: KeySets, provider: FalseProvider) -> None:
    provider.keys = FILLERS[:49] + provider.keys
    shown = {"keys": provider.keys, "x": ""}
    shown["x"] = "x" * (64 * 1024 - len(json.dumps(shown)))
    provider.show(Said(shown))
    assert await found(sets, provider)


async def test_a_document_without_end_is_read_no_further_than_64_kib(sets: KeySets, provider: FalseProvider) -> None:
    provider.show(Said(b'{"keys": [' + b" " * 50_000_000))
    started = time.perf_counter()
    await refused(sets, provider)
    assert time.perf_counter() - started < 2


async def test_a_provider_that_answers_byte_by_byte_is_given_three_seconds(
    sets: KeySets, provider: FalseProvider
) -> None:
    provider.show(Said({"keys": provider.keys}, drip=0.1))
    started = time.perf_counter()
    await refused(sets, provider)
    assert 2.5 < time.perf_counter() - started < 4.5


def small_rsa() -> dict[str, str]:
    # 512 bits, whose factors anybody finds; the library makes no such key any more
    modulus = (2**256 + 297) * (2**255 + 95)
    return {"kty": "RSA", "kid": "small", "n": b64url(modulus.to_bytes(64)), "e": "AQAB"}


def giant_rsa() -> dict[str, str]:
    return {"kty": "RSA", "kid": "giant", "n": b64url(b"\xff" * 1400), "e": "AQAB"}


def odd_keys(provider: FalseProvider) -> list[Any]:
    """Keys that nobody may sign with, each of a kid of its own."""
    good = provider.signing.jwks()["keys"][0]
    other = signing_keys("another").jwks()["keys"][0]
    okp = {"kty": "OKP", "crv": "Ed25519", "kid": "okp", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    return [
        {"kty": "oct", "kid": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}, okp, small_rsa(), giant_rsa(),
        curve_key(ec.SECP384R1(), "p384")[0], {**other, "kid": "enc", "use": "enc"},
        {**other, "kid": "ps256", "alg": "PS256"}, {**other, "kid": "rs512", "alg": "RS512"},
        {**other, "kid": "hs256", "alg": "HS256"}, {**other, "kid": "none", "alg": "none"},
        {**other, "kid": "encrypts", "key_ops": ["encrypt"]}, {**other, "kid": "ops", "key_ops": "verify"},
        {**other, "kid": "exponent", "e": b64url(b"\x01" + b"\x00" * 99 + b"\x01")}, {**other, "kid": "one", "e": "AQ"},
        {**other, "kid": "list", "n": [good["n"]]}, {**other, "kid": ["list"]}, {**other, "kid": ""},
        {**other, "kid": "theirs", "issuer": "https://login.example/other/v2.0"},
        {**other, "kid": "anybody", "issuer": 7}, {"kid": "empty"}, {}, None, 7, "key", [good],
        {**curve_key(ec.SECP256R1(), "off")[0], "x": b64url(b"\x01" * 32)},
    ]  # fmt: skip


@pytest.mark.parametrize("first", [True, False])
async def test_odd_keys_are_left_out_and_break_no_valid_one_wherever_they_stand(
    sets: KeySets, provider: FalseProvider, first: bool
) -> None:
    curve, _ = curve_key(ec.SECP256R1(), "curve")
    good, odd = [*provider.keys, curve], odd_keys(provider)
    provider.keys = odd + good if first else good + odd
    assert await found(sets, provider)
    assert await found(sets, provider, "curve")
    kids = [one.get("kid") for one in odd if isinstance(one, dict)]
    names = [kid for kid in kids if isinstance(kid, str) and kid]
    assert len(names) > 15
    for kid in names:
        assert not await found(sets, provider, kid), kid
    assert provider.asked_for_keys() == 1


async def test_each_key_verifies_with_one_algorithm(sets: KeySets, provider: FalseProvider) -> None:
    curve, _ = curve_key(ec.SECP256R1(), "curve")
    provider.keys = [*provider.keys, curve]
    algorithms = []
    for kid in (provider.signing.kid, "curve"):
        key = await sets.key(provider.issuer, kid, NONE)
        assert key is not None
        algorithms.append(key.algorithm)
    assert algorithms == ["RS256", "ES256"]


async def test_a_second_key_of_the_same_name_does_not_take_the_place_of_the_first(
    sets: KeySets, provider: FalseProvider
) -> None:
    kid = provider.signing.kid
    other = {**signing_keys("another").jwks()["keys"][0], "kid": kid}
    provider.keys = [{**other, "use": "enc"}, *provider.keys, other]
    key = await sets.key(provider.issuer, kid, NONE)
    assert key is not None
    token = provider.signing.signing.signed({"sub": "1"}, kid=kid, typ="JWT")
    assert key.payload(token) == b'{"sub":"1"}'


@pytest.mark.parametrize(
    ("template", "good"),
    [
        ("{issuer}", True), ("{root}/{tenantid}/v2.0", True), ("{root}/{tenantid}", False),
        ("{root}/directory/{tenantid}", True), ("{root}/other/v2.0", False), ("{tenantid}", False), ("", False),
    ],
)  # fmt: skip
async def test_microsofts_keys_say_whose_tokens_they_sign(
    sets: KeySets, provider: FalseProvider, template: str, good: bool
) -> None:
    root = provider.issuer.removesuffix("/directory/v2.0")
    named = template.replace("{issuer}", provider.issuer).replace("{root}", root)
    another = signing_keys("another")
    provider.keys = [*another.jwks()["keys"], {**provider.keys[0], "issuer": named}]
    assert await found(sets, provider) is good
    assert await found(sets, provider, another.kid)


async def test_googles_keys_are_on_another_host_which_is_named_in_its_profile(provider: FalseProvider) -> None:
    sets = KeySets(loopback=True)
    metadata = {"issuer": provider.issuer, "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs"}
    hosts = frozenset({"www.googleapis.com"})
    assert sets._keys_at(provider.issuer, metadata, hosts) == metadata["jwks_uri"]
    for address in ("https://www.googleapis.com:8443/certs", "http://www.googleapis.com/certs",
                    "https://www.googleapis.com.evil.example/certs"):  # fmt: skip
        with pytest.raises(Exception, match="jwks_uri"):
            sets._keys_at(provider.issuer, {**metadata, "jwks_uri": address}, hosts)


async def test_without_the_operators_leave_nothing_on_this_machine_is_asked(provider: FalseProvider) -> None:
    sets = KeySets(loopback=False)
    await refused(sets, provider)
    await sets.close()
    assert provider.asked == []


async def test_a_certificate_is_checked_like_any_browsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, others = (own_certificate(tmp_path / f"{one}.pem", one) for one in ("127.0.0.1", "192.0.2.7"))
    for certificate, trusted, well in ((good, None, False), (good, good, True), (others, others, False)):
        if trusted is not None:
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with false_provider(certificate=certificate) as provider:
            # https takes nobody's leave
            sets = KeySets(loopback=False)
            if well:
                assert await found(sets, provider)
            else:
                await refused(sets, provider)
                assert provider.asked == []
            await sets.close()


# How often it is asked


@pytest.mark.parametrize(
    ("said", "kept_for"),
    [
        ("public, max-age=1200, must-revalidate", 1200), ("max-age=0", 60), ("no-store", HOUR), ("", HOUR),
        ("max-age=999999999", 24 * HOUR), ("s-maxage=10", HOUR), ('max-age="600"', 600), ("max-age=-5", HOUR),
    ],
)  # fmt: skip
async def test_a_set_is_kept_as_long_as_its_max_age_says_within_bounds(
    sets: KeySets, provider: FalseProvider, clock: Clock, said: str, kept_for: float
) -> None:
    provider.show(Said({"keys": provider.keys}, headers={"Cache-Control": said} if said else {}))
    assert await found(sets, provider)
    clock.now += 0.8 * kept_for - 1
    assert await found(sets, provider)
    await settled(provider, 1)
    # before it is too old it is renewed in the background, and nobody waits
    clock.now += 2
    assert await found(sets, provider)
    await settled(provider, 2)


async def test_a_removed_key_is_refused_after_the_refresh(sets: KeySets, provider: FalseProvider, clock: Clock) -> None:
    old, new = provider.signing, signing_keys("another")
    provider.keys = [*old.jwks()["keys"], *new.jwks()["keys"]]
    assert await found(sets, provider, old.kid)
    provider.keys = new.jwks()["keys"]
    assert await found(sets, provider, old.kid)
    clock.now += HOUR
    # too old: this very request waits for the new set
    assert not await found(sets, provider, old.kid)
    assert await found(sets, provider, new.kid)


async def test_a_flood_of_unknown_kids_makes_one_request(sets: KeySets, provider: FalseProvider, clock: Clock) -> None:
    assert await found(sets, provider)
    clock.now += 11
    before = len(provider.asked)
    assert not any(await asyncio.gather(*(found(sets, provider, f"random {number}") for number in range(1000))))
    assert len(provider.asked) - before == 1
    clock.now += 299
    for number in range(1000):
        assert not await found(sets, provider, f"more {number}")
    assert len(provider.asked) - before == 1
    clock.now += 2
    assert not await found(sets, provider, "five minutes later")
    assert len(provider.asked) - before == 2
    assert await found(sets, provider)


async def test_a_flood_before_anything_is_known_makes_one_fetch(sets: KeySets, provider: FalseProvider) -> None:
    await asyncio.gather(*(found(sets, provider, f"random {number}") for number in range(1000)))
    assert len(provider.asked) == 2


async def test_a_key_published_just_now_is_found_by_its_unknown_kid(
    sets: KeySets, provider: FalseProvider, clock: Clock
) -> None:
    assert await found(sets, provider)
    new = signing_keys("another")
    provider.keys = [*provider.keys, *new.jwks()["keys"]]
    clock.now += 11
    assert all(await asyncio.gather(*(found(sets, provider, new.kid) for _ in range(20))))
    assert provider.asked_for_keys() == 2


async def test_a_provider_that_is_away_leaves_its_last_good_set_for_a_day_and_keeps_nobody_waiting(
    sets: KeySets, provider: FalseProvider, clock: Clock
) -> None:
    assert await found(sets, provider)
    away = Said(status=503)
    provider.show(away)
    provider.tell(away)
    asked = len(provider.asked)
    for _ in range(23):
        clock.now += HOUR
        assert await found(sets, provider)
        # within a minute it is not asked again
        clock.now += 50
        assert await found(sets, provider)
    await asyncio.sleep(0.05)
    assert len(provider.asked) - asked <= 23
    clock.now += HOUR
    await refused(sets, provider)


async def test_after_a_failure_the_provider_is_asked_once_a_minute_and_found_again(
    sets: KeySets, provider: FalseProvider, clock: Clock
) -> None:
    keys, metadata = provider.keys, provider.metadata
    provider.tell(Said(status=500))
    for _ in range(100):
        await refused(sets, provider)
    assert len(provider.asked) == 1
    provider.metadata, provider.keys = metadata, keys
    clock.now += 61
    assert await found(sets, provider)


async def test_a_provider_whose_keys_have_moved_is_asked_where_they_are_now(
    sets: KeySets, provider: FalseProvider, clock: Clock
) -> None:
    assert await found(sets, provider)
    new = signing_keys("another")
    provider.said["/directory/v2.0/moved"] = Said({"keys": new.jwks()["keys"]})
    provider.metadata = {**provider.metadata, "jwks_uri": f"{provider.issuer}/moved"}
    provider.show(Said(status=410))
    clock.now += HOUR
    assert await found(sets, provider)
    clock.now += 61
    # failing before, so it is renewed behind the scenes
    await found(sets, provider)
    await asyncio.sleep(0.2)
    assert await found(sets, provider, new.kid)
    assert not await found(sets, provider)
