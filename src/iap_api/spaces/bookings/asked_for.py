"""What a booking asks for, held against the caller's reach and the terms of the space, before the database judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, Problem
from iap_api.pupils.tables import Placement
from iap_api.spaces.bookings.booking_scope import TERMS, asked
from iap_api.spaces.bookings.booking_shapes import LESSONS, WHOLE
from iap_api.spaces.bookings.refused_requests import refused
from iap_api.spaces.conditions import LONGEST, Terms, within_one_day
from iap_api.spaces.tables import Booking

_NOT_IN_REACH = {"takes_from": "names a booking that is not within your reach, or of another time"}


class ApprovalNeeded(Conflict):
    status, kind, title = 409, "approval-needed", "This space is booked with approval"
    advice = "Shorten it or leave it as it is, or cancel it and ask anew for the other time."


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A booking that may be written: where, under which terms, and its columns."""

    school_id: UUID
    base_id: UUID | None
    terms: Terms
    values: dict[str, Any]


async def asked_for(caller: Caller, values: Mapping[str, Any], *, before: Booking | None = None) -> AskedFor:
    """Return what a new booking, or one changed from `before`, asks for, all of it within the caller's reach.

    `values` are the booking's columns. The terms of the space bind what is new or grows, not what grows less. Raises
    `Invalid` with a pointer, and the problems of `Terms.check`, which are noted as refusals of the space.
    """
    starts_at, ends_at = values["starts_at"], values["ends_at"]
    within_one_day(starts_at, ends_at)
    if ends_at - starts_at > LONGEST:
        raise Invalid(errors=[("/ends_at", "must be at most 12 hours after starts_at")])
    check_subject(values["purpose"], values["subject"])
    named = {"pupil_ids": values["pupil_ids"], "staff_ids": values["staff_ids"], "takes_from": values["takes_from"]}
    found = await within_reach(caller, values["space_id"], named, (starts_at, ends_at))
    school_id, base_id, terms = found[0], found[1], Terms(*found[2 : 2 + len(TERMS)])
    columns = dict(values)
    if values["whole_base"] and before is None:
        columns["pupil_ids"] = await placed(caller, school_id, base_id, starts_at, values["pupil_ids"])
    if before is None or grown(before, columns):
        roles = {one.role.value for one in caller.held}
        try:
            terms.check(starts_at, ends_at, pupils=bool(columns["pupil_ids"] or values["whole_base"]), roles=roles)
        except Problem as problem:
            raise await refused(caller, values["space_id"], problem) from None
    columns["school_id"] = school_id
    return AskedFor(school_id, base_id, terms, columns)


def check_subject(purpose: str, subject: str | None) -> None:
    """Raise `Invalid` for the subject of something that is no lesson."""
    if subject is not None and purpose not in LESSONS:
        raise Invalid(errors=[("/subject", "goes with a lesson or a re-integration lesson only")])


def grown(before: Booking, after: Mapping[str, Any]) -> bool:
    """Say whether a change asks for more than was booked: another space, more time, other pupils, all of it."""
    return bool(
        after["space_id"] != before.space_id
        or after["starts_at"] < before.starts_at
        or after["ends_at"] > before.ends_at
        or set(after["pupil_ids"]) - set(before.pupil_ids)
        or (after["purpose"] in WHOLE and before.purpose not in WHOLE)
    )


def approves(caller: Caller, school_id: UUID, base_id: UUID | None) -> bool:
    """Say whether the caller may approve bookings of a space."""
    scope = caller.may(Permission.booking_approve)
    return scope is not None and (school_id in scope.schools or base_id in scope.bases)


async def within_reach(
    caller: Caller,
    space_id: UUID,
    named: Mapping[str, Sequence[UUID]],
    over: tuple[datetime, datetime] | None = None,
) -> Sequence[Any]:
    """Return the row of `asked` for a space and whom and what is named; raises `Invalid` for what is out of reach.

    `named` has pupil_ids, staff_ids and takes_from; only for the last the period `over` is needed.
    """
    given: dict[str, Any] = {
        "pupils": named["pupil_ids"], "adults": named["staff_ids"], "outers": named["takes_from"], "space": space_id,
    }  # fmt: skip
    if over:
        given |= {"from": over[0], "until": over[1]}
    taking = bool(named["takes_from"])
    rows = await caller.rows(asked(caller.scope.kinds, taking), {**caller.scope.binds(), **given})
    if not rows:
        raise Invalid(errors=[("/space_id", "is not a space within your reach")])
    wrong = []
    for (member, ids), count in zip(named.items(), rows[0][2 + len(TERMS) :], strict=False):
        if len(set(ids)) != len(ids):
            wrong.append((f"/{member}", "names the same one twice"))
        elif count != len(ids):
            wrong.append((f"/{member}", _NOT_IN_REACH.get(member, "names one who is not within your reach")))
    if wrong:
        raise Invalid(errors=wrong)
    found: Sequence[Any] = rows[0]
    return found


async def placed(
    caller: Caller, school_id: UUID, base_id: UUID | None, at: datetime, pupil_ids: Sequence[UUID]
) -> list[UUID]:
    """Return the pupils placed in a base on the day of an instant; raises `Invalid` where it is no whole base.

    `pupil_ids` are those the request named besides: there must be none.
    """
    return await placed_on(
        caller, whole_base(caller, school_id, base_id, pupil_ids), at.astimezone(clock.LONDON).date()
    )


def whole_base(caller: Caller, school_id: UUID, base_id: UUID | None, pupil_ids: Sequence[UUID]) -> UUID:
    """Return the base that is booked whole; raises `Invalid` where it is none, or not within reach as a whole."""
    if base_id is None:
        raise Invalid(errors=[("/whole_base", "needs a space that belongs to a base")])
    if base_id not in caller.scope.bases and school_id not in caller.scope.schools:
        raise Invalid(errors=[("/whole_base", "needs a base that is within your reach as a whole")])
    if pupil_ids:
        raise Invalid(errors=[("/pupil_ids", "must be empty when the whole base is booked")])
    return base_id


async def placed_on(caller: Caller, base_id: UUID, day: date) -> list[UUID]:
    """Return the pupils placed in a base on a day, by id."""
    statement = select(col(Placement.pupil_id)).where(
        col(Placement.base_id) == base_id,
        col(Placement.from_on) <= day,
        or_(col(Placement.until_on).is_(None), col(Placement.until_on) >= day),
    )
    return sorted((await caller.session.execute(statement)).scalars())
