"""Who sees whom: the one place where a reach becomes the rows about pupils that a query may return."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Uuid, and_, bindparam, false, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import Visible
from iap_api.access.scope import among
from iap_api.access.telling import Told
from iap_api.core.errors import Invalid, NotFound
from iap_api.pupils.tables import Caseload, Placement, Pupil, Registration

TODAY = bindparam("scope_today", type_=Date())


def current(from_on: Any, until_on: Any) -> ColumnElement[bool]:
    """Return the filter for periods of days that include today (both ends included)."""
    return and_(from_on <= TODAY, or_(until_on.is_(None), until_on >= TODAY))


def registered_now() -> ColumnElement[bool]:
    """Return the filter for registrations that open the record to their school today.

    An enrolment opens it before its first day, for a school prepares for a child who is to come; every other kind
    opens it from its first day on.
    """
    begun = or_(col(Registration.from_on) <= TODAY, col(Registration.kind) == "enrolled")
    return and_(begun, or_(col(Registration.until_on).is_(None), col(Registration.until_on) >= TODAY))


@lru_cache(maxsize=16)
def reached(kinds: frozenset[str]) -> tuple[Select[Any], ...]:
    """Return the statements that select, each in its own way, the ids of the pupils within reach (see `about`)."""
    ways: list[Select[Any]] = []
    if "schools" in kinds:
        registered = select(col(Registration.pupil_id)).where(
            among(Registration.school_id, "scope_schools"), registered_now()
        )
        ways.append(registered)
    if "bases" in kinds:
        placed = select(col(Placement.pupil_id)).where(
            among(Placement.base_id, "scope_bases"), current(col(Placement.from_on), col(Placement.until_on))
        )
        ways.append(placed)
    if "own" in kinds:
        mine = select(col(Caseload.pupil_id)).where(
            col(Caseload.account_id) == bindparam("scope_account", type_=Uuid()),
            current(col(Caseload.from_on), col(Caseload.until_on)),
        )
        ways.append(mine)
    return tuple(ways)


@lru_cache(maxsize=256)
def _seen_by(kinds: frozenset[str], pupil_id: Any) -> ColumnElement[bool]:
    return or_(false(), *(pupil_id.in_(one) for one in reached(kinds)))


def about(pupil_id: Any, whom: str = "{Things} of every pupil") -> Visible:
    """Return the row filter for rows about the pupil in column `pupil_id`.

    School reach: pupils registered there (`registered_now`). Base reach: pupils placed in the base now. Own: the
    caller's caseload. `whom` is how the sentences about these rows begin.
    """
    return Told(
        lambda kinds: _seen_by(kinds, pupil_id),
        {
            "own": f"{whom} on the caseload today.",
            "base": f"{whom} placed in {{place}} today.",
            "school": f"{whom} registered at {{place}} today, or enrolled to start there.",
        },
    )


pupil_visible = about(col(Pupil.id), "Every pupil")


@lru_cache(maxsize=16)
def _reachable(kinds: frozenset[str]) -> Any:
    return select(col(Pupil.id), col(Pupil.school_id), col(Pupil.trust_id)).where(
        among(Pupil.id, "wanted"), pupil_visible(kinds)
    )


async def reach_pupil(caller: Caller, pupil_id: UUID) -> tuple[UUID, UUID]:
    """Return (school_id, trust_id) of a pupil named in the path; raises `NotFound` when absent or out of reach."""
    found = (
        await caller.session.execute(_reachable(caller.scope.kinds), {**caller.scope.binds(), "wanted": [pupil_id]})
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[1], found[2]


async def reach_pupils(caller: Caller, pupil_ids: list[UUID], pointer: str = "/pupil_ids") -> dict[UUID, UUID]:
    """Return the school that keeps the file of each pupil named in a body.

    Raises `Invalid`, the same for ids that are absent and ids out of reach.
    """
    if not pupil_ids:
        return {}
    rows = (
        await caller.session.execute(_reachable(caller.scope.kinds), {**caller.scope.binds(), "wanted": pupil_ids})
    ).all()
    found = {row[0]: row[1] for row in rows}
    if len(found) != len(set(pupil_ids)):
        raise Invalid(errors=[(pointer, "names a pupil who is not within your reach")])
    return found


async def school_between(caller: Caller, pupil_id: UUID, file_school_id: UUID) -> UUID:
    """Return the school in whose record a new row about the pupil belongs.

    The file's own school when the caller works there, else the caller's school that the pupil is registered at.
    """
    if file_school_id in caller.scope.around:
        return file_school_id
    registered = (
        await caller.session.execute(
            select(col(Registration.school_id))
            .where(
                col(Registration.pupil_id) == pupil_id,
                among(Registration.school_id, "scope_around"),
                registered_now(),
            )
            .order_by(col(Registration.id))
            .limit(1),
            caller.scope.binds(),
        )
    ).scalar_one_or_none()
    return registered or file_school_id
