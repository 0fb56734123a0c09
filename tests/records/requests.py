"""What the tests of subject requests do again and again."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from iap_api.core import clock
from tests.world import Person, World

FLAG = "/safeguarding_flag"


def days_ago(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()


def asked(pupil_id: UUID, **more: Any) -> dict[str, Any]:
    """A mother asks for everything."""
    return {
        "pupil_id": str(pupil_id), "kind": "access", "requester": "parent", "requester_name": "Ada Okafor",
        "received_on": days_ago(3), **more,
    }  # fmt: skip


async def recorded(world: World, pupil_id: UUID, person: Person | None = None, **more: Any) -> str:
    """The path of a request that was just recorded."""
    officer = person or world.data_protection_officer
    answer = await officer.post("/v1/subject-requests", asked(pupil_id, **more))
    assert answer.status_code == 201, answer.text
    return f"/v1/subject-requests/{answer.json()['id']}"


async def step(world: World, path: str, verb: str, body: Any = None) -> dict[str, Any]:
    """Take a step that must succeed."""
    answer = await did(world, path, verb, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def did(world: World, path: str, verb: str, body: Any = None) -> Any:
    """Try a step with the version that stands."""
    return await world.data_protection_officer.verb(path, verb, body)


async def built(world: World, pupil_id: UUID, **more: Any) -> tuple[str, dict[str, Any]]:
    """The path of a request whose package was built, with the flag withheld as in every copy, and what is in it."""
    path = await recorded(world, pupil_id, **more)
    await step(world, path, "start")
    await step(world, path, "package")
    for one in await every_mark(world, path, "&status=proposed"):
        if one["pointer"].endswith(FLAG):
            await step(world, f"/v1/redactions/{one['id']}", "decide", {"decision": "withheld"})
    return path, dict((await world.data_protection_officer.get(f"{path}/package/contents")).json())


async def downloaded(world: World, path: str) -> dict[str, bytes]:
    """The files in the ZIP, by name."""
    answer = await world.data_protection_officer.get(f"{path}/package")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        return {name: held.read(name) for name in held.namelist()}


async def record(world: World, path: str) -> dict[str, Any]:
    """The JSON document of the package."""
    return dict(json.loads((await downloaded(world, path))["record.json"]))


async def marks(world: World, path: str, query: str = "") -> list[dict[str, Any]]:
    """The marked places, but for the flag, which is asked about in every copy."""
    return [one for one in await every_mark(world, path, query) if not one["pointer"].endswith(FLAG)]


async def every_mark(world: World, path: str, query: str = "") -> list[dict[str, Any]]:
    """The marked places."""
    answer = await world.data_protection_officer.get(f"{path}/redactions?limit=200{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def all_decided(world: World, path: str, decision: str = "withheld") -> None:
    """Decide alike about every proposal."""
    for one in await every_mark(world, path, "&status=proposed"):
        await step(world, f"/v1/redactions/{one['id']}", "decide", {"decision": decision})


async def released(world: World, path: str) -> dict[str, Any]:
    """Check who asks, make ready, release."""
    await step(world, path, "check-identity", {"checked_on": clock.today().isoformat(), "how": "known in person"})
    await step(world, path, "ready")
    return await step(world, path, "release")


def day(text: str) -> date:
    return date.fromisoformat(text)
