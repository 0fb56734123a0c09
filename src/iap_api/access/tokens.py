"""Issues and verifies the API's own short-lived access tokens (RFC 9068)."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast
from uuid import UUID, uuid4

from msgspec import Struct

from iap_api.access.jose_reading import LONGEST_TOKEN, BadToken, Opened, checked_times
from iap_api.access.signing_keys import SigningKeys

Kind = Literal["person", "client", "guest"]

KINDS: Final = frozenset({"person", "client", "guest"})
GUEST_SCOPE: Final = "guest"
LONGEST_LIFETIME_SECONDS: Final = 3600
LARGEST_SKEW_SECONDS: Final = 30
LONGEST_CACHE_SECONDS: Final = 30
# Ours hold one.
MOST_BRACKETS: Final = 16
CLIENT_OF_PEOPLE: Final = "iap-api"

REQUIRED_CLAIMS: Final = frozenset({"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "kind", "scope"})
KNOWN_CLAIMS: Final = REQUIRED_CLAIMS | {"nbf"}
TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})

_SEGMENTS = re.compile(r"[A-Za-z0-9_.-]+")
_PRINTABLE = re.compile(r"[!-~]{1,255}")
_SCOPE = re.compile(r"[A-Za-z0-9_.:/*-]+(?: [A-Za-z0-9_.:/*-]+)*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
    return keys.signing.signed(claims, kid=keys.kid, typ="at+jwt")


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
        opened = Opened(token, MOST_BRACKETS)
        opened.refuse_other_types(TYPES)
        return opened.claims(self._keys.get(opened.kid))


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


def _accepted(claims: dict[str, Any], profile: TokenProfile, now: float) -> AccessToken:
    """Return what well-signed claims say; every check is ours, as the library lets too much pass."""
    if not REQUIRED_CLAIMS <= claims.keys() <= KNOWN_CLAIMS:
        raise BadToken("claims")
    if claims["iss"] != profile.issuer:
        raise BadToken("issuer")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not all(isinstance(audience, str) for audience in audiences) or profile.audience not in audiences:
        raise BadToken("audience")
    expires_at = checked_times(
        claims, now, lifetime_seconds=profile.lifetime_seconds, skew_seconds=profile.skew_seconds
    )
    kind, scope = claims["kind"], claims["scope"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadToken("client")
    if claims["client_id"] != (claims["sub"] if kind == "client" else CLIENT_OF_PEOPLE):
        raise BadToken("client")
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope) or (scope == GUEST_SCOPE) != (kind == "guest"):
        raise BadToken("scope")
    account_id, sign_in_id, jti = (_identifier(claims[name]) for name in ("sub", "sid", "jti"))
    return AccessToken(account_id, sign_in_id, cast(Kind, kind), jti, expires_at, scope)


def _identifier(claim: object) -> UUID:
    if not isinstance(claim, str) or not _UUID.fullmatch(claim):
        raise BadToken("identifier")
    return UUID(claim)
