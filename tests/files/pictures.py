"""Pictures for the tests: what a telephone takes, with the place it was taken at, and what only looks like one."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

PLACE = b"51 deg 30 min 26 s N, 0 deg 7 min 39 s W"


def taken(width: int = 640, height: int = 480, kind: str = "JPEG", *, turned: int = 1, mode: str = "RGB") -> bytes:
    """A picture as a telephone writes it: left half red, right half blue, turned by `turned`, with place and device."""
    drawn = Image.new(mode, (width, height), (200, 30, 30, 255)[: len(mode)])
    drawn.paste((20, 40, 220, 255)[: len(mode)], (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "A telephone"
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    made = io.BytesIO()
    more: dict[str, Any] = {"comment": PLACE} if kind == "JPEG" else {}
    drawn.save(made, kind, exif=exif, **more)
    return made.getvalue()


def noisy(width: int = 2000, height: int = 1500) -> bytes:
    """A picture that no format makes small: gravel, say."""
    made = io.BytesIO()
    Image.effect_noise((width, height), 120).save(made, "JPEG", quality=70)
    return made.getvalue()


def opened(content: bytes) -> Image.Image:
    """The picture, to be looked at."""
    return Image.open(io.BytesIO(content))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of some kilobytes that says it is 60,000 points wide and high."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"""
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj"
HTML = b"<html><script>alert(1)</script></html>"
