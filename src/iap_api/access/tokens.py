"""Issues and verifies the API's own short-lived access tokens (RFC 9068); python-jose stands behind it."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any, Final, Literal, NoReturn, cast
from uuid import UUID, uuid4

from jose import jws
from jose.exceptions import JOSEError
from msgspec import Struct

from iap_api.access.signing_keys import ALGORITHM, SigningKeys

Kind = Literal["person", "client", "guest"]
Reason = Literal[
    "absent", "repeated", "scheme", "form",  # the Authorization header
    "length", "segments", "base64", "json", "header", "type", "key", "algorithm", "signature",
    "claims", "time", "expired", "early", "lifetime", "issuer", "audience", "identifier", "client", "scope",
    "ended",  # sound, but the account or the sign-in is over: said by the guard
]  # fmt: skip

KINDS: Final = frozenset({"person", "client", "guest"})
GUEST_SCOPE: Final = "guest"
LONGEST_TOKEN: Final = 8 * 1024
LONGEST_LIFETIME_SECONDS: Final = 3600
LARGEST_SKEW_SECONDS: Final = 30
LONGEST_CACHE_SECONDS: Final = 30
# Ours hold one bracket; a count needs no parser, so nesting can never reach the recursion limit.
MOST_BRACKETS: Final = 16
CLIENT_OF_PEOPLE: Final = "iap-api"

REQUIRED_CLAIMS: Final = frozenset({"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "kind", "scope"})
KNOWN_CLAIMS: Final = REQUIRED_CLAIMS | {"nbf"}
KNOWN_HEADERS: Final = frozenset({"alg", "kid", "typ", "x5t"})
TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_SEGMENTS = re.compile(r"[A-Za-z0-9_.-]+")
_PRINTABLE = re.compile(r"[!-~]{1,255}")
_SCOPE = re.compile(r"[A-Za-z0-9_.:/*-]+(?: [A-Za-z0-9_.:/*-]+)*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadToken(Exception):
    """A token that is refused; `reason` is one word for the audit line and never holds any of the token."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Final[Reason] = reason


class NoToken(BadToken):
    """No Authorization header at all: answered with a bare challenge (RFC 6750, section 3.1)."""

    def __init__(self) -> None:
        super().__init__("absent")


@dataclass(frozen=True, slots=True)
class TokenProfile:
    """Who issues, for whom, for how long at most, and how far ahead another machine's clock may be."""

    issuer: str
    audience: str
    lifetime_seconds: int
    skew_seconds: int = 30

    def __post_init__(self) -> None:
        if not _PRINTABLE.fullmatch(self.issuer) or not _PRINTABLE.fullmatch(self.audience):
            raise ValueError("Issuer and audience must be 1 to 255 printable ASCII characters, no spaces.")
        if not 1 <= self.lifetime_seconds <= LONGEST_LIFETIME_SECONDS:
            raise ValueError(f"An access token lives 1 to {LONGEST_LIFETIME_SECONDS} seconds.")
        if not 0 <= self.skew_seconds <= LARGEST_SKEW_SECONDS:
            raise ValueError(f"Clocks may differ by 0 to {LARGEST_SKEW_SECONDS} seconds.")


class AccessToken(Struct, frozen=True):
    """What a verified token says: who, by which sign-in, as person, client or guest, until when (Unix seconds)."""

    account_id: UUID
    sign_in_id: UUID
    kind: Kind
    jti: UUID
    expires_at: int
    scope: str


def issue(
    keys: SigningKeys,
    profile: TokenProfile,
    *,
    account_id: UUID,
    sign_in_id: UUID,
    kind: Kind,
    scope: str = "api",
    now: float,
) -> str:
    """Return a signed access token (RFC 9068, 2); raises ValueError for a kind or scope out of form."""
    if kind not in KINDS or not _SCOPE.fullmatch(scope):
        raise ValueError("The kind must be person, client or guest and the scope words divided by single spaces.")
    issued_at = int(now)
    claims = {
        "iss": profile.issuer,
        "aud": profile.audience,
        "sub": str(account_id),
        "client_id": str(account_id) if kind == "client" else CLIENT_OF_PEOPLE,
        "iat": issued_at,
        "exp": issued_at + profile.lifetime_seconds,
        "jti": str(uuid4()),
        "sid": str(sign_in_id),
        "kind": kind,
        "scope": scope,
    }
    return jws.sign(claims, keys.signing, headers={"kid": keys.kid, "typ": "at+jwt"}, algorithm=ALGORITHM)


class Verifier:
    """Verifies tokens of one profile, remembering good ones for a few seconds; for one event loop's use."""

    def __init__(
        self,
        keys: SigningKeys,
        profile: TokenProfile,
        cache_seconds: int = LONGEST_CACHE_SECONDS,
        cache_size: int = 10_000,
    ) -> None:
        if not 0 <= cache_seconds <= LONGEST_CACHE_SECONDS or cache_size < 1:
            raise ValueError(f"Tokens are remembered 0 to {LONGEST_CACHE_SECONDS} seconds, and at least one.")
        self._keys = keys.verifying
        self._profile = profile
        self._cache_seconds = cache_seconds
        self._cache_size = cache_size
        self._verified: OrderedDict[str, tuple[float, float, AccessToken]] = OrderedDict()

    def verify(self, token: str, now: float) -> AccessToken:
        """Return what `token` says at `now` (Unix seconds); raises only BadToken (RFC 8725, RFC 9068)."""
        if type(token) is not str or len(token) > LONGEST_TOKEN:
            raise BadToken("length")
        remembered = self._verified.get(token)
        # The lower bound forgets what was verified before the clock was set back.
        if remembered is not None and remembered[0] <= now < remembered[1]:
            return remembered[2]
        access = _accepted(self._signed_claims(token), self._profile, now)
        self._verified.pop(token, None)
        if len(self._verified) >= self._cache_size:
            self._verified.popitem(last=False)
        self._verified[token] = (now, min(now + self._cache_seconds, access.expires_at), access)
        return access

    def _signed_claims(self, token: str) -> dict[str, Any]:
        segments = token.split(".")
        if len(segments) != 3:
            raise BadToken("segments")
        header_text, _payload, _signature = map(_decoded, segments)
        header = _json_object(header_text)
        if not header.keys() <= KNOWN_HEADERS or not isinstance(header.get("x5t", ""), str):
            raise BadToken("header")
        typ, kid = header.get("typ"), header.get("kid")
        if not isinstance(typ, str) or typ not in TYPES:
            raise BadToken("type")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise BadToken("key")
        if header.get("alg") != ALGORITHM:
            raise BadToken("algorithm")
        payload: bytes | None
        try:
            payload = jws.verify(token, key, algorithms=[ALGORITHM])
        except JOSEError:
            payload = None
        # Raised outside the handler, here and below: a chained error would carry the token's content along.
        if payload is None:
            raise BadToken("signature")
        return _json_object(payload)


def bearer(authorization_values: Sequence[str]) -> str:
    """Return the token from all Authorization values of a request; raises NoToken for none, else BadToken."""
    if not authorization_values:
        raise NoToken
    if len(authorization_values) > 1:
        raise BadToken("repeated")
    if len(authorization_values[0]) > LONGEST_TOKEN + len("Bearer "):
        raise BadToken("length")
    scheme, _, token = authorization_values[0].partition(" ")
    if scheme.lower() != "bearer":
        raise BadToken("scheme")
    if not _SEGMENTS.fullmatch(token):
        raise BadToken("form")
    return token


def _decoded(segment: str) -> bytes:
    if _BASE64URL.fullmatch(segment) and len(segment) % 4 != 1:
        data = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        # Only the canonical spelling: otherwise unused bits give one token several texts (RFC 4648, 3.5).
        if urlsafe_b64encode(data).rstrip(b"=") == segment.encode("ascii"):
            return data
    raise BadToken("base64")


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("duplicate member")
    return found


def _refuse_number(_: str) -> NoReturn:
    raise ValueError("only whole numbers")


_DECODER = JSONDecoder(object_pairs_hook=_without_duplicates, parse_float=_refuse_number, parse_constant=_refuse_number)


def _json_object(data: bytes) -> dict[str, Any]:
    found = None
    if data.count(b"[") + data.count(b"{") <= MOST_BRACKETS:
        try:
            found = _DECODER.decode(data.decode("utf-8"))
        except ValueError:
            found = None
    if not isinstance(found, dict):
        raise BadToken("json")
    return found


def _accepted(claims: dict[str, Any], profile: TokenProfile, now: float) -> AccessToken:
    """Return what well-signed claims say; every check is ours, as the library lets too much pass."""
    if not REQUIRED_CLAIMS <= claims.keys() <= KNOWN_CLAIMS:
        raise BadToken("claims")
    if claims["iss"] != profile.issuer:
        raise BadToken("issuer")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not all(isinstance(audience, str) for audience in audiences) or profile.audience not in audiences:
        raise BadToken("audience")
    expires_at = _checked_times(claims, profile, now)
    kind, scope = claims["kind"], claims["scope"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadToken("client")
    if claims["client_id"] != (claims["sub"] if kind == "client" else CLIENT_OF_PEOPLE):
        raise BadToken("client")
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope) or (scope == GUEST_SCOPE) != (kind == "guest"):
        raise BadToken("scope")
    account_id, sign_in_id, jti = (_identifier(claims[name]) for name in ("sub", "sid", "jti"))
    return AccessToken(account_id, sign_in_id, cast(Kind, kind), jti, expires_at, scope)


def _checked_times(claims: dict[str, Any], profile: TokenProfile, now: float) -> int:
    issued_at, expires_at, not_before = claims["iat"], claims["exp"], claims.get("nbf", 0)
    # bool is a subclass of int, hence type() and not isinstance.
    if type(issued_at) is not int or type(expires_at) is not int or type(not_before) is not int:
        raise BadToken("time")
    if not 0 < expires_at - issued_at <= profile.lifetime_seconds:
        raise BadToken("lifetime")
    # Skew is granted to the start only: a token's end is its end.
    if not now < expires_at:
        raise BadToken("expired")
    if not max(issued_at, not_before) <= now + profile.skew_seconds:
        raise BadToken("early")
    return expires_at


def _identifier(claim: object) -> UUID:
    if not isinstance(claim, str) or not _UUID.fullmatch(claim):
        raise BadToken("identifier")
    return UUID(claim)
