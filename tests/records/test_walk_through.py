"""Follows docs/answer_a_subject_request.md step by step: every block is done as it stands, and gives what it says."""

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import httpx

from iap_api.core import clock
from tests.house.contract import ROOT
from tests.world import Person, World

PAGE = ROOT / "docs" / "answer_a_subject_request.md"
_BLOCK = re.compile(r"^```http\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"\{([a-z_]+)\}")


def blocks() -> list[str]:
    return _BLOCK.findall(PAGE.read_text("utf-8"))


def at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


class Reader:
    """Somebody who does what the page says, and remembers what it tells them to."""

    def __init__(self, person: Person) -> None:
        today = clock.today()
        self.person = person
        self.known = {
            "today": today.isoformat(),
            "yesterday": (today - timedelta(days=1)).isoformat(),
            "three_days_ago": (today - timedelta(days=3)).isoformat(),
            "in_ninety_days": (today + timedelta(days=90)).isoformat(),
        }

    def filled(self, text: str) -> str:
        return _NAME.sub(lambda found: self.known[found[1]], text)

    async def do(self, block: str) -> None:
        lines = block.strip().splitlines()
        method, path = self.filled(lines[0]).split(" ", 1)
        headers: dict[str, str] = {}
        body: list[str] = []
        told: list[str] = []
        for line in lines[1:]:
            if line.startswith("→ "):
                told.append(line[2:])
            elif line == "If-Match: {etag}":
                headers["If_Match"] = (await self.person.get(path.rsplit("/", 1)[0])).headers["ETag"]
            else:
                body.append(line)
        sent = json.loads(self.filled("\n".join(body))) if body else None
        answer = await self.person.ask(method, path, sent, **headers)
        assert told, "a step says what comes of it"
        for one in told:
            self._holds(answer, one, lines[0])

    def _holds(self, answer: httpx.Response, told: str, step: str) -> None:
        if found := re.fullmatch(r"(\d{3})(?: (\S+))?", told):
            assert answer.status_code == int(found[1]), (step, answer.text)
            if found[2] and "/" in found[2]:
                assert answer.headers["Content-Type"] == found[2]
            elif found[2]:
                assert answer.json()["type"] == f"/problems/{found[2]}"
        elif found := re.fullmatch(r"([a-z_]+) = (\S+)", told):
            self.known[found[1]] = at(answer.json(), found[2])
        elif found := re.fullmatch(r"(holds|says) (.+)", told):
            with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
                if found[1] == "holds":
                    assert ", ".join(sorted(held.namelist())) == found[2], step
                else:
                    assert found[2] in held.read("record.json").decode(), step
        else:
            place, value = told.split(" is ", 1)
            meant = {"null": None, "true": True, "false": False}.get(value, self.filled(value))
            is_now = at(answer.json(), place)
            assert (str(is_now) if isinstance(is_now, int) and not isinstance(is_now, bool) else is_now) == meant, step


async def test_the_page_is_followed_step_by_step(world: World) -> None:
    note = {"pupil_id": str(world.amira), "zones": ["red"], "note": "Fell out with Ben at break."}
    assert (await world.teaching_assistant.post("/v1/zone-check-ins", note)).status_code == 201
    reader = Reader(world.data_protection_officer)
    steps = blocks()
    assert len(steps) == 17
    for step in steps:
        await reader.do(step)


def test_the_page_shows_every_step_of_a_request_that_goes_well() -> None:
    asked = {block.split("\n", 1)[0].split("?")[0].rsplit("/", 1)[1] for block in blocks()}
    assert {"find-pupil", "pause", "check-identity", "package", "redactions", "decide", "ready", "release"} <= asked
