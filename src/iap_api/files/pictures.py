"""Makes a picture ready to be kept: drawn anew, so that nothing but what is to be seen is left of what was sent.

Place, time, device and any other writing of the camera go with the old file; so does whatever was hidden in it.
"""

import io
import struct
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from iap_api.core.errors import Problem
from iap_api.files.kinds import JPEG, PNG, WEBP, Kind, Purpose

# of what a picture says it is, before it is unpacked: a telephone's largest; what is no photograph is smaller
MOST_POINTS = {JPEG: 50_000_000, PNG: 25_000_000, WEBP: 25_000_000}
# ours is the smaller limit and looks first; Pillow's own would only warn
Image.MAX_IMAGE_PIXELS = None
_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
_WRITTEN: dict[Kind, dict[str, Any]] = {
    JPEG: {"quality": 85, "optimize": True},
    PNG: {"optimize": False},
    WEBP: {"quality": 85, "method": 4},
}
_S_RGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class PictureBroken(Problem):
    status, kind, title = 422, "picture-broken", "The picture cannot be opened"
    advice = "Open it on the device, save it anew and send it again."


class PictureTooLarge(Problem):
    status, kind, title = 413, "picture-too-large", "The picture has too many points"
    advice = "Make it smaller on the device, then send it again."


def drawn_anew(content: bytes, kind: Kind, purpose: Purpose) -> bytes:
    """Return the picture in its own format, upright, at most `longest_side` points wide or high, with nothing else.

    It takes some tenths of a second and belongs in a thread. Of a moving picture the first one is kept. Raises
    `PictureBroken`, and `PictureTooLarge` before anything is unpacked.
    """
    try:
        # a WebP is unpacked as soon as it is opened
        if kind is WEBP:
            _check_size(_size_of_webp(content), kind)
        with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
            _check_size(opened.size, kind)
            opened.draft("RGB", (purpose.longest_side, purpose.longest_side))
            opened.load()
            return _written(opened, kind, purpose.longest_side)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, MemoryError, TypeError):
        raise PictureBroken(errors=[("", "cannot be opened as the picture that its content says it is")]) from None


def _written(opened: Image.Image, kind: Kind, longest_side: int) -> bytes:
    seen = _in_usual_colours(ImageOps.exif_transpose(opened))
    seen.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    # a fresh one: `info` holds what would be written again
    fresh = Image.new(seen.mode, seen.size)
    fresh.paste(seen)
    made = io.BytesIO()
    fresh.save(made, _FORMATS[kind], **_WRITTEN[kind])
    return made.getvalue()


def _in_usual_colours(picture: Image.Image) -> Image.Image:
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    profile = picture.info.get("icc_profile")
    mode = "RGBA" if see_through and picture.format != "JPEG" else "RGB"
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, given, _S_RGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            # colours a little off are better than no picture
            turned = None
        if turned is not None:
            return turned
    return picture.convert(mode)


def _check_size(size: tuple[int, int], kind: Kind) -> None:
    if size[0] * size[1] > MOST_POINTS[kind]:
        most = MOST_POINTS[kind] // 1_000_000
        raise PictureTooLarge(errors=[("", f"is larger than {most} million points when it is unpacked")])


def _size_of_webp(content: bytes) -> tuple[int, int]:
    """Return width and height as the header says (RFC 9649, 2.5 to 2.7); raises struct.error and ValueError."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        wide, high = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return wide, high
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        wide, high = struct.unpack_from("<HH", content, 26)
        return wide & 0x3FFF, high & 0x3FFF
    raise ValueError("no WebP")
