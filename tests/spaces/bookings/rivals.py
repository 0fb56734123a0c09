"""Rivals for one place: what each kind of contest needs set up, what the twenty ask, and how the winner steps back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from tests.world import Person, World

RIVALS = 20
QUARTER = timedelta(minutes=15)
FIRST = datetime(2027, 1, 5, 9, tzinfo=UTC)
# the hour that a booking which is moved comes from
HOME = {"starts_at": "2028-01-04T09:00:00Z", "ends_at": "2028-01-04T09:20:00Z"}


@dataclass
class Contest:
    """One kind of contest: `ask` sends rival n's request of a round, `after` clears the place for the next round."""

    world: World
    servers: list[str]
    client: httpx.AsyncClient
    pupils: list[UUID]
    nook: UUID
    wins_with: int = 201
    held: list[dict[str, Any]] = field(default_factory=list)
    _servers: Any = field(default_factory=lambda: count())

    async def send(self, method: str, path: str, body: Any = None, by: Person | None = None, **headers: str) -> Any:
        """Ask one of the two servers, turn about."""
        named = {"Authorization": f"Bearer {(by or self.world.senco).token}", **headers}
        if method == "PATCH":
            named["Content-Type"] = "application/merge-patch+json"
        address = self.servers[next(self._servers) % len(self.servers)] + path
        return await self.client.request(method, address, json=body, headers=named)

    def booking(self, space: UUID, turn: int, *pupils: UUID, minutes: int = 20, **more: Any) -> dict[str, Any]:
        """A booking in the slot of a round."""
        starts = FIRST + timedelta(days=turn // 12, minutes=30 * (turn % 12))
        return {
            "space_id": str(space), "starts_at": starts.isoformat(), "purpose": "regulation",
            "ends_at": (starts + timedelta(minutes=minutes)).isoformat(),
            "pupil_ids": [str(one) for one in pupils], **more,
        }  # fmt: skip

    async def made(self, body: dict[str, Any], by: Person | None = None) -> dict[str, Any]:
        """Make a booking that must succeed."""
        answer = await self.send("POST", "/v1/bookings", body, by)
        assert answer.status_code == 201, answer.text
        return {**answer.json(), "etag": answer.headers["ETag"]}

    async def cancel(self, booking: dict[str, Any], etag: str) -> None:
        """Cancel a booking that must be there."""
        answer = await self.send("POST", f"/v1/bookings/{booking['id']}/cancel", None, **{"If-Match": etag})
        assert answer.status_code == 200, answer.text


Round = Callable[[Contest, int], Awaitable[list[Any]]]


async def one_slot(it: Contest, turn: int) -> list[Any]:
    """Twenty pupils for a room with one place."""
    return [it.send("POST", "/v1/bookings", it.booking(it.nook, turn, pupil)) for pupil in it.pupils]


async def last_place(it: Contest, turn: int) -> list[Any]:
    """Two of the sensory room's three places are taken; twenty others want the third."""
    two = (it.world.amira, it.world.ben)
    await it.made(it.booking(it.world.sensory, turn, *two))
    return [it.send("POST", "/v1/bookings", it.booking(it.world.sensory, turn, pupil)) for pupil in it.pupils]


async def moves(it: Contest, turn: int) -> list[Any]:
    """Twenty bookings are moved into one place; each has its own hour elsewhere to go back to."""
    if not it.held:
        for pupil in it.pupils:
            it.held.append(await it.made({**it.booking(it.world.dome, 0, pupil), **HOME}))
        assert (await it.world.senco.get(f"/v1/spaces/{it.world.dome}")).json()["places"] >= RIVALS
    slot = it.booking(it.nook, turn)
    to = {name: slot[name] for name in ("space_id", "starts_at", "ends_at")}
    return [it.send("PATCH", f"/v1/bookings/{one['id']}", to, **{"If-Match": one["etag"]}) for one in it.held]


async def approvals(it: Contest, turn: int) -> list[Any]:
    """Twenty requests for one slot, approved at the same moment."""
    asked = [await it.made(it.booking(it.nook, turn, pupil), it.world.teaching_assistant) for pupil in it.pupils]
    assert {one["status"] for one in asked} == {"requested"}
    return [it.send("POST", f"/v1/bookings/{one['id']}/approve", None, **{"If-Match": one["etag"]}) for one in asked]


async def taking_out(it: Contest, turn: int) -> list[Any]:
    """One pupil in a lesson, called out to twenty places at once."""
    pupil = it.pupils[turn % RIVALS]
    lesson = await it.made(it.booking(it.world.classroom, turn, pupil, minutes=30))
    inner = it.booking(it.world.dome, turn, pupil, minutes=10, takes_from=[lesson["id"]])
    return [it.send("POST", "/v1/bookings", inner) for _ in range(RIVALS)]


async def whole_room(it: Contest, turn: int) -> list[Any]:
    """Nineteen meetings, which need the room to themselves, and a child for the same room."""
    asked = [it.booking(it.nook, turn, pupil) for pupil in it.pupils[:1]]
    asked += [it.booking(it.nook, turn, purpose="meeting") for _ in range(RIVALS - 1)]
    return [it.send("POST", "/v1/bookings", one) for one in asked]


async def series(it: Contest, turn: int) -> list[Any]:
    """Twenty children who each want the same quarter of an hour in three weeks running, all or nothing."""
    if not turn:
        assert (await it.world.senco.post("/v1/academic-years", school_year(it.world.north))).status_code == 201
    weeks, rest = divmod(turn, 5 * 28)
    weekday, slot = divmod(rest, 28)
    starts = timedelta(hours=8, minutes=15 * slot)
    first = date(2027, 9, 6) + timedelta(weeks=3 * weeks)
    clock_times = [f"{one.seconds // 3600:02}:{one.seconds // 60 % 60:02}" for one in (starts, starts + QUARTER)]
    wanted = {
        "space_id": str(it.nook), "from_on": first.isoformat(), "until_on": (first + timedelta(days=18)).isoformat(),
        "weekdays": [weekday + 1], "from_time": clock_times[0], "until_time": clock_times[1], "purpose": "regulation",
    }  # fmt: skip
    return [it.send("POST", "/v1/series", {**wanted, "pupil_ids": [str(pupil)]}) for pupil in it.pupils]


def school_year(school_id: UUID) -> dict[str, Any]:
    """A year of 40 weeks without a day off, so that every week is like the next."""
    terms = [{"name": name, "starts_on": first, "ends_on": last} for name, first, last in (
        ("Autumn", "2027-09-01", "2027-12-31"), ("Spring", "2028-01-01", "2028-04-30"),
        ("Summer", "2028-05-01", "2028-07-21"),
    )]  # fmt: skip
    return {"school_id": str(school_id), "name": "2027/28", "starts_on": "2027-09-01", "ends_on": "2028-08-31",
            "terms": terms, "days_off": []}  # fmt: skip


# kind: the contest, the status of whoever wins, where, and how many bookings a round leaves there
CONTESTS: dict[str, tuple[Round, int, str, int]] = {
    "one slot": (one_slot, 201, "nook", 1),
    "the last place of three": (last_place, 201, "sensory", 2),
    "moves": (moves, 200, "nook", 0),
    "approvals": (approvals, 200, "nook", 1),
    "taking out of a lesson": (taking_out, 201, "dome", 1),
    "a room taken whole": (whole_room, 201, "nook", 1),
    "series": (series, 201, "nook", 3),
}
