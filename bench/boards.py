"""Fills the live boards of some bases as on a busy morning, whatever the hour: booked now and next, and open visits."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench.ground import Ground
from bench.sql import INSERT
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.demo.large import LargeWorld

# the whole measurement is over before "now" ends
BEGAN, LASTS, PERIOD, PERIODS_AHEAD = (timedelta(minutes=one) for one in (10, 240, 30, 6 * 30))
A_DAY = timedelta(hours=12)
VISITS = 3
_FREED = """
UPDATE bookings SET status = 'cancelled', cancelled_at = now(), cancelled_by = booked_by
 WHERE status = 'booked' AND space_id = ANY ($1) AND starts_at > $2 AND starts_at < $3
"""
_VISIT = """
INSERT INTO visits (id, version, created_at, updated_at, school_id, space_id, pupil_id, started_at,
  initiated_by, free_to_leave, door, adult_in_sight, zones_before, zones_after, over_capacity, reported_late,
  holds_until, recorded_by)
VALUES ($1, 1, $2, $2, $3, $4, $5, $2, 'pupil', true, 'open', true, '{blue}', '{}', false, false, $6, $7)
"""


def fill_boards(ground: Ground, schools: range) -> None:
    """Book every space of these schools for now and for six half hours after, and begin visits in their bases.

    Of the twelve pupils of a base one is nowhere, one in the dome, which is not of the base, and three on a visit.
    """
    asyncio.run(_fill(ground, schools))


async def _fill(ground: Ground, schools: range) -> None:
    connection = await asyncpg.connect(ground.plain_url)
    try:
        for at in schools:
            async with connection.transaction():
                await _fill_one(connection, ground.world, at, clock.now())
        await connection.execute("ANALYZE visits")
    finally:
        await connection.close()


async def _fill_one(connection: Any, w: LargeWorld, at: int, now: datetime) -> None:
    spaces, pupils, school_id, senco_id = w.space_ids[at], w.pupil_ids[at], w.school_ids[at], w.senco_ids[at]
    await connection.execute(_FREED, spaces, now - A_DAY, now + A_DAY)
    dome, others = spaces[-1], iter(pupils[2:])
    for space_id, adult, places in zip(reversed(spaces), reversed(w.staff_ids[at]), reversed(w.places), strict=True):
        there = [pupils[1]] if space_id == dome else [next(others) for _ in range(min(places, 2))]
        periods = [(now - BEGAN, now + LASTS)]
        while periods[-1][1] < now + LASTS + PERIODS_AHEAD:
            periods.append((periods[-1][1], periods[-1][1] + PERIOD))
        for starts_at, ends_at in periods:
            who = (there, [adult], senco_id)
            await connection.execute(INSERT, new_id(), now, school_id, space_id, starts_at, ends_at, "regulation", *who)
    for pupil_id, space_id in zip(pupils[2 : 2 + VISITS], spaces, strict=False):
        held = (now + LASTS, senco_id)
        await connection.execute(_VISIT, new_id(), now - BEGAN, school_id, space_id, pupil_id, *held)


def check_board(shown: dict[str, Any], base_id: UUID) -> None:
    """Stop if a board does not show what it was filled with: an empty one would be a cheap one."""
    on_visit = [one for space in shown["spaces"] for one in space["pupils"] if one["visit_id"]]
    found = {
        "spaces": len(shown["spaces"]),
        "booked now": sum(len(space["now"]) for space in shown["spaces"]),
        "booked next": sum(space["next"] is not None for space in shown["spaces"]),
        "on a visit": len(on_visit),
        "elsewhere": len(shown["elsewhere"]),
        "nowhere": len(shown["nowhere"]),
    }
    wanted = dict(zip(found, (11, 11, 11, VISITS, 1, 1), strict=True))
    if shown["base_id"] != str(base_id) or found != wanted:
        raise SystemExit(f"the board shows {found} and not {wanted}")
