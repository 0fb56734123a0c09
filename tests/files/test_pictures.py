"""Pictures drawn anew: every way a camera or a paint program writes one, and what only says that it is one."""

import io
import struct

import pytest
from PIL import Image, ImageCms

from iap_api.files.kinds import JPEG, PHOTO, PNG, WEBP, FileNotTaken, Kind, told_from
from iap_api.files.pictures import PictureBroken, PictureTooLarge, drawn_anew
from tests.files.pictures import bomb, opened, taken

FORMATS = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP}


def written(picture: Image.Image, kind: str, **more: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, kind, **more)
    return made.getvalue()


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_each_type_is_told_and_kept_as_it_is_and_no_writing_of_the_camera_is_left(kind: str) -> None:
    sent = taken(kind=kind)
    assert told_from(sent, PHOTO) is FORMATS[kind]
    made = drawn_anew(sent, FORMATS[kind], PHOTO)
    assert told_from(made, PHOTO) is FORMATS[kind]
    seen = opened(made)
    assert seen.size == (640, 480)
    assert not seen.getexif()
    assert not {"exif", "comment", "xmp", "icc_profile"} & set(seen.info)


@pytest.mark.parametrize(("kind", "mode"), [
    ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "I;16"),
    ("PNG", "RGBA"), ("WEBP", "RGBA"),
])  # fmt: skip
def test_grey_printed_palette_and_see_through_pictures_are_taken_too(kind: str, mode: str) -> None:
    made = drawn_anew(written(Image.new(mode, (30, 20)), kind), FORMATS[kind], PHOTO)
    seen = opened(made)
    assert seen.size == (30, 20)
    assert seen.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")


def test_colours_of_another_profile_are_turned_into_usual_ones() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red = Image.new("RGB", (20, 20), (200, 30, 30))
    for profile in (lab, b"no profile at all"):
        made = drawn_anew(written(red, "PNG", icc_profile=profile), PNG, PHOTO)
        seen = opened(made).convert("RGB").getpixel((5, 5))
        assert isinstance(seen, tuple)
        assert all(abs(is_ - was) < 4 for is_, was in zip(seen, (200, 30, 30), strict=True))
        assert "icc_profile" not in opened(made).info


def test_of_a_moving_picture_the_first_is_kept() -> None:
    red, blue = (Image.new("RGB", (40, 40), colour) for colour in ((250, 0, 0), (0, 0, 250)))
    made = drawn_anew(
        written(red, "WEBP", save_all=True, append_images=[blue], duration=100, lossless=True), WEBP, PHOTO
    )
    seen = opened(made)
    assert getattr(seen, "n_frames", 1) == 1
    first = seen.convert("RGB").getpixel((5, 5))
    assert isinstance(first, tuple)
    assert first[0] > 200 > first[2]


def test_a_large_picture_is_kept_smaller_and_a_small_one_as_it_is() -> None:
    assert opened(drawn_anew(taken(4000, 1000), JPEG, PHOTO)).size == (2048, 512)
    assert opened(drawn_anew(taken(20, 10), JPEG, PHOTO)).size == (20, 10)


def _webp(chunk: bytes, body: bytes) -> bytes:
    inner = b"WEBP" + chunk + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


SIDE = 16_000
BOMBS: dict[str, tuple[Kind, bytes]] = {
    "png": (PNG, bomb()),
    "webp": (WEBP, _webp(b"VP8X", b"\0\0\0\0" + 2 * (SIDE - 1).to_bytes(3, "little"))),
    "webp without loss": (WEBP, _webp(b"VP8L", b"\x2f" + struct.pack("<I", (SIDE - 1) | (SIDE - 1) << 14) + b"\0" * 9)),
    "webp of old": (WEBP, _webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", SIDE, SIDE) + b"\0" * 9)),
}


@pytest.mark.parametrize("what", BOMBS)
def test_what_would_unfold_without_end_is_never_unpacked(what: str) -> None:
    kind, content = BOMBS[what]
    assert len(content) < 10_000
    with pytest.raises(PictureTooLarge):
        drawn_anew(content, kind, PHOTO)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_wherever_a_picture_breaks_off_it_is_refused_or_whole(kind: str) -> None:
    sent = taken(64, 48, kind)
    for end in range(3, len(sent), max(1, len(sent) // 60)):
        try:
            drawn_anew(sent[:end], FORMATS[kind], PHOTO)
        except PictureBroken:
            continue
        # nothing that matters was left out: a marker of the end, or what comes after the picture
        assert end > len(sent) * 0.5, f"{kind} cut at {end} of {len(sent)}"


def test_a_picture_is_opened_as_what_its_content_says_and_as_nothing_else() -> None:
    gif = written(Image.new("P", (5, 5)), "GIF")
    with pytest.raises(FileNotTaken):
        told_from(gif, PHOTO)
    with pytest.raises(PictureBroken):
        drawn_anew(b"\xff\xd8\xff" + gif, JPEG, PHOTO)
    with pytest.raises(PictureBroken):
        drawn_anew(written(Image.new("RGB", (5, 5)), "PNG"), JPEG, PHOTO)
