"""A new key for the therapy notes: every note is sealed anew while the school works, and the old key thrown away."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from iap_api.core.sealing import SealingKeys, new_key
from iap_api.pupils.note_rotation import counted, rotate
from tests.conftest import NOTE_KEYS, as_api, environment_for, settings_for
from tests.core.fresh import by_hand, own_world
from tests.pupils.therapy import note, text_at
from tests.world import World

NEW = new_key("new")
BOTH, ONLY_NEW = SealingKeys.parse(f"{NEW} {NOTE_KEYS}"), SealingKeys.parse(NEW)


@pytest_asyncio.fixture
async def apart(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    """A world in a database of its own, and its URL."""
    async with own_world(database_url, tmp_path) as found:
        yield found


async def test_the_old_key_may_go_when_every_text_is_sealed_with_the_new_one(apart: tuple[World, str]) -> None:
    world, url = apart
    addresses = [await note(world, f"Session {number}.") for number in range(5)]
    await world.therapist.change(addresses[0], {"text": "Session nought."})
    before = [(await world.therapist.get(one)).headers["ETag"] for one in addresses]
    done = await rotate(world.app.state.database, BOTH, at_once=2)
    assert (done.resealed, done.unreadable, done.left) == (6, 0, 0)
    assert dict(await counted(world.app.state.database)) == {"new": 6}
    world.app.state.note_keys = ONLY_NEW
    texts = [await text_at(world.therapist, one) for one in addresses]
    assert texts == ["Session nought.", *(f"Session {number}." for number in range(1, 5))]
    assert [(await world.therapist.get(one)).headers["ETag"] for one in addresses] == before, "nobody changed a note"
    # what a correction replaced was sealed anew too
    await by_hand(url, "UPDATE therapy_notes SET (sealed, corrections) ="
                       " (SELECT sealed, 0 FROM former_note_texts) WHERE corrections = 1")  # fmt: skip
    assert await text_at(world.therapist, addresses[0]) == "Session 0."


async def test_what_is_corrected_and_written_during_a_rotation_is_neither_lost_nor_undone(
    apart: tuple[World, str],
) -> None:
    world, _ = apart
    addresses = [await note(world, f"Session {number}.") for number in range(60)]
    # the server was started again with the new key first, as the guide says
    world.app.state.note_keys = BOTH
    last = {}

    async def correct() -> None:
        for address in reversed(addresses):
            text = f"Corrected {address[-6:]}."
            answer = await world.therapist.change(address, {"text": text})
            assert answer.status_code == 200, answer.text
            last[address] = text
            last[await note(world, "Written meanwhile.")] = "Written meanwhile."

    done, _ = await asyncio.gather(rotate(world.app.state.database, BOTH, at_once=60), correct())
    assert done.unreadable == 0
    assert (await rotate(world.app.state.database, BOTH)).left == 0
    world.app.state.note_keys = ONLY_NEW
    assert {one: await text_at(world.therapist, one) for one in last} == last
    assert dict(await counted(world.app.state.database)) == {"new": 180}


def environment(world: World, url: str, keys: str) -> dict[str, str]:
    settings = world.app.state.settings
    given = environment_for(settings, settings.data_dir)
    return {**given, "IAP_DATABASE_URL": as_api(url), "IAP_NOTE_KEYS": keys}


def run(world: World, url: str, keys: str, *words: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "iap_api", *words],
        env={**os.environ, **environment(world, url, keys)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


ONE_BY_ONE = """
import asyncio
from iap_api.core.database import Database
from iap_api.core.settings import settings
from iap_api.pupils import note_rotation
database = Database(settings())
async def run():
    exchange = note_rotation._exchange
    async def told(*given):
        done = await exchange(*given)
        print("one", flush=True)
        return done
    note_rotation._exchange = told
    await note_rotation.rotate(database, settings().sealing_keys(), at_once=1)
asyncio.run(run())
"""


def _kill_at_work(world: World, url: str) -> int:
    given = {**os.environ, **environment(world, url, f"{NEW} {NOTE_KEYS}")}
    running = subprocess.Popen([sys.executable, "-c", ONE_BY_ONE], env=given, stdout=subprocess.PIPE)
    assert running.stdout is not None
    for _ in range(3):
        running.stdout.readline()
    running.kill()
    running.stdout.close()
    return running.wait(timeout=30)


async def test_a_rotation_that_was_interrupted_goes_on_where_it_was(apart: tuple[World, str]) -> None:
    world, url = apart
    database = world.app.state.database
    addresses = [await note(world, f"Session {number}.") for number in range(60)]
    ended = await asyncio.to_thread(_kill_at_work, world, url)
    assert ended == -signal.SIGKILL
    counts = await counted(database)
    assert 0 < counts["new"] < counts.total() == 60
    world.app.state.note_keys = BOTH
    assert await text_at(world.therapist, addresses[0]) == "Session 0."
    assert await text_at(world.therapist, addresses[-1]) == "Session 59."
    done = await rotate(database, BOTH)
    assert (done.resealed, done.left) == (60 - counts["new"], 0)


async def test_the_operator_follows_the_guide_from_new_key_to_the_old_key_thrown_away(
    apart: tuple[World, str],
) -> None:
    world, url = apart
    address = await note(world, "Session 1.")
    await world.therapist.change(address, {"text": "Session one."})

    async def said(keys: str, *words: str) -> tuple[int, str]:
        return await asyncio.to_thread(run, world, url, keys, *words)

    assert await said("", "notes", "rotate") == (1, "IAP_NOTE_KEYS is not set: iap-api notes new-key makes a key.\n")
    ended, fresh = await said(NOTE_KEYS, "notes", "new-key", "autumn")
    assert ended == 0
    assert fresh.startswith("autumn:")
    both = f"{fresh.strip()},{NOTE_KEYS}"
    assert "mind  therapy notes: 2 texts are not sealed with the first key yet" in (await said(both, "doctor"))[1]
    assert await said(both, "notes", "rotate") == (0, "2 sealed anew, 0 left, 0 that no key here opens.\n")
    assert await said(both, "notes", "rotate") == (0, "0 sealed anew, 0 left, 0 that no key here opens.\n")
    ended, told = await said(fresh, "doctor")
    assert (ended, "well  therapy notes" in told) == (0, True), told
    world.app.state.note_keys = SealingKeys.parse(fresh)
    assert await text_at(world.therapist, address) == "Session one."


async def test_the_doctor_finds_a_key_that_is_missing_lost_or_wrong_and_names_counts_alone(
    apart: tuple[World, str],
) -> None:
    world, url = apart
    addresses = [await note(world, f"Session {number}.") for number in range(3)]
    found = [
        await asyncio.to_thread(run, world, url, keys, "doctor")
        for keys in ("", NEW, new_key("test"), NOTE_KEYS, "hunter2")
    ]
    assert [ended for ended, _ in found] == [1, 1, 1, 0, 1]
    told = [text for _, text in found]
    assert "mind  note keys: Set IAP_NOTE_KEYS" in told[0]
    assert all("ill   therapy notes: 3 texts are sealed with a key that IAP_NOTE_KEYS does not hold" in one
               for one in told[:2])  # fmt: skip
    assert "ill   therapy notes: 1 keys do not open what is sealed under their id" in told[2]
    assert "well  therapy notes" in told[3]
    assert "ill   settings: IAP_NOTE_KEYS must be written id:key" in told[4]
    for one in told:
        assert "hunter2" not in one
        assert not any(address[-12:] in one for address in addresses)


async def test_a_text_that_does_not_open_is_counted_and_left_as_it_is(apart: tuple[World, str]) -> None:
    world, url = apart
    addresses = [await note(world, f"Session {number}.") for number in range(5)]
    lost = addresses[2].rsplit("/", 1)[-1]
    named = lost.replace("-", "") if url.startswith("sqlite") else lost
    await by_hand(url, f"UPDATE therapy_notes SET corrections = 9 WHERE id = '{named}'")
    ended, told = await asyncio.to_thread(run, world, url, f"{NEW} {NOTE_KEYS}", "notes", "rotate")
    assert (ended, told) == (1, "4 sealed anew, 0 left, 1 that no key here opens.\n")
    await by_hand(url, f"UPDATE therapy_notes SET corrections = 0 WHERE id = '{named}'")
    assert (await rotate(world.app.state.database, BOTH)).resealed == 1


async def test_a_rotation_without_its_database_ends_in_one_sentence(tmp_path: Path) -> None:
    settings = settings_for("postgresql://nobody:hunter2@127.0.0.1:1/none", tmp_path)
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "iap_api", "notes", "rotate"],
        env={**os.environ, **environment_for(settings, tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    told = "The database is busy or away. What was sealed anew stays so: run it again.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", told)
