"""Sealed bytes: a file in pieces, each sealed for its place, so that it is opened while it is read and never cut short.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) with AES-256-GCM: the nonce of a piece is 7
random bytes of the file, its number, and whether it is the last. A key seals one file, so no nonce comes twice.
"""

import secrets
import struct
from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 256 * 1024
TAG = 16
_MARK = b"IAPF\x01"
_PREFIX = 7
HEAD = len(_MARK) + _PREFIX


class Altered(ValueError):
    """The bytes do not open: another key, an altered byte, a piece that is missing or stands elsewhere."""


def seal(content: bytes, key: bytes, bound_to: bytes) -> bytes:
    """Return the content sealed; `bound_to` says which file it is, and must be said again to open it."""
    prefix = secrets.token_bytes(_PREFIX)
    cipher, parts = AESGCM(key), [_MARK, prefix]
    pieces = range(0, max(len(content), 1), PIECE)
    for number, start in enumerate(pieces):
        nonce = _nonce(prefix, number, last=number == len(pieces) - 1)
        parts.append(cipher.encrypt(nonce, content[start : start + PIECE], bound_to))
    return b"".join(parts)


async def opened(sealed: AsyncIterator[bytes], key: bytes, bound_to: bytes) -> AsyncIterator[bytes]:
    """Yield the content piece by piece, each proved before it is given; raises `Altered`."""
    cipher, held = AESGCM(key), b""
    prefix, number = b"", 0
    async for some in sealed:
        held += some
        if not prefix:
            if len(held) < HEAD:
                continue
            if not held.startswith(_MARK):
                raise Altered()
            prefix, held = held[len(_MARK) : HEAD], held[HEAD:]
        # what may be the last piece waits until it is known to be
        while len(held) > PIECE + TAG:
            piece, held = held[: PIECE + TAG], held[PIECE + TAG :]
            yield _open(cipher, _nonce(prefix, number, last=False), piece, bound_to)
            number += 1
    if not prefix:
        raise Altered()
    yield _open(cipher, _nonce(prefix, number, last=True), held, bound_to)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


def _open(cipher: AESGCM, nonce: bytes, piece: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, piece, bound_to)
    except (InvalidTag, ValueError):
        raise Altered() from None
