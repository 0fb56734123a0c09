"""What a calendar test needs: a feed made, its calendar fetched and read, and bookings near today."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from icalendar import Calendar, Event

from iap_api.core import clock
from tests.world import Person, World


def tomorrow(hour: int, minute: int = 0, days: int = 1) -> datetime:
    """A time of day in London, `days` from today."""
    day = datetime.combine(clock.today() + timedelta(days=days), datetime.min.time(), clock.LONDON)
    return day.replace(hour=hour, minute=minute).astimezone(UTC)


def written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def book(person: Person, space: object, *pupils: object, **more: Any) -> dict[str, Any]:
    """A booking of half an hour tomorrow at ten, unless said otherwise."""
    starts_at = more.pop("starts_at", tomorrow(10))
    body = {
        "space_id": str(space), "starts_at": written(starts_at),
        "ends_at": written(more.pop("ends_at", starts_at + timedelta(minutes=30))), "purpose": "regulation",
        "pupil_ids": [str(pupil) for pupil in pupils], **more,
    }  # fmt: skip
    answer = await person.post("/v1/bookings", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def subscribe(person: Person, **body: Any) -> dict[str, Any]:
    """A feed, with the address that is shown once."""
    named = {name: value if value is None else str(value) for name, value in body.items()}
    answer = await person.post("/v1/calendar-feeds", named)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def fetch(world: World, feed: dict[str, Any], **headers: str) -> httpx.Response:
    """What a calendar program does: no token, only the address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.client.get(feed["address"], headers=named)


async def events(world: World, feed: dict[str, Any]) -> list[Event]:
    answer = await fetch(world, feed)
    assert answer.status_code == 200, answer.text
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))
