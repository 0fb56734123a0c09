"""What ends when a pupil leaves a school, or the roll: whatever lets somebody there see the pupil ends with it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid
from iap_api.pupils.tables import Caseload, Placement, Registration


def check_last_day(last_day: date, from_on: date, until_on: date | None, pointer: str = "/until_on") -> None:
    """Check the last day of a period that may already have one.

    Raises `Conflict` when it ends on or before that day already, and `Invalid` for a day before the first, unless the
    period has not begun: then it never does.
    """
    if until_on is not None and until_on <= last_day:
        raise Conflict("It ends on or before that day already.")
    if last_day < from_on <= clock.today():
        raise Invalid(errors=[(pointer, "lies before the first day")])


async def end_registrations(caller: Caller, pupil_id: UUID, last_day: date, why: str) -> None:
    """End every registration of a pupil that lasts longer than `last_day`."""
    for row in await _open_rows(caller, Registration, pupil_id, last_day, None):
        await _end(caller, row, "registration", {"until_on": last_day, "ended_why": why})


async def end_sight(caller: Caller, pupil_id: UUID, last_day: date, school_id: UUID | None = None) -> None:
    """End the placements and caseload entries of a pupil, at one school or everywhere, that last longer."""
    tables: tuple[tuple[Any, str], ...] = ((Placement, "placement"), (Caseload, "caseload"))
    for table, resource in tables:
        for row in await _open_rows(caller, table, pupil_id, last_day, school_id):
            await _end(caller, row, resource, {"until_on": last_day, "ended_by": caller.account_id})


async def _open_rows(caller: Caller, table: Any, pupil_id: UUID, last_day: date, school_id: UUID | None) -> list[Any]:
    longer = or_(col(table.until_on).is_(None), col(table.until_on) > last_day)
    query = select(table).where(col(table.pupil_id) == pupil_id, longer).order_by(col(table.id)).with_for_update()
    if school_id is not None:
        query = query.where(col(table.school_id) == school_id)
    return list((await caller.session.execute(query)).scalars())


async def _end(caller: Caller, row: Any, resource: str, values: dict[str, Any]) -> None:
    await caller.change(row, values, row.school_id, resource=resource, pupil_ids=[row.pupil_id], kind="ended")
