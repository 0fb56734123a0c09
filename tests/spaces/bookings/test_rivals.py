"""Twenty rivals for one place, through two server processes, while visits land in between: exactly one wins."""

import asyncio
import os
import sqlite3
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from iap_api.core import clock
from tests.conftest import FULL
from tests.counted import count
from tests.spaces.bookings.rivals import CONTESTS, HOME, RIVALS, Contest
from tests.world import World

DAY = timedelta(days=1)
ROUNDS = os.environ.get("IAP_TEST_ROUNDS")


def rounds_of(kind: str) -> int:
    """How often the rivals meet: as often as asked, or more often for one slot than for the rest."""
    return int(ROUNDS) if ROUNDS else 100 if kind == "one slot" else 60 if FULL else 12


# what the rules must have kept, asked of the tables by hand
SWEEP = {
    "somebody is in two places": """
SELECT count(*) FROM presences a JOIN presences b ON a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
 AND (a.pupil_id = b.pupil_id OR a.staff_id = b.staff_id)""",
    "a space has more than its places": """
SELECT count(*) FROM presences a JOIN spaces s ON s.id = a.space_id WHERE a.pupil_id IS NOT NULL AND s.places < (
  SELECT count(*) FROM presences b WHERE b.space_id = a.space_id AND b.pupil_id IS NOT NULL
     AND b.starts_at <= a.starts_at AND b.ends_at > a.starts_at)""",
    "with visits, a pupil is in two places": """
SELECT count(*) FROM whereabouts a JOIN whereabouts b ON a.pupil_id = b.pupil_id AND a.starts_at < b.ends_at
   AND b.starts_at < a.ends_at AND (a.space_id, a.starts_at) < (b.space_id, b.starts_at)
 WHERE a.school_id = '{school}' AND b.school_id = '{school}'""",
}


BOOKED = "how many bookings were left"
LEFT = "SELECT count(*) FROM bookings WHERE space_id = '{space}' AND status = 'booked'"


async def swept(app: FastAPI, school_id: UUID, space_id: UUID | None = None) -> dict[str, int]:
    """What breaks the rules in all the tables; and, of a space that is named, how many bookings stand in it."""
    url, sqlite = app.state.settings.migration_database_url, app.state.database.dialect == "sqlite"
    school, space = (one.hex if sqlite and one else str(one) for one in (school_id, space_id))
    asked = SWEEP if space_id is None else {**SWEEP, BOOKED: LEFT}
    queries = {name: query.format(school=school, space=space) for name, query in asked.items()}
    if sqlite:
        with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as connection:
            return {name: int(connection.execute(query).fetchone()[0]) for name, query in queries.items()}
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return {name: int(await connection.fetchval(query)) for name, query in queries.items()}
    finally:
        await connection.close()


def walking_in(pupil: UUID, space: UUID) -> dict[str, Any]:
    """A child walks into a room of her own accord."""
    return {"pupil_id": str(pupil), "space_id": str(space), "initiated_by": "pupil", "free_to_leave": True,
            "door": "open", "adult_in_sight": True}  # fmt: skip


async def visit(it: Contest, turn: int) -> None:
    """A child walks into the cocoon, or the contested room, and out again: a fact, whatever the bookings are doing."""
    body = walking_in(it.pupils[turn % RIVALS], (it.world.retreat, it.nook)[turn % 2])
    begun = await it.send("POST", "/v1/visits", {**body, "started_at": clock.now().isoformat()})
    assert begun.status_code == 201, begun.text
    ended = await it.send("POST", f"/v1/visits/{begun.json()['id']}/end", {}, **{"If-Match": begun.headers["ETag"]})
    assert ended.status_code in (200, 409, 412), ended.text


@pytest.mark.parametrize("kind", CONTESTS)
async def test_of_twenty_rivals_exactly_one_wins(world: World, app: FastAPI, servers: list[str], kind: str) -> None:
    pupils = [world.pupil(f"Rival {number}", world.north, world.bubble) for number in range(RIVALS)]
    nook = world.space("Reading nook", "classroom", 1, world.bubble, world.north)
    await world.save()
    changed = {"places": RIVALS} if kind == "moves" else None
    if changed:
        assert (await world.senco.change(f"/v1/spaces/{world.dome}", changed)).status_code == 200
    if kind == "approvals":
        assert (await world.senco.change(f"/v1/spaces/{nook}", {"needs_approval": True})).status_code == 200
    contest, wins_with, where, left = CONTESTS[kind]
    rounds = rounds_of(kind)
    wins: list[int] = []
    statuses: set[int] = set()
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=40)) as client:
        it = Contest(world, servers, client, pupils, nook)
        for turn in range(rounds):
            asked = await contest(it, turn)
            *answers, _ = await asyncio.gather(*asked, visit(it, turn))
            statuses |= {answer.status_code for answer in answers}
            wins.append(sum(answer.status_code == wins_with for answer in answers))
            if kind == "moves":
                won = next(n for n, answer in enumerate(answers) if answer.status_code == wins_with)
                back = {"space_id": str(world.dome), **HOME}
                path = f"/v1/bookings/{it.held[won]['id']}"
                home = await it.send("PATCH", path, back, **{"If-Match": answers[won].headers["ETag"]})
                assert home.status_code == 200, home.text
                it.held[won]["etag"] = home.headers["ETag"]
            count(f"rounds of twenty rivals: {kind}")
    assert wins == [1] * rounds
    assert statuses == {wins_with, 409}, "a deadlock or a busy database would have shown as 503"
    space = nook if where == "nook" else getattr(world, where)
    assert await swept(app, world.north, space) == {**dict.fromkeys(SWEEP, 0), BOOKED: left * rounds}


async def test_a_child_walks_into_the_very_place_that_twenty_others_would_book(
    world: World, app: FastAPI, servers: list[str]
) -> None:
    """Whoever was booked before she came stays, and she is one too many; once she is in, nobody is booked on top."""
    pupils = [world.pupil(f"Rival {number}", world.north, world.bubble) for number in range(RIVALS)]
    nook = world.space("Reading nook", "sensory_room", 1, world.bubble, world.north)
    await world.save()
    rounds = rounds_of("a child walks in")
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=40)) as client:
        it = Contest(world, servers, client, pupils, nook)
        for turn in range(rounds):
            now = clock.now().astimezone(clock.LONDON)
            midnight = datetime.combine(now.date(), time(), clock.LONDON)
            period = max(now - timedelta(seconds=20), midnight), min(now + timedelta(minutes=3), midnight + DAY)
            slot = {"starts_at": period[0].isoformat(), "ends_at": period[1].isoformat()}
            asked = [it.send("POST", "/v1/bookings", {**it.booking(nook, turn, pupil), **slot}) for pupil in pupils]
            walk = asyncio.create_task(it.send("POST", "/v1/visits", walking_in(world.amira, nook)))
            # a visit takes a little longer to write than a booking: let now these come first, now those
            await asyncio.sleep(0.002 * (turn % 6))
            *answers, begun = await asyncio.gather(*asked, walk)
            assert begun.status_code == 201, begun.text
            won = [answer for answer in answers if answer.status_code == 201]
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert len(won) == int(begun.json()["over_capacity"])
            count(f"rounds of a child who walks in: {'after a booking' if won else 'before any'}")
            over = {"If-Match": begun.headers["ETag"]}
            assert (await it.send("POST", f"/v1/visits/{begun.json()['id']}/end", {}, **over)).status_code == 200
            for answer in won:
                await it.cancel(answer.json(), answer.headers["ETag"])
    assert await swept(app, world.north, nook) == {**dict.fromkeys(SWEEP, 0), BOOKED: 0}
