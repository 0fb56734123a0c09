"""The API over HTTP and a second account of who sees whom, in plain Python, agree about worlds made up at random."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from iap_api.core.gate import Gate
from tests.conftest import FULL
from tests.counted import count
from tests.house.promised import wrong_members
from tests.house.random_worlds import Made, made
from tests.house.test_forbidden_and_absent import as_told
from tests.world import Person

# 1,000 worlds in full, 26 otherwise: half of them in each database, and no two of the same seed
TESTS, AT_ONCE = (25, 20) if FULL else (13, 1)
READS = {
    "registrations": "registration", "placements": "placement", "caseloads": "caseload", "reviews": "review",
    "zone-check-ins": "zone_check_in", "bookings": "booking",
}  # fmt: skip


async def _listed(person: Person, path: str, limit: int) -> list[UUID] | int:
    """The ids of every page, or the status of a refusal."""
    found: list[UUID] = []
    address: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while address:
        answer = await person.get(address)
        if answer.status_code != 200:
            return answer.status_code
        found += [UUID(one["id"]) for one in answer.json()["items"]]
        address = answer.json()["next"]
    assert len(found) == len(set(found)), "a row stands in a list once"
    return found


class Comparing:
    """One person of one world: every way of looking shows the same."""

    def __init__(self, it: Made, person: Person, dice: Random) -> None:
        self.it, self.facts, self.person, self.dice = it, it.facts, person, dice
        self.me = person.account.id

    async def pupils(self) -> None:
        """List, search and read one by one."""
        limit = self.dice.choice((1, 3, 200))
        listed = await _listed(self.person, "/v1/pupils", limit)
        found = await self.person.post("/v1/pupils/search", {"name": self.it.name})
        within = self.facts.children_within(self.me, "list_pupils")
        if not self.facts.may(self.me, "list_pupils"):
            assert (listed, found.status_code) == (403, 403)
            assert (await self.person.get(f"/v1/pupils/{self.facts.children[0]}")).status_code == 403
            return
        assert isinstance(listed, list)
        assert set(listed) == within, "list"
        assert {UUID(one["id"]) for one in found.json()["items"]} == within, "search by name"
        for item in found.json()["items"]:
            self._sections(item)
        looked_at_twice = self.dice.choice(self.facts.children)
        for child in self.facts.children:
            answer = await self.person.get(f"/v1/pupils/{child}")
            assert answer.status_code == (200 if child in within else 404), f"read {child}: {answer.status_code}"
            if answer.status_code == 200:
                self._sections(answer.json())
            if child == looked_at_twice:
                await self._again(child, answer)
        await self._by_upn(self.dice.choice(self.facts.children))
        await self._by_filter(within)

    def _sections(self, item: dict[str, Any]) -> None:
        roles = self.facts.roles_reaching(self.me, "read_pupil", UUID(item["id"]))
        fault = wrong_members("read_pupil", item, roles)
        assert not fault, fault

    async def _again(self, child: UUID, answer: httpx.Response) -> None:
        """Whoever has read a pupil is told that nothing changed; whoever may not is told nothing by any ETag."""
        if answer.status_code == 200:
            again = await self.person.get(f"/v1/pupils/{child}", If_None_Match=answer.headers["ETag"])
            assert again.status_code == 304
            return
        for tag in ("*", '"1.000000000000"'):
            assert as_told(await self.person.get(f"/v1/pupils/{child}", If_None_Match=tag)) == as_told(answer)
        assert as_told(await self.person.get(f"/v1/pupils/{uuid4()}")) == as_told(answer)

    async def _by_upn(self, child: UUID) -> None:
        answer = await self.person.post("/v1/pupils/search", {"upn": self.it.upns[child]})
        due = self.facts.found_by_upn(self.me, child)
        assert answer.status_code == (422 if due is None else 200), answer.text
        if due is not None:
            assert [one["id"] for one in answer.json()["items"]] == ([str(child)] if due else []), "search by UPN"

    async def _by_filter(self, within: set[UUID]) -> None:
        base = self.dice.choice(sorted(self.facts.base_school))
        placed = {one.child for one in self.facts.placements if one.at == base and one.days.holds(self.facts.today)}
        assert set(await _listed(self.person, f"/v1/pupils?base_id={base}", 200) or []) == within & placed

    async def rows(self, path: str) -> None:
        """List, read one by one and filter by a child."""
        listing, reading = f"list_{path.replace('-', '_')}", f"read_{READS[path]}"
        listed = await _listed(self.person, f"/v1/{path}", self.dice.choice((2, 200)))
        every = {one.id for one in self.facts.bookings} if path == "bookings" else set(self.facts.rows[path])
        if not self.facts.may(self.me, listing):
            assert listed == 403
        else:
            assert isinstance(listed, list)
            assert set(listed) == self.facts.within(self.me, path, listing), path
            await self._of_child(path, listing)
        readable = self.facts.within(self.me, path, reading)
        for row in self.dice.sample(sorted(every), min(4, len(every))):
            answer = await self.person.get(f"/v1/{path}/{row}")
            may = self.facts.may(self.me, reading)
            assert answer.status_code == (403 if not may else 200 if row in readable else 404), f"{path}/{row}"

    async def _of_child(self, path: str, listing: str) -> None:
        child = self.dice.choice(self.facts.children)
        answer = await self.person.get(f"/v1/{path}?pupil_id={child}")
        if child not in self.facts.children_within(self.me, listing):
            never = await self.person.get(f"/v1/{path}?pupil_id={uuid4()}")
            if path != "bookings":
                assert as_told(answer) == as_told(never), f"{path} of a child out of reach"
            return
        named = {
            row
            for row in self.facts.within(self.me, path, listing)
            if child in (next(one.children for one in self.facts.bookings if one.id == row) if path == "bookings"
                         else {self.facts.rows[path][row]})
        }  # fmt: skip
        assert {UUID(one["id"]) for one in answer.json()["items"]} == named, f"{path} of a child"

    async def contacts(self) -> None:
        """A list inside a pupil is out of reach as the pupil is."""
        child = self.dice.choice(self.facts.children)
        listed = await _listed(self.person, f"/v1/pupils/{child}/contacts", 200)
        if not self.facts.may(self.me, "list_contacts"):
            assert listed == 403
        elif child not in self.facts.children_within(self.me, "list_contacts"):
            assert listed == 404
        else:
            assert listed == [row for row, of in self.facts.rows["contacts"].items() if of == child]


@pytest_asyncio.fixture(scope="session")
async def quick(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose answers are compared with the page alone: holding each to the contract takes as long again."""
    transport = httpx.ASGITransport(Gate(app, app.state.settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://iap.test") as made_quick:
        yield made_quick


@pytest.mark.parametrize("number", range(TESTS))
async def test_list_search_get_and_plain_python_agree_on_who_sees_whom(
    app: FastAPI, quick: httpx.AsyncClient, number: int, database_url: str
) -> None:
    first = number * 100 + (50 if database_url.startswith("postgres") else 0)
    for seed in range(first, first + AT_ONCE):
        it, dice = await made(app, quick, seed), Random(seed)
        for person in it.people:
            comparing = Comparing(it, person, dice)
            roles = [(one.role.value, one.days, one.taken_away) for one in it.facts.grants[person.account.id]]
            try:
                await comparing.pupils()
                for path in READS if FULL else dice.sample(sorted(READS), 2):
                    await comparing.rows(path)
                await comparing.contacts()
            except AssertionError as error:
                error.add_note(f"world {seed}, somebody with {roles}")
                raise
        count("random worlds, HTTP and plain Python agreed")
