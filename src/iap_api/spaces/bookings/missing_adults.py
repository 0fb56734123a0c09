"""How many adults a space would lack, and when, if a refused booking stood: what the 409 says."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.tables import Presence, Space

# person is a pupil, from, until
Stay = tuple[bool, datetime, datetime]


async def missing_adults(
    caller: Caller, space_id: UUID, pupil_ids: Sequence[UUID], staff_ids: Sequence[UUID], starts_at: datetime,
    ends_at: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the periods with too few adults, with how many are there and how many are needed; numbers, no names.

    Empty where another space than the booking's own lacks them: one that it takes an adult from.
    """
    space = await caller.session.get_one(Space, space_id)
    if space.pupils_per_adult is None:
        return []
    named = {*pupil_ids, *staff_ids}
    there = select(
        col(Presence.pupil_id), col(Presence.staff_id), col(Presence.starts_at), col(Presence.ends_at)
    ).where(
        col(Presence.space_id) == space_id,
        col(Presence.starts_at) < ends_at,
        col(Presence.starts_at) > starts_at - LONGEST,
        col(Presence.ends_at) > starts_at,
    )
    stays: list[Stay] = [
        (row.pupil_id is not None, row.starts_at, row.ends_at)
        for row in await caller.session.execute(there)
        if (row.pupil_id or row.staff_id) not in named
    ]
    stays += [(True, starts_at, ends_at) for _ in pupil_ids]
    stays += [(False, starts_at, ends_at) for _ in staff_ids]
    return [one for one in too_few(stays, space.pupils_per_adult) if one["ends_at"] > starts_at]


def too_few(stays: Iterable[Stay], pupils_per_adult: int) -> list[dict[str, Any]]:
    """Return, for each period between two comings or goings with too few adults, the numbers of that period."""
    kept = list(stays)
    moments = sorted({moment for _, starts_at, ends_at in kept for moment in (starts_at, ends_at)})
    missing = []
    for starts_at, ends_at in pairwise(moments):
        present = [is_pupil for is_pupil, came, went in kept if came <= starts_at and went >= ends_at]
        pupils = sum(present)
        adults, needed = len(present) - pupils, ceil(pupils / pupils_per_adult)
        if adults < needed:
            missing.append(
                {
                    "starts_at": starts_at,
                    "ends_at": ends_at,
                    "pupils": pupils,
                    "adults": adults,
                    "adults_needed": needed,
                }
            )
    return missing
