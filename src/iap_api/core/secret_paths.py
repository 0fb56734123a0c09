"""Paths that carry a secret: what of a path may be repeated in an answer, which others may keep in a log."""

import re

# a calendar program knows no header to put a secret in, so it stands in the address (spaces/calendars/calendars.py)
_SECRET = re.compile(r"^(/v1/calendars/)[^/]*")
_LONGEST = 200


def shown_path(path: str) -> str:
    """Return a path without the secret in it, at most 200 characters of it."""
    return _SECRET.sub(r"\1", path)[:_LONGEST]
