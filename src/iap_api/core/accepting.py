"""Chooses what to answer by the Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Sequence


def chosen(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the media type a client likes best of those offered, the first of equals; None where it takes none.

    The most exact range counts for a type: `image/png;q=0, image/*` takes an SVG and no PNG.
    """
    ranges = [_read(one) for one in (accept or "*/*").lower().split(",") if one.strip()]
    best, most = None, 0.0
    for media in offered:
        fits = [(exact, liking) for pattern, liking in ranges if (exact := _exactness(pattern, media))]
        liking = max(fits)[1] if fits else 0.0
        if liking > most:
            best, most = media, liking
    return best


def _read(one: str) -> tuple[str, float]:
    pattern, *parameters = (part.strip() for part in one.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return pattern, min(1.0, max(0.0, float(value)))
            except ValueError:
                return pattern, 0.0
    return pattern, 1.0


def _exactness(pattern: str, media: str) -> int:
    if pattern == media:
        return 3
    kind, _, rest = pattern.partition("/")
    if rest == "*" and kind == media.partition("/")[0]:
        return 2
    return int(pattern == "*/*")
