"""`make demo` and the newcomer's path of the README: one command, and a visitor's first ten minutes with it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from iap_api.access.places import GUEST_ROLES
from iap_api.access.roles import Role
from tests.conftest import HOOKS
from tests.core.fresh import own_database
from tests.demo.starting import Started, demo, refused
from tests.servers import free_port

ONE_MORNING = Path(__file__).resolve().parents[2] / "docs" / "one_morning.py"
PASSWORD = "three-otters-swim"
CLIENTS = ("mis", "trust_feed")
WITH_AN_ACCOUNT = [role for role in Role if role not in GUEST_ROLES]


@pytest_asyncio.fixture(scope="module", params=["sqlite", "postgresql"])
async def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """The demo as a newcomer sees it, with a password of their own: in a file, and on a PostgreSQL server."""
    folder = tmp_path_factory.mktemp("newcomer")
    if request.param == "sqlite":
        with demo(folder, free_port(), {"IAP_DEMO_PASSWORD": PASSWORD}) as started:
            yield started
        return
    async with own_database(request.getfixturevalue("postgres_url"), folder, migrated=False) as url:
        with demo(folder, free_port(), {"IAP_DEMO_PASSWORD": PASSWORD, "IAP_DATABASE_URL": url}) as started:
            yield started


class Visitor:
    """Somebody who signs in as the README says, and asks."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers)

    async def items(self, path: str) -> list[dict[str, Any]]:
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def post(self, path: str, body: dict[str, Any], expected: int = 201, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.post(path, json=body, headers=self.headers | named)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> Visitor:
    """Sign in by the form that the interactive documentation sends too."""
    username = f"{name}@demo.iap.example"
    form = {"grant_type": "password", "username": username, "password": password}
    if name in CLIENTS:
        form = {"grant_type": "client_credentials", "client_id": username, "client_secret": password}
    answer = await client.post("/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return Visitor(client, answer.json()["access_token"])


@pytest_asyncio.fixture(loop_scope="session")
async def visit(running: Started) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running demo; every answer is held against the contract."""
    async with httpx.AsyncClient(base_url=running.address, timeout=30, trust_env=False, event_hooks=HOOKS) as client:
        yield client


def test_it_says_where_the_documentation_is_and_one_sign_in_per_role(running: Started) -> None:
    said = running.text()
    assert f"{running.address}/docs" in said
    assert PASSWORD in said
    for role in WITH_AN_ACCOUNT:
        assert f"{role.value}@demo.iap.example" in said
    assert [line for line in said.splitlines() if len(line) > 80] == [], "a terminal of 80 columns breaks no line"
    assert len(said.splitlines()) <= 23, "all of it is seen at once in a terminal of 24 lines"


@pytest.mark.parametrize("role", [role.value for role in WITH_AN_ACCOUNT])
async def test_everybody_named_there_can_sign_in(visit: httpx.AsyncClient, role: str) -> None:
    visitor = await sign_in(visit, role)
    me = (await visitor.get("/v1/me")).json()
    assert {held["role"] for held in me["roles"]} == {role}


async def test_the_documentation_page_is_served(visit: httpx.AsyncClient) -> None:
    page = await visit.get("/docs")
    assert page.status_code == 200
    assert "IAP" in page.text


async def test_the_newcomers_ten_minutes(visit: httpx.AsyncClient) -> None:
    ta = await sign_in(visit, "teaching_assistant")
    pupils = await ta.items("/v1/pupils")
    assert len(pupils) == 12
    assert all("roll" not in one for one in pupils), "a teaching assistant sees neither UPN nor home address"
    first, *others = [one["id"] for one in pupils]

    said = await ta.post("/v1/zone-check-ins", {"pupil_id": first, "zones": ["yellow"]})
    assert said["zones"] == ["yellow"]

    spaces = {space["name"]: space["id"] for space in await ta.items("/v1/spaces")}
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    lesson = await ta.post(
        "/v1/bookings",
        {
            "space_id": spaces["Classroom"], "starts_at": f"{day}T09:30:00Z", "ends_at": f"{day}T12:00:00Z",
            "purpose": "lesson", "pupil_ids": [first, *others[:3]],
        },
    )  # fmt: skip
    room = {
        "space_id": spaces["Sensory room"], "starts_at": f"{day}T10:20:00Z", "ends_at": f"{day}T10:40:00Z",
        "purpose": "regulation", "takes_from": [lesson["id"]],
    }  # fmt: skip
    for pupil in (first, *others[:2]):
        await ta.post("/v1/bookings", {**room, "pupil_ids": [pupil]})
    fourth = await ta.post("/v1/bookings", {**room, "pupil_ids": [others[2]]}, expected=409)
    assert fourth["type"] == "/problems/space-full"

    instrument = (await ta.items("/v1/instruments?key=bubble-semh"))[0]["id"]
    observed = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    profile = await ta.post("/v1/profiles", {"pupil_id": first, "instrument_id": instrument, "observed_on": observed})
    path = f"/v1/profiles/{profile['id']}"
    answers = {f"d{number:02d}": 2 for number in range(1, 35)} | {f"s{number:02d}": 1 for number in range(1, 35)}
    saved = await visit.patch(
        f"{path}/answers",
        json={"answers": answers},
        headers=ta.headers | {"Content-Type": "application/merge-patch+json"},
    )
    assert saved.status_code == 200, saved.text
    tag = (await ta.get(path)).headers["ETag"]
    await ta.post(f"{path}/complete", {}, expected=200, If_Match=tag)
    scores = (await ta.get(f"{path}/scores")).json()
    # 34 statements answered 2, and 34 answered 1
    assert [section["total"] for section in scores["sections"]] == [68, 34]

    defenders = next(one for one in await ta.items("/v1/resources") if one["name"] == "Ear defenders")
    box = (await ta.items(f"/v1/toolboxes?pupil_id={first}&status=open"))[0]
    item = await ta.post(f"/v1/toolboxes/{box['id']}/items", {"resource_id": defenders["id"]})
    assert item["resource_name"] == "Ear defenders"

    review = await ta.post(
        "/v1/reviews",
        {"pupil_id": first, "kind": "early", "due_on": day, "scheduled_at": f"{day}T14:00:00Z"},
    )
    assert review["status"] == "scheduled"

    governor = await sign_in(visit, "governor")
    assert (await governor.get("/v1/pupils")).status_code == 403
    assert (await governor.get(f"/v1/pupils/{first}")).status_code == 403


def test_the_readmes_one_morning_can_be_told_twice(running: Started) -> None:
    told = {**os.environ, "IAP_PORT": str(running.port), "IAP_DEMO_PASSWORD": PASSWORD}
    for _ in range(2):
        walk = subprocess.run(
            [sys.executable, str(ONE_MORNING)], env=told, capture_output=True, text=True, check=False, timeout=60
        )
        assert walk.returncode == 0, walk.stdout + walk.stderr
        assert "developmental 102 of 136, diagnostic 34 of 136" in walk.stdout
        assert walk.stdout.endswith("That was one morning.\n")


LISTS = (
    "pupils", "spaces", "bookings", "profiles", "instruments", "toolboxes", "toolbox-items", "resources", "uses",
    "reviews", "contributions", "targets", "zone-check-ins", "placements", "caseloads", "classes", "staff",
)  # fmt: skip


async def test_the_teacher_of_the_base_finds_its_year_in_every_list(visit: httpx.AsyncClient) -> None:
    lead = await sign_in(visit, "base_lead")
    known = set((await visit.get("/openapi.json")).json()["paths"])
    assert [name for name in LISTS if f"/v1/{name}" not in known] == []
    assert [name for name in LISTS if not await lead.items(f"/v1/{name}?limit=200")] == []
    today = datetime.now(UTC).date().isoformat()
    late = await lead.items(f"/v1/reviews?due_before={today}")
    assert len(late) == 3
    assert {review["late"] for review in late} == {True}


async def test_the_partners_senco_sees_the_one_child_they_referred(visit: httpx.AsyncClient) -> None:
    referrer = await sign_in(visit, "referrer")
    [child] = await referrer.items("/v1/pupils")
    assert {review["pupil_id"] for review in await referrer.items("/v1/reviews")} == {child["id"]}


async def _typed(started: Started) -> int:
    async with httpx.AsyncClient(base_url=started.address, timeout=30, trust_env=False) as client:
        ta = await sign_in(client, "teaching_assistant", "demo-bubble-2026")
        pupil = (await ta.items("/v1/pupils"))[0]["id"]
        await ta.post("/v1/zone-check-ins", {"pupil_id": pupil, "zones": ["blue"], "said_by": "adult"})
        since = (datetime.now(UTC) - timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
        return len(await ta.items(f"/v1/zone-check-ins?from_at={since}"))


def test_it_stops_cleanly_keeps_what_was_typed_and_starts_over_only_when_told(tmp_path: Path) -> None:
    port, kept = free_port(), {"IAP_DATA_DIR": str(tmp_path / "kept")}
    with demo(tmp_path, port, kept) as first:
        assert asyncio.run(_typed(first)) == 1
        workers = first.children()
        assert len(workers) == 1, "the worker runs beside the server"
        taken = refused(tmp_path, port, IAP_DATA_DIR=str(tmp_path / "other"))
        assert f"Port {port} of 127.0.0.1 cannot be used" in taken
        assert "Traceback" not in taken
        # whoever types make demo-reset into a second terminal must not pull the data from under the first
        assert f"Port {port}" in refused(tmp_path, port, "--reset", **kept)
        assert first.stop(signal.SIGINT) == 0, "Ctrl-C is the usual way to end it, and no failure"
        for pid in workers:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    assert (tmp_path / "kept" / "iap.sqlite3").exists()
    with demo(tmp_path, port, kept) as second:
        assert "Kept the demo trust as it was" in second.text()
        assert asyncio.run(_typed(second)) == 2
        assert second.stop(signal.SIGTERM) == 0
        assert "Traceback" not in second.text(), second.text()


def test_a_database_that_is_away_or_of_another_kind_is_one_clear_sentence(tmp_path: Path) -> None:
    port = free_port()
    away = refused(tmp_path, port, IAP_DATABASE_URL=f"postgresql://nobody:secret@127.0.0.1:{free_port()}/away")
    other = refused(tmp_path, port, IAP_DATABASE_URL="mysql://nobody:secret@127.0.0.1/other")
    for said in (away, other):
        assert "IAP_DATABASE_URL" in said
        assert "Traceback" not in said
        assert "secret" not in said
