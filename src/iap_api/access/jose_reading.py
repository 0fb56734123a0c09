"""Reads a signed token strictly (RFC 8725): form, header, signature by one known key, claims as JSON."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Container
from json import JSONDecoder
from typing import Any, Final, Literal, NoReturn

from iap_api.access.signatures import VerifyingKey

Reason = Literal[
    "absent", "repeated", "scheme", "form",  # the Authorization header
    "length", "segments", "base64", "json", "header", "type", "key", "algorithm", "signature",
    "claims", "time", "expired", "early", "lifetime", "issuer", "audience", "tenant", "identifier", "client", "scope",
    "ended",  # sound, but the account or the sign-in is over: said by the guard
    "unknown", "ambiguous", "disabled",  # a provider's sound token that stands for nobody who may come in
]  # fmt: skip

LONGEST_TOKEN: Final = 8 * 1024
KNOWN_HEADERS: Final = frozenset({"alg", "kid", "typ", "x5t"})

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_PRINTABLE = re.compile(r"[!-~]{1,255}")


class BadToken(Exception):
    """A token that is refused; `reason` is one word for the audit line and never holds any of the token."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Final[Reason] = reason


class Opened:
    """A token whose form and header are in order; nothing in it is to be believed before `claims` has returned."""

    def __init__(self, token: str, most_brackets: int) -> None:
        """Take a token apart; raises BadToken.

        `most_brackets` bounds how many objects and lists it may hold: a count needs no parser, so nesting can never
        reach the recursion limit.
        """
        if type(token) is not str or len(token) > LONGEST_TOKEN:
            raise BadToken("length")
        segments = token.split(".")
        if len(segments) != 3:
            raise BadToken("segments")
        header, self._payload, _signature = map(_decoded, segments)
        self._token, self._most = token, most_brackets
        self._header = _json_object(header, most_brackets)
        if not self._header.keys() <= KNOWN_HEADERS or not isinstance(self._header.get("x5t", ""), str):
            raise BadToken("header")

    @property
    def kid(self) -> str:
        """The name of the key that is said to have signed; raises BadToken."""
        kid = self._header.get("kid")
        if not isinstance(kid, str):
            raise BadToken("key")
        return kid

    def refuse_other_types(self, types: Container[str]) -> None:
        """Raise BadToken unless `typ` is one of `types`: one kind of token must not pass for another."""
        typ = self._header.get("typ")
        if not isinstance(typ, str) or typ not in types:
            raise BadToken("type")

    def unverified_issuer(self) -> str:
        """Return who is said to have issued it, good for nothing but choosing among known issuers; raises BadToken."""
        return printable(_json_object(self._payload, self._most).get("iss"), "issuer")

    def claims(self, key: VerifyingKey | None) -> dict[str, Any]:
        """Return what `key` has signed; raises BadToken, also where there is no key."""
        if key is None:
            raise BadToken("key")
        if self._header.get("alg") != key.algorithm:
            raise BadToken("algorithm")
        payload = key.payload(self._token)
        if payload is None:
            raise BadToken("signature")
        return _json_object(payload, self._most)


def printable(value: object, reason: Reason) -> str:
    """Return `value` if it is 1 to 255 printable ASCII characters; raises BadToken with `reason`."""
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise BadToken(reason)
    return value


def checked_times(claims: dict[str, Any], now: float, *, lifetime_seconds: int, skew_seconds: int) -> int:
    """Return when the token ends (Unix seconds); raises BadToken if it lives too long, or is not valid at `now`."""
    issued_at, expires_at, not_before = claims["iat"], claims["exp"], claims.get("nbf", 0)
    # bool is a subclass of int, hence type() and not isinstance.
    if type(issued_at) is not int or type(expires_at) is not int or type(not_before) is not int:
        raise BadToken("time")
    if not 0 < expires_at - issued_at <= lifetime_seconds:
        raise BadToken("lifetime")
    # Skew is granted to the start only: a token's end is its end.
    if not now < expires_at:
        raise BadToken("expired")
    if not max(issued_at, not_before) <= now + skew_seconds:
        raise BadToken("early")
    return expires_at


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


def _json_object(data: bytes, most_brackets: int) -> dict[str, Any]:
    found = None
    if data.count(b"[") + data.count(b"{") <= most_brackets:
        try:
            found = _DECODER.decode(data.decode("utf-8"))
        except ValueError:
            # raised outside the handler: a chained error would carry the token's content along
            found = None
    if not isinstance(found, dict):
        raise BadToken("json")
    return found
