"""Whom the data-protection desk may deal with: every pupil who is, or ever was, registered at a school within reach."""

from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.transactions import Prepared
from iap_api.pupils.tables import Pupil, Registration


def once_here() -> ColumnElement[bool]:
    """Return the filter for pupils whose file a school within reach keeps, or who were ever registered there.

    The right of access does not end when a pupil leaves (UK GDPR article 15), so ended registrations count.
    """
    registered = select(col(Registration.pupil_id)).where(among(Registration.school_id, "scope_around"))
    return or_(among(Pupil.school_id, "scope_around"), col(Pupil.id).in_(registered))


_NAME = Prepared(
    select(col(Pupil.given_name), col(Pupil.preferred_name)).where(
        col(Pupil.id) == bindparam("wanted", type_=Uuid()), once_here()
    )
)


async def name_of(caller: Caller, pupil_id: UUID) -> str | None:
    """Return the name a pupil is called by, or None if the record is erased or out of reach."""
    rows = await caller.rows(_NAME, {**caller.scope.binds(), "wanted": pupil_id})
    return (rows[0][1] or rows[0][0]) if rows else None
