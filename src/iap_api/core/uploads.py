"""Which addresses take a file as their body, how large it may be, and how many are held in memory at once."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from starlette.types import Scope

from iap_api.core.errors import Unavailable

MOST = "x-most-bytes"
# a body over the ordinary limit is held whole: this many of them at once, in one process
HELD_AT_ONCE = 8
# five megabytes over a telephone's bad connection
DEADLINE_SECONDS = 60.0
_addresses: dict[tuple[str, re.Pattern[str]], int] = {}

Admits = Callable[[Scope], bool]


def takes_file(media_types: Iterable[str], most_bytes: int) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is a file: what it may be, and how large."""
    content = {
        media: {"schema": {"type": "string", "format": "binary"}}
        for media in (*media_types, "application/octet-stream")
    }
    return {"requestBody": {"required": True, "content": content}, MOST: most_bytes}


def media_types_of(openapi_extra: dict[str, Any] | None) -> frozenset[str]:
    """Return the media types a route takes as a file, none for a route that takes none."""
    extra = openapi_extra or {}
    return frozenset(extra["requestBody"]["content"]) if MOST in extra else frozenset()


def remember(methods: Iterable[str], path: re.Pattern[str], openapi_extra: dict[str, Any] | None) -> None:
    """Remember a route's address, if it takes a file: the outermost door has to know before any route is found."""
    most = (openapi_extra or {}).get(MOST)
    if most:
        _addresses.update({(method, path): most for method in methods})


def most_bytes(method: str, path: str) -> int | None:
    """Return how large the file may be that an address takes, or None."""
    return next((most for (verb, pattern), most in _addresses.items() if verb == method and pattern.match(path)), None)


class Held:
    """The large bodies of this process: so many at once, and whoever comes then is asked to come back."""

    def __init__(self) -> None:
        """None yet."""
        self._now = 0

    def take(self) -> None:
        """Take a place; raises `Unavailable` when there is none."""
        if self._now >= HELD_AT_ONCE:
            raise Unavailable("Several files are being sent just now. Send yours again in a moment.")
        self._now += 1

    def leave(self) -> None:
        """Give the place back."""
        self._now -= 1
