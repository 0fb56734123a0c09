"""Sealed bytes: what was sealed opens piece by piece, and nothing that was altered, cut or moved does."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.files.sealed_bytes import HEAD, PIECE, TAG, Altered, opened, seal

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PART = PIECE + TAG


async def some(content: bytes, at_once: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), at_once):
        yield content[start : start + at_once]


async def read(sealed: bytes, *, key: bytes = KEY, bound_to: bytes = b"this", at_once: int = 100_000) -> bytes:
    return b"".join([piece async for piece in opened(some(sealed, at_once), key, bound_to)])


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
async def test_what_was_sealed_opens_whatever_its_size_and_however_it_arrives(size: int) -> None:
    content = bytes(at % 251 for at in range(size))
    sealed = seal(content, KEY, b"this")
    for at_once in (1024, PART, len(sealed) + 1):
        assert await read(sealed, at_once=at_once) == content


@given(content=st.binary(max_size=300), at=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
async def test_no_bit_can_be_altered(content: bytes, at: int, bit: int) -> None:
    sealed = bytearray(seal(content, KEY, b"this"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(Altered):
        await read(bytes(sealed))


async def test_another_key_and_another_file_do_not_open_it() -> None:
    sealed = seal(b"ear defenders", KEY, b"this")
    for wrong in ({"key": OTHER}, {"bound_to": b"that"}):
        with pytest.raises(Altered):
            await read(sealed, **wrong)  # type: ignore[arg-type]


async def test_pieces_cannot_be_left_out_doubled_or_exchanged() -> None:
    sealed = seal(b"a" * PIECE + b"b" * PIECE + b"c" * PIECE + b"d", KEY, b"this")
    head, body = sealed[:HEAD], sealed[HEAD:]
    pieces = [body[start : start + PART] for start in range(0, len(body), PART)]
    assert len(pieces) == 4
    for order in ([0, 1, 2], [1, 2, 3], [0, 2, 1, 3], [0, 0, 1, 2, 3], [0, 1, 2, 3, 3], [3], [0, 3]):
        with pytest.raises(Altered):
            await read(head + b"".join(pieces[at] for at in order))


@pytest.mark.parametrize("sealed", [b"", b"IAPF", b"IAPF\x01", b"IAPF\x01" + b"\0" * 7, b"\xff\xd8\xff" + b"\0" * 40])
async def test_what_is_no_sealed_file_is_told(sealed: bytes) -> None:
    with pytest.raises(Altered):
        await read(sealed)


async def test_the_same_content_sealed_twice_looks_like_two_contents() -> None:
    first, second = (seal(b"ear defenders", KEY, b"this") for _ in range(2))
    assert first != second
    assert b"defenders" not in first
