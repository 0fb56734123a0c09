"""Never a row without its bytes: what breaks off between store and database, what the worker lets go of, and keys."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import delete, select, text, update
from sqlmodel import col

from iap_api import worker
from iap_api.core import clock, jobs
from iap_api.core.jobs import Job
from iap_api.core.sealing import new_key
from iap_api.files import forgetting, key_rotation, looked_at
from iap_api.files.keeping import Files
from iap_api.files.kinds import PHOTO
from iap_api.files.store import DiskStore, StoreAway
from iap_api.files.tables import StoredFile
from iap_api.toolbox.tables import Resource
from tests.core.fresh import own_world
from tests.files import pictures
from tests.toolbox.test_photos import photographed, work
from tests.toolbox.things import ear_defenders
from tests.world import World


@pytest_asyncio.fixture
async def own(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with own_world(database_url, tmp_path) as (world, _):
        yield world


def kept(world: World) -> set[str]:
    folder = Path(world.app.state.settings.data_dir) / "files"
    return {file.name for file in folder.glob("??/*")}


async def rows(world: World) -> list[StoredFile]:
    async with world.app.state.database.transaction(read_only=True) as session:
        return list((await session.execute(select(StoredFile).order_by(col(StoredFile.id)))).scalars())


def made_old(world: World) -> None:
    folder = Path(world.app.state.settings.data_dir) / "files"
    two_days_ago = time.time() - 2 * 86_400
    for file in folder.glob("*/*"):
        os.utime(file, (two_days_ago, two_days_ago))


async def test_a_store_that_is_away_keeps_nothing_and_the_photo_of_before_stays(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    defenders = await ear_defenders(own, stock=1)
    first = (await photographed(own.base_lead, defenders, pictures.taken())).json()["photo_id"]

    async def full(*_: Any) -> None:
        raise StoreAway()

    with monkeypatch.context() as broken:
        broken.setattr(DiskStore, "put", full)
        answer = await photographed(own.base_lead, defenders, pictures.taken(320, 240))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/file-store-away")
    assert answer.headers["retry-after"]
    assert [str(row.id) for row in await rows(own)] == [first]
    assert (await own.base_lead.get(f"/v1/resources/{defenders}/photo")).status_code == 200


async def test_bytes_whose_row_never_came_are_swept_after_a_day_and_a_photo_never_is(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    defenders = await ear_defenders(own, stock=1)
    put = DiskStore.put

    async def overtaken(store: DiskStore, name: str, sealed: bytes) -> None:
        await put(store, name, sealed)
        # somebody changes the resource while the bytes are on their way, so the row is refused
        async with own.app.state.database.transaction() as session:
            await session.execute(update(Resource).values(version=Resource.version + 1))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(DiskStore, "put", overtaken)
        assert (await photographed(own.base_lead, defenders, pictures.taken())).status_code == 412
    assert await rows(own) == []
    assert len(orphans := kept(own)) == 1
    assert (await photographed(own.base_lead, defenders, pictures.taken())).status_code == 200
    database, store = own.app.state.database, own.app.state.files.store
    await forgetting.sweep(database, store)
    assert kept(own) > orphans, "what is young may still be on its way"
    made_old(own)
    await forgetting.sweep(database, store)
    assert kept(own) == {row.name for row in await rows(own)}
    assert (await own.base_lead.get(f"/v1/resources/{defenders}/photo")).status_code == 200


async def test_the_worker_sweeps_every_day_and_leaves_it_for_later_without_a_store(own: World) -> None:
    database = own.app.state.database
    async with database.transaction() as session:
        await jobs.put(session, forgetting.SWEEP, unique_key=forgetting.SWEEP)
    assert await worker.work_once(database)
    async with database.transaction() as session:
        (waiting,) = (await session.execute(select(Job).where(col(Job.kind) == forgetting.SWEEP))).scalars()
        assert (waiting.done_at, waiting.tries) == (None, 1)
        waiting.run_at = clock.now()
    assert await worker.work_once(database, own.app.state.files.store)
    async with database.transaction(read_only=True) as session:
        found = (await session.execute(select(Job).where(col(Job.kind) == forgetting.SWEEP))).scalars().all()
    (again,) = (one for one in found if one.done_at is None)
    assert timedelta(hours=23) < again.run_at - clock.now() <= timedelta(days=1)


async def test_a_resource_erased_by_hand_takes_its_photo_along_bytes_and_all(own: World) -> None:
    defenders = await ear_defenders(own, stock=1)
    assert (await photographed(own.base_lead, defenders, pictures.taken())).status_code == 200
    assert kept(own)
    async with own.app.state.database.transaction() as session:
        await session.execute(delete(Resource))
    assert await rows(own) == []
    await work(own)
    assert kept(own) == set()


async def test_bytes_that_are_gone_or_altered_are_one_sentence_and_the_doctor_counts_them(own: World) -> None:
    defenders = await ear_defenders(own, stock=1)
    assert (await photographed(own.base_lead, defenders, pictures.taken())).status_code == 200
    (row,) = await rows(own)
    files: Files = own.app.state.files
    file = Path(own.app.state.settings.data_dir) / "files" / row.name[:2] / row.name
    sealed = file.read_bytes()
    for wrong in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", None):
        file.unlink() if wrong is None else file.write_bytes(wrong)
        answer = await own.base_lead.get(f"/v1/resources/{defenders}/photo")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/file-unreadable")
        assert row.name not in answer.text
        async with own.app.state.database.transaction(read_only=True) as session:
            assert await looked_at.count_unreadable(session, files) == 1


async def test_bytes_of_one_photo_do_not_pass_for_another(own: World) -> None:
    defenders, bands = await ear_defenders(own, stock=1), await ear_defenders(own, stock=1)
    for resource, picture in ((defenders, pictures.taken()), (bands, pictures.taken(300, 200))):
        assert (await photographed(own.base_lead, resource, picture)).status_code == 200
    one, other = await rows(own)
    async with own.app.state.database.transaction() as session:
        for this, that in ((one, other), (other, one)):
            exchanged = {"name": f"x{that.name}", "sealed_key": that.sealed_key}
            await session.execute(update(StoredFile).where(col(StoredFile.id) == this.id).values(**exchanged))
        await session.execute(text("UPDATE files SET name = substr(name, 2)"))
    assert (await own.base_lead.get(f"/v1/resources/{defenders}/photo")).status_code == 503


async def test_the_same_picture_twice_has_two_names_and_neither_is_its_plain_digest(own: World) -> None:
    first, second = await ear_defenders(own, stock=1), await ear_defenders(own, stock=1)
    for resource in (first, second):
        assert (await photographed(own.base_lead, resource, pictures.taken())).status_code == 200
    one, other = await rows(own)
    assert one.digest == other.digest
    assert len({one.name, other.name, one.digest.hex()}) == 3


async def test_a_school_that_sets_keys_of_its_own_reads_what_was_sealed_before_and_rotates(own: World) -> None:
    defenders = await ear_defenders(own, stock=1)
    assert (await photographed(own.base_lead, defenders, pictures.taken())).status_code == 200
    (before,) = await rows(own)
    assert before.key_id.startswith("secret-")
    settings = own.app.state.settings.model_copy(update={"file_keys": SecretStr(new_key("2026"))})
    files = Files(settings)
    content = b"".join([some async for some in files.read(before)])
    database = own.app.state.database
    assert await key_rotation.rotate(database, files.keys) == key_rotation.Rotated(1, 0)
    assert await key_rotation.rotate(database, files.keys) == key_rotation.Rotated(0, 0)
    (after,) = await rows(own)
    assert (after.key_id, after.name) == ("2026", before.name)
    # the secret may change now: the bytes are the same, and open with the new key alone
    renewed = Files(settings.model_copy(update={"secret": SecretStr("another-correct-horse-battery-staple-98765")}))
    assert b"".join([some async for some in renewed.read(after)]) == content
    async with database.transaction(read_only=True) as session:
        assert await looked_at.count_without_key(session, renewed.keys) == 0
        assert await looked_at.count_without_key(session, own.app.state.files.keys) == 1


async def test_while_pictures_are_made_ready_the_server_goes_on_answering(own: World) -> None:
    resources = [await ear_defenders(own, stock=1) for _ in range(3)]
    large = pictures.taken(5000, 4000)
    sending = [asyncio.create_task(photographed(own.base_lead, one, large)) for one in resources]
    slowest = 0.0
    while not all(one.done() for one in sending):
        started = time.perf_counter()
        await asyncio.sleep(0.01)
        slowest = max(slowest, time.perf_counter() - started)
    assert {one.result().status_code for one in sending} == {200}
    assert slowest < 0.5
    seen = await own.base_lead.get(f"/v1/resources/{resources[0]}/photo")
    assert max(pictures.opened(seen.content).size) == PHOTO.longest_side
