"""The page for an administrator who connects Google or Microsoft, followed step by step: every command of it is run."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from iap_api.access.passwords import hashed_now
from tests.access.school_sign_in import Google, Microsoft
from tests.core.fresh import own_world, settings_with
from tests.core.served import served
from tests.debian import needed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connect_google_and_entra.md"
PASSWORD = "four loud harbours"


def commands(*leaving_out: str) -> str:
    """The commands of the page in order, without the chapters whose headings begin so."""
    chapters = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    kept = [one for one in chapters if not one.startswith(leaving_out)]
    return "\n".join(block for one in kept for block in re.findall(r"^```sh\n(.*?)^```", one, re.MULTILINE | re.DOTALL))


def told(name: str) -> str:
    """The value that the page shows for one of its names."""
    found = re.search(rf"^{name}=(\S+)", PAGE.read_text(), re.MULTILINE)
    assert found is not None, name
    return found[1]


async def follow(script: str, **values: str) -> list[str]:
    """Run the commands in a shell with these values, and return the lines it prints."""
    await asyncio.to_thread(needed, curl="curl")
    running = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, env={**os.environ, **values, "NO_PROXY": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 0, f"{said.decode()}\n{wrong.decode()}"
    return said.decode().splitlines()


def test_the_page_has_commands_for_both_and_its_examples_are_the_tests_own() -> None:
    for left_out in ("2a", "2b"):
        script = commands(left_out)
        assert script.count("api()") == 1
        assert script.count("/v1/identity-providers") == 1
        assert "/v1/auth/token" in script
        assert "/disable" in script
    assert (told("DOMAIN"), told("DIRECTORY")) == (Google.domain, Microsoft.tenant)
    assert str(Google.jo.id) in PAGE.read_text()
    assert Microsoft.object_id in PAGE.read_text()


@pytest.mark.parametrize("played", [Google, Microsoft])
async def test_an_administrator_follows_the_page_and_a_colleague_signs_in(
    database_url: str, tmp_path: Path, played: type[Google] | type[Microsoft]
) -> None:
    with played.running(tmp_path / "provider") as provider:
        root = provider.issuer.removesuffix(f"/{Microsoft.tenant}/v2.0")
        setting = "google_issuer" if played is Google else "entra_host"
        async with own_world(database_url, tmp_path) as (world, url):
            boss = world.account("boss", "administrator", world.trust_id, password_hash=hashed_now(PASSWORD))
            jo = world.account("jo.marsh", "class_teacher", world.north)
            await world.save()
            operators = {setting: root, "loopback_providers": "true"}
            async with served(settings_with(url, tmp_path), tmp_path, **operators) as server:
                said = await follow(
                    commands("2b" if played is Google else "2a"),
                    API=f"http://127.0.0.1:{server.port}",
                    ME=boss.account.username,
                    PASSWORD=PASSWORD,
                    COLLEAGUE=jo.account.username,
                    DOMAIN=told("DOMAIN"),
                    DIRECTORY=told("DIRECTORY"),
                    CLIENT_ID=provider.client_id,
                    SUBJECT=str(Google.jo.id) if played is Google else Microsoft.object_id,
                    ID_TOKEN=await provider.id_token("jo"),
                )
    assert said[0] == jo.account.username
    # and they have left since
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT.*Z", said[1])
    assert len(said) == 2


def test_every_word_of_the_log_that_the_page_explains_is_one() -> None:
    page = PAGE.read_text()
    explained = {
        word for row in re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)
    }
    words = {word for word in explained if word.islower()}
    assert len(words) > 10
    reasons = (PAGE.parents[1] / "src" / "iap_api" / "access" / "jose_reading.py").read_text()
    assert all(f'"{word}"' in reasons for word in words), words
