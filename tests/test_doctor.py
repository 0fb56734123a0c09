"""The doctor, as an operator meets it on the day of installation."""

import os
import subprocess
import sys
from pathlib import Path

from fastapi import FastAPI

from tests.conftest import environment_for


def visit(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("IAP_")}
    return subprocess.run(
        [sys.executable, "-m", "iap_api", "doctor"],
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


async def test_a_sound_configuration_is_well(app: FastAPI, tmp_path: Path) -> None:
    answer = visit(environment_for(app.state.settings, tmp_path))
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


async def test_a_store_of_files_that_cannot_be_written_is_ill(app: FastAPI, tmp_path: Path) -> None:
    environment = environment_for(app.state.settings, tmp_path)
    assert "well  files" in visit(environment).stdout
    (tmp_path / "files" / ".new").rmdir()
    (tmp_path / "files" / ".new").write_text("no folder")
    answer = visit(environment)
    assert answer.returncode == 1
    assert (
        "ill   files: The store of files cannot be written and read: look at the folder of IAP_DATA_DIR"
        in answer.stdout
    )
    away = {
        "IAP_FILE_STORE": "http://127.0.0.1:9/bucket",
        "IAP_FILE_STORE_KEY_ID": "x",
        "IAP_FILE_STORE_SECRET": "hush",
    }
    answer = visit({**environment, **away})
    assert answer.returncode == 1
    assert "look at IAP_FILE_STORE and its keys" in answer.stdout
    assert "hush" not in answer.stdout + answer.stderr
