"""A backup that is older than an erasure is restored: the operator erases again, and nobody comes back for good."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from iap_api.core.settings import Settings
from iap_api.pupils.tables import Contact, Pupil
from iap_api.records.carrying_out import erase_again
from iap_api.records.tables import LegalHold
from tests.conftest import environment_for
from tests.core.fresh import own_world, settings_with
from tests.records.desk import erased, grown_up
from tests.world import LONG_AGO, World


async def command(settings: Settings, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What an operator types after `iap-api`; in a thread, for the sealer beside it must not stand still."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "iap_api", *words], env={**os.environ, **environment_for(settings, folder)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


async def come_back(world: World, pupil_id: UUID) -> None:
    """The rows as an older backup has them."""
    world.pupil("Olwen", world.north, id=pupil_id)
    world.add(Contact(school_id=world.north, pupil_id=pupil_id, name="Ada", relationship="CAR", priority=1))
    await world.save()


async def is_there(world: World, pupil_id: UUID) -> bool:
    async with world.app.state.database.transaction(read_only=True) as session:
        return await session.get(Pupil, pupil_id) is not None


async def test_the_doctor_notices_who_came_back_and_they_are_erased_again(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        settings = settings_with(url, tmp_path)
        olwen = await grown_up(world)
        await erased(world)
        await come_back(world, olwen)
        ill = await command(settings, tmp_path, "doctor")
        assert "ill   erasures" in ill.stdout
        assert ill.returncode == 1

        assert await erase_again(world.app.state.database) == (1, 0)
        assert not await is_there(world, olwen)
        assert await is_there(world, world.ben)
        kept = (await command(settings, tmp_path, "records", "erased")).stdout
        assert str(olwen) in kept
        assert "Olwen" not in kept

    # the backup is older than the erasure itself: it knows nothing of it, and what was kept apart tells it
    (tmp_path / "erased.jsonl").write_text(kept)
    async with own_world(database_url, tmp_path) as (world, url):
        await come_back(world, olwen)
        hold = world.add(
            LegalHold(school_id=world.north, pupil_id=olwen, reason="A claim.", review_on=LONG_AGO, placed_by=olwen)
        )
        await world.save()
        held = await command(
            settings_with(url, tmp_path), tmp_path, "records", "erase-again", str(tmp_path / "erased.jsonl")
        )
        assert (held.stdout, held.returncode) == ("0 erased again, 1 under a legal hold.\n", 1), held.stderr
        ended = await world.data_protection_officer.verb(f"/v1/legal-holds/{hold.id}", "end", {"ended_why": "Settled."})
        assert ended.status_code == 200
        assert await erase_again(world.app.state.database) == (1, 0)
        assert not await is_there(world, olwen)
