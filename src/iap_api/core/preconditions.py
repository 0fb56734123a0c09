"""ETags and If-Match: which version a client saw, and whether it still stands (RFC 9110, 13)."""

import hashlib
import re

from iap_api.core.errors import IfMatchNeeded, Stale

_TAG = re.compile(r'^"(?P<version>[1-9][0-9]{0,9})\.[0-9a-f]{1,32}"$')


def etag(version: int, shown: bytes) -> str:
    """Return the strong tag of a representation: its version and a digest of what was shown."""
    return f'"{version}.{hashlib.blake2b(shown, digest_size=6).hexdigest()}"'


def expected_version(if_match: str | None) -> int | None:
    """Return the version named by If-Match, or None for `*`, which any version matches (RFC 9110, 13.1.1).

    Raises `IfMatchNeeded` (428) when absent and `Stale` (412) when it is no tag of ours.
    """
    if if_match is None:
        raise IfMatchNeeded()
    if if_match.strip() == "*":
        return None
    found = _TAG.match(if_match.strip())
    if not found:
        raise Stale()
    return int(found["version"])


def matches(if_none_match: str | None, tag: str) -> bool:
    """Say whether the client already holds this representation."""
    return if_none_match is not None and (
        if_none_match.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    )
