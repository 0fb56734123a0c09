"""Which addresses the API may ask by itself: https alone, and this very machine where that is allowed."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def parts_of(url: str, *, loopback: bool) -> SplitResult | None:
    """Return the parts of an address that may be asked, or None.

    It must be https with a host, without credentials, query and fragment; http is for this machine, if `loopback`.
    """
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' ?#@\\"<>'):
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    if parts.scheme == "https" or (loopback and parts.scheme == "http" and host in LOOPBACK):
        return parts
    return None
