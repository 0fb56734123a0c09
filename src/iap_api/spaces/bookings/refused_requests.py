"""Refused requests: that a space was wanted and not to be had is noted, for the figures of its use."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.errors import Problem
from iap_api.core.transactions import Prepared
from iap_api.spaces.tables import Space

_SCHOOL = Prepared(select(col(Space.school_id)).where(col(Space.id) == bindparam("space", type_=Uuid())))


def note_each(caller: Caller, school_id: UUID, space_id: UUID, kinds: Iterable[str]) -> None:
    """Note in the request's own transaction that bookings of a space were refused: the kind of problem of each.

    An entry for each, so that a series has as many refusals as days refused, as it has as many bookings as days booked.
    """
    for kind in kinds:
        caller.event("booking.refused", "space", school_id, resource_id=space_id, fields=[kind])


async def note_refused(caller: Caller, space_id: UUID, kinds: Iterable[str], shown: Sequence[UUID] = ()) -> None:
    """Give up the request's transaction, and note what was refused (`note_each`) and which pupils the answer names."""
    school_id = (await caller.rows(_SCHOOL, {"space": space_id}))[0][0]
    await caller.give_up()
    note_each(caller, school_id, space_id, kinds)
    if shown:
        caller.saw("booking", school_id, dict.fromkeys(shown))
    await caller.request.app.state.read_ledger.write(caller.entries())


async def refused(caller: Caller, space_id: UUID, problem: Problem) -> Problem:
    """Note a refusal that a rule of the space gave before the database was asked; return its problem, to be raised."""
    await note_refused(caller, space_id, [problem.kind])
    return problem
