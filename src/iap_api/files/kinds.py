"""Which files are taken for which purpose, and how large: the list to add to, and the type told from the content."""

from collections.abc import Callable
from dataclasses import dataclass

from iap_api.core.errors import Problem


class FileNotTaken(Problem):
    status, kind, title = 422, "file-not-taken", "That file is not taken here"
    advice = "Send a file of one of the types named in errors; a new name or header does not change what it is."


@dataclass(frozen=True)
class Kind:
    """A type of file: how its content begins, and whether a browser may show it in the page."""

    media_type: str
    ending: str
    begins: Callable[[bytes], bool]
    shown: bool = False


@dataclass(frozen=True)
class Purpose:
    """What a file is kept for: its types, its size and, for a picture, how large it is kept."""

    name: str
    kinds: tuple[Kind, ...]
    most_bytes: int
    words: str
    longest_side: int


JPEG = Kind("image/jpeg", "jpg", lambda head: head.startswith(b"\xff\xd8\xff"), shown=True)
PNG = Kind("image/png", "png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), shown=True)
WEBP = Kind("image/webp", "webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", shown=True)
PHOTO = Purpose("photo", (JPEG, PNG, WEBP), 5_000_000, "a JPEG, PNG or WebP picture", longest_side=2048)
PURPOSES = {one.name: one for one in (PHOTO,)}
KINDS = {kind.media_type: kind for one in PURPOSES.values() for kind in one.kinds}


def told_from(content: bytes, purpose: Purpose) -> Kind:
    """Return what a file is, by its first bytes alone; raises `FileNotTaken` for what the purpose does not take."""
    for kind in purpose.kinds:
        if kind.begins(content[:16]):
            return kind
    raise FileNotTaken(errors=[("", f"is not {purpose.words}")])
