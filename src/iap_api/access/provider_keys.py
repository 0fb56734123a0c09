"""The key sets of identity providers: fetched with care, kept for a while, and asked for anew only so often."""

import asyncio
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from iap_api.access.signatures import VerifyingKey
from iap_api.core import strict_json
from iap_api.core.errors import Unavailable
from iap_api.core.log import log
from iap_api.core.outgoing import parts_of

TIME_OUT_SECONDS: Final = 3.0
LARGEST_DOCUMENT: Final = 64 * 1024
MOST_KEYS: Final = 50
LARGEST_RSA_BITS: Final = 8192
LARGEST_RSA_EXPONENT: Final = 2**32

SHORTEST_AGE_SECONDS: Final = 60
USUAL_AGE_SECONDS: Final = 3600
LONGEST_AGE_SECONDS: Final = 24 * 3600
# a provider that is away is not asked again by every request
RETRY_SECONDS: Final = 60
UNKNOWN_KID_SECONDS: Final = 300
# a set this young holds whatever the provider signs with
JUST_FETCHED_SECONDS: Final = 10

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})")
_KID = re.compile(r"[!-~]{1,255}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,2048}")


class _Unusable(Exception):
    """What a provider answered is of no use; the word says why and holds nothing of it."""


@dataclass
class _Kept:
    """What is known of one issuer's keys."""

    keys: Mapping[str, VerifyingKey] = field(default_factory=dict)
    keys_at: str | None = None
    found_at: float = 0.0
    fetched_at: float | None = None
    max_age: float = USUAL_AGE_SECONDS
    tried_at: float | None = None
    failing: bool = False
    unknown_at: float | None = None
    flight: asyncio.Task[None] | None = None


class KeySets:
    """The key sets of every issuer asked so far; for one event loop's use."""

    def __init__(self, *, loopback: bool, now: Callable[[], float] = monotonic) -> None:
        """`loopback`: a provider may be on this machine, without https."""
        self._loopback = loopback
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Stop what is under way and let go of every connection."""
        flights = [kept.flight for kept in self._kept.values() if kept.flight is not None]
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def key(self, issuer: str, kid: str, key_hosts: frozenset[str]) -> VerifyingKey | None:
        """Return the key that `issuer` publishes as `kid`, or None.

        The set is kept as long as its max-age says, a day at most, and renewed in the background before it is too
        old. A provider that is away leaves the last good set in force for a day. A `kid` that is not in it makes us
        ask once in five minutes, however many come. Raises `Unavailable` when there is no set to judge by.
        """
        kept = self._kept.setdefault(issuer, _Kept())
        await self._renew(issuer, kept, key_hosts)
        if kept.fetched_at is None:
            raise Unavailable("The identity provider cannot be asked for its keys just now.")
        found = kept.keys.get(kid)
        now = self._now()
        if found is None and now - kept.fetched_at >= JUST_FETCHED_SECONDS:
            if kept.unknown_at is None or now - kept.unknown_at >= UNKNOWN_KID_SECONDS:
                kept.unknown_at = now
                self._ask(issuer, kept, key_hosts)
            if kept.flight is not None:
                await asyncio.shield(kept.flight)
                found = kept.keys.get(kid)
        return found

    async def _renew(self, issuer: str, kept: _Kept, key_hosts: frozenset[str]) -> None:
        now = self._now()
        if kept.fetched_at is not None and now - kept.fetched_at >= LONGEST_AGE_SECONDS:
            kept.keys, kept.fetched_at = {}, None
        age = None if kept.fetched_at is None else now - kept.fetched_at
        if age is not None and age < 0.8 * kept.max_age:
            return
        if kept.tried_at is None or not kept.failing or now - kept.tried_at >= RETRY_SECONDS:
            self._ask(issuer, kept, key_hosts)
        # waited for where a key may have been removed meanwhile, unless the provider was away the last time already
        too_old = age is None or (age >= kept.max_age and not kept.failing)
        if too_old and kept.flight is not None:
            await asyncio.shield(kept.flight)

    def _ask(self, issuer: str, kept: _Kept, key_hosts: frozenset[str]) -> None:
        if kept.flight is None:
            kept.tried_at = self._now()
            kept.flight = asyncio.create_task(self._fly(issuer, kept, key_hosts))

    async def _fly(self, issuer: str, kept: _Kept, key_hosts: frozenset[str]) -> None:
        try:
            async with asyncio.timeout(TIME_OUT_SECONDS):
                await self._fetch(issuer, kept, key_hosts)
            kept.failing = False
        except (_Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            kept.failing, kept.keys_at = True, None
            reason = str(error) if isinstance(error, _Unusable) else type(error).__name__
            log.warning("provider_keys_not_fetched", issuer=issuer, reason=reason)
        finally:
            kept.flight = None

    async def _fetch(self, issuer: str, kept: _Kept, key_hosts: frozenset[str]) -> None:
        if kept.keys_at is None or self._now() - kept.found_at >= LONGEST_AGE_SECONDS:
            # OpenID Connect Discovery 1.0, 4.1
            metadata, _ = await self._document(f"{issuer.removesuffix('/')}/.well-known/openid-configuration")
            kept.keys_at, kept.found_at = self._keys_at(issuer, metadata, key_hosts), self._now()
        document, max_age = await self._document(kept.keys_at)
        keys = keys_of(document, issuer)
        if not keys:
            raise _Unusable("no_keys")
        kept.keys, kept.fetched_at, kept.max_age = MappingProxyType(keys), self._now(), max_age

    def _keys_at(self, issuer: str, metadata: dict[str, Any], key_hosts: frozenset[str]) -> str:
        # OpenID Connect Discovery 1.0, 4.3: exactly the issuer that was asked
        if metadata.get("issuer") != issuer:
            raise _Unusable("issuer")
        address = metadata.get("jwks_uri")
        parts = parts_of(address, loopback=self._loopback) if isinstance(address, str) else None
        own = parts_of(issuer, loopback=self._loopback)
        if parts is None or own is None:
            raise _Unusable("jwks_uri")
        # a provider may not send us anywhere else: not to another port, nor into our own network
        at_home = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        if not at_home and not (parts.scheme == "https" and parts.netloc in key_hosts):
            raise _Unusable("jwks_uri")
        return parts.geturl()

    async def _document(self, address: str) -> tuple[dict[str, Any], float]:
        """Return a JSON object and for how long it may be kept; raises `_Unusable` and httpx's errors."""
        if parts_of(address, loopback=self._loopback) is None:
            raise _Unusable("address")
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=TIME_OUT_SECONDS,
                follow_redirects=False,
                headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "iap-api"},
            )
        read = bytearray()
        async with self._client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise _Unusable("status")
            # raw: unpacked, 64 KiB may be 64 MiB
            async for part in answer.aiter_raw():
                read += part
                if len(read) > LARGEST_DOCUMENT:
                    raise _Unusable("size")
            said = _MAX_AGE.search(answer.headers.get("cache-control", "").lower())
        try:
            document = strict_json.loads(bytes(read))
        except json.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise _Unusable("json")
        age = float(said[1]) if said else USUAL_AGE_SECONDS
        return document, min(max(age, SHORTEST_AGE_SECONDS), LONGEST_AGE_SECONDS)


def keys_of(document: dict[str, Any], issuer: str) -> dict[str, VerifyingKey]:
    """Return the keys of a set (RFC 7517, 5) that can verify by themselves; what is odd among them is left out.

    Raises for a document that is no key set, or has more than 50 keys.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise _Unusable("keys")
    if len(listed) > MOST_KEYS:
        raise _Unusable("many_keys")
    found: dict[str, VerifyingKey] = {}
    for one in listed:
        if isinstance(one, dict) and (made := _key(one, issuer)):
            # of two keys with one name the first stands: a second may be added, not put in its place
            found.setdefault(one["kid"], made)
    return found


def _key(jwk: dict[str, Any], issuer: str) -> VerifyingKey | None:
    kid, operations = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    if not isinstance(kid, str) or not _KID.fullmatch(kid) or jwk.get("use", "sig") != "sig":
        return None
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    # Microsoft says for each key whose tokens it signs; the tenant may be left open
    own = jwk.get("issuer", issuer)
    if not isinstance(own, str) or not _fits(own, issuer):
        return None
    try:
        made = _public(jwk)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return made if made is not None and jwk.get("alg", made.algorithm) == made.algorithm else None


def _fits(template: str, issuer: str) -> bool:
    before, found, after = template.partition("{tenantid}")
    if not found:
        return template == issuer
    tenant = issuer[len(before) : len(issuer) - len(after)]
    return issuer == f"{before}{tenant}{after}" and "/" not in tenant


def _public(jwk: dict[str, Any]) -> VerifyingKey | None:
    if jwk.get("kty") == "RSA":
        modulus, exponent = _number(jwk.get("n")), _number(jwk.get("e"))
        # a giant would make every signature slow to check
        if modulus.bit_length() > LARGEST_RSA_BITS or exponent >= LARGEST_RSA_EXPONENT:
            return None
        return VerifyingKey.of(RSAPublicNumbers(exponent, modulus).public_key())
    if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
        point = EllipticCurvePublicNumbers(_number(jwk.get("x")), _number(jwk.get("y")), SECP256R1())
        return VerifyingKey.of(point.public_key())
    return None


def _number(value: object) -> int:
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value) or len(value) % 4 == 1:
        raise ValueError("no base64url number")
    return int.from_bytes(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
