"""Both stores do the same: kept whole, read back, listed by age, let go of; and say so when they cannot."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from iap_api.core import clock
from iap_api.files.looked_at import store_works
from iap_api.files.s3_store import S3Store
from iap_api.files.store import DiskStore, NotInStore, Store, StoreAway
from tests.core.fresh import settings_with
from tests.files.stores import BUCKET, s3_server

FIRST, SECOND, NEVER = ("a1" * 32, "b2" * 32, "c3" * 32)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    with s3_server() as made:
        yield made


def s3(bucket: dict[str, Any], folder: Path, **other: Any) -> S3Store:
    at = {**bucket, **other}
    return S3Store(
        settings_with(
            "sqlite://", folder, file_store=f"{at['url']}/{at.get('path', BUCKET)}", file_store_region=at["region"],
            file_store_key_id=SecretStr(at["key_id"]), file_store_secret=SecretStr(at["secret"]),
        )
    )  # fmt: skip


@pytest_asyncio.fixture(params=["disk", "s3", "s3 in a folder"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "disk":
        yield DiskStore(tmp_path / "files")
        return
    path = BUCKET if request.param == "s3" else f"{BUCKET}/some-school/files~1"
    made = s3(request.getfixturevalue("bucket"), tmp_path, path=path)
    yield made
    async for name in made.names(clock.now() + timedelta(days=1)):
        await made.delete(name)
    await made.close()


async def read(store: Store, name: str) -> bytes:
    return b"".join([some async for some in store.read(name)])


async def names(store: Store, **ago: int) -> list[str]:
    return sorted([name async for name in store.names(clock.now() - timedelta(**ago))])


async def test_what_is_put_is_read_listed_and_gone_when_it_is_deleted(store: Store) -> None:
    large = os.urandom(3_000_000)
    await store.put(FIRST, b"sealed")
    await store.put(SECOND, large)
    assert await read(store, FIRST) == b"sealed"
    assert await read(store, SECOND) == large
    assert await names(store, seconds=-5) == [FIRST, SECOND]
    assert await names(store, days=1) == []
    await store.delete(FIRST)
    await store.delete(FIRST)
    assert await names(store, seconds=-5) == [SECOND]
    with pytest.raises(NotInStore):
        await read(store, FIRST)


async def test_what_was_never_there_is_told_before_the_first_byte(store: Store) -> None:
    with pytest.raises(NotInStore):
        await anext(store.read(NEVER))


async def test_the_doctor_finds_a_store_that_works_and_leaves_nothing_behind(store: Store) -> None:
    assert await store_works(store)
    assert await names(store, seconds=-5) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A1" * 32, "a1" * 31 + "/.", "a1" * 32 + "\n"])
async def test_a_name_is_64_digits_and_nothing_else(store: Store, name: str) -> None:
    for asked in (store.put(name, b"x"), anext(store.read(name)), store.delete(name)):
        with pytest.raises(ValueError, match="no name"):
            await asked


async def test_more_names_than_one_page_holds_are_all_listed(bucket: dict[str, Any], tmp_path: Path) -> None:
    store = s3(bucket, tmp_path, path=f"{BUCKET}/many")
    store.listed_at_once = 10
    wanted = [f"{number:064x}" for number in range(25)]
    await asyncio.gather(*(store.put(name, b"x") for name in wanted))
    assert await names(store, seconds=-5) == wanted
    await store.close()


@pytest.mark.parametrize("wrong", [{"secret": "not-the-secret"}, {"key_id": "AKIANOBODY"}, {"path": "no-such-bucket"}])
async def test_a_bucket_that_refuses_us_is_a_store_that_is_away(
    bucket: dict[str, Any], tmp_path: Path, wrong: dict[str, str]
) -> None:
    store = s3(bucket, tmp_path, **wrong)
    with pytest.raises(StoreAway):
        await store.put(FIRST, b"sealed")
    with pytest.raises(StoreAway):
        await names(store, seconds=0)
    assert not await store_works(store)
    await store.close()


async def test_a_bucket_that_is_not_there_at_all_is_a_store_that_is_away(tmp_path: Path) -> None:
    store = s3({"url": "http://127.0.0.1:9", "region": "x", "key_id": "x", "secret": "x"}, tmp_path)
    for asked in (store.put(FIRST, b"x"), anext(store.read(FIRST)), store.delete(FIRST)):
        with pytest.raises(StoreAway):
            await asked
    await store.close()


async def test_on_disk_a_file_is_its_owners_alone_and_half_a_file_has_no_name(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "files")
    await store.put(FIRST, b"sealed")
    made = tmp_path / "files" / FIRST[:2] / FIRST
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    # what a crash leaves half written goes with the sweep, once it is old
    half = tmp_path / "files" / ".new" / "half"
    half.write_bytes(b"sea")
    assert await names(store, days=1) == []
    assert half.exists()
    os.utime(half, (0, 0))
    assert await names(store, days=1) == []
    assert not half.exists()
    assert made.exists()


async def test_a_folder_that_cannot_be_written_is_a_store_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("not a folder")
    store = DiskStore(tmp_path / "files")
    with pytest.raises(StoreAway):
        await store.put(FIRST, b"sealed")
    assert not await store_works(store)
