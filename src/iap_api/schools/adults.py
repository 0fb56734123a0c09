"""The rules about adults of a school that classes, bases and staff records share."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.tables import Account, HeldRole, Place
from iap_api.core.errors import Invalid
from iap_api.schools.tables import Staff


async def check_staff(caller: Caller, staff_id: UUID | None, school_id: UUID, pointer: str) -> None:
    """Check that an adult named in a body works at that school.

    Raises `Invalid`, the same for absent and elsewhere.
    """
    if staff_id is None:
        return
    works_there = select(col(Staff.id)).where(
        col(Staff.id) == staff_id, col(Staff.school_id) == school_id, col(Staff.ended_on).is_(None)
    )
    if (await caller.session.execute(works_there)).first() is None:
        raise Invalid(errors=[(pointer, "is not an adult who works at that school")])


async def check_account(caller: Caller, account_id: UUID | None, school_id: UUID, pointer: str) -> None:
    """Check that an account named in a body belongs to that school, or holds a role there.

    The trust above the school counts as well. Raises `Invalid`, the same for absent and elsewhere.
    """
    if account_id is None:
        return
    above = select(col(Place.trust_id)).where(col(Place.id) == school_id).scalar_subquery()
    places = select(col(Place.id)).where(or_(col(Place.school_id) == school_id, col(Place.id) == above))
    holders = select(col(HeldRole.account_id)).where(col(HeldRole.place_id).in_(places))
    wanted = select(col(Account.id)).where(
        col(Account.id) == account_id,
        col(Account.kind) == "person",
        or_(col(Account.place_id).in_(places), col(Account.id).in_(holders)),
    )
    if (await caller.session.execute(wanted)).first() is None:
        raise Invalid(errors=[(pointer, "is not a person's account at that school")])
