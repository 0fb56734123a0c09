"""The doctor, as an operator meets it on the day of installation."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from fastapi import FastAPI

from tests.conftest import environment_for
from tests.core.fresh import own_world
from tests.files import pictures
from tests.toolbox.test_photos import photographed
from tests.toolbox.things import ear_defenders


def visit(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return command(environment, "doctor")


async def visiting(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same beside an application of this process, which goes on: it may hold the database's lock just now."""
    return await asyncio.to_thread(visit, environment)


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("IAP_")}
    return subprocess.run(
        [sys.executable, "-m", "iap_api", *words],
        env={**bare, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_secret_is_named_and_nothing_is_echoed(tmp_path: Path) -> None:
    answer = visit({"IAP_DATA_DIR": str(tmp_path), "IAP_SECRET": "hunter2hunter2"})
    assert answer.returncode == 1
    assert "IAP_SECRET must hold at least 32 characters" in answer.stdout
    assert "hunter2" not in answer.stdout + answer.stderr


async def test_a_sound_configuration_is_well(app: FastAPI) -> None:
    # its own folder, for the files that are kept lie in it
    answer = visit(environment_for(app.state.settings, app.state.settings.data_dir))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "well  migrations" in answer.stdout
    assert "ill" not in answer.stdout.split()


async def test_an_unmigrated_database_is_ill_and_the_cure_is_named(app: FastAPI, tmp_path: Path) -> None:
    environment = environment_for(app.state.settings, tmp_path)
    answer = visit({**environment, "IAP_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"})
    assert answer.returncode == 1
    assert "run iap-api migrate" in answer.stdout


async def test_an_absent_database_is_one_sentence_and_no_traceback(app: FastAPI, tmp_path: Path) -> None:
    environment = environment_for(app.state.settings, tmp_path)
    answer = visit({**environment, "IAP_DATABASE_URL": "postgresql://nobody:pass@127.0.0.1:1/none"})
    assert answer.returncode == 1
    assert "does not answer" in answer.stdout
    assert "Traceback" not in answer.stderr
    assert "pass" not in answer.stdout


async def test_a_provider_on_this_machine_is_something_to_mind(app: FastAPI, tmp_path: Path) -> None:
    environment = environment_for(app.state.settings, tmp_path)
    assert "IAP_LOOPBACK_PROVIDERS" not in visit(environment).stdout
    assert "mind  identity providers" in visit({**environment, "IAP_LOOPBACK_PROVIDERS": "true"}).stdout


async def test_a_store_of_files_that_cannot_be_written_is_ill(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        environment = environment_for(world.app.state.settings, tmp_path)
        assert "well  files" in (await visiting(environment)).stdout
        (tmp_path / "files" / ".new").rmdir()
        (tmp_path / "files" / ".new").write_text("no folder")
        told = "ill   files: The store of files cannot be written and read: look at the folder of IAP_DATA_DIR"
        answer = await visiting(environment)
        assert (answer.returncode, told in answer.stdout) == (1, True)
        away = {"URL": "http://127.0.0.1:9/bucket", "KEY_ID": "x", "SECRET": "hush"}
        environment |= {f"IAP_FILE_STORE_{name}".removesuffix("_URL"): value for name, value in away.items()}
        answer = await visiting(environment)
        assert answer.returncode == 1
        assert "look at IAP_FILE_STORE and its keys" in answer.stdout
        assert "hush" not in answer.stdout + answer.stderr


async def test_photos_without_their_bytes_or_their_key_are_ill(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        defenders = await ear_defenders(world, stock=1)
        assert (await photographed(world.base_lead, defenders, pictures.taken())).status_code == 200
        environment = environment_for(world.app.state.settings, tmp_path)
        assert "well  files" in (await visiting(environment)).stdout
        elsewhere = await visiting({**environment, "IAP_DATA_DIR": str(tmp_path / "elsewhere")})
        assert "ill   files: 1 of the newest 20 do not open" in elsewhere.stdout
        renewed = await visiting({**environment, "IAP_SECRET": environment["IAP_SECRET"][::-1]})
        assert "ill   files: 1 are sealed with a key that is not here" in renewed.stdout


async def test_the_commands_for_files_say_what_they_did(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        environment = environment_for(world.app.state.settings, tmp_path)
        for words, told in (("rotate", "0 sealed anew, 0 that no key here opens."), ("sweep", "Swept.")):
            answer = await asyncio.to_thread(command, environment, "files", words)
            assert (answer.returncode, answer.stdout.strip()) == (0, told), answer.stderr
