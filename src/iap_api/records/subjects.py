"""Whom the data-protection desk may deal with: every pupil who is, or ever was, registered at a school within reach."""

from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.errors import Invalid
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


async def answering(caller: Caller, pupil_id: UUID) -> UUID:
    """Return the school within reach that answers for a pupil: the one that keeps the file, if it is among them.

    Otherwise one where the pupil is or was registered: it holds records too, and answers for those. The pupil is
    locked: an erasure waits, or has taken place. Raises `Invalid`, the same for absent and out of reach.
    """
    keeps_file = select(col(Pupil.school_id)).where(col(Pupil.id) == pupil_id).with_for_update()
    registered = select(col(Registration.school_id)).where(
        col(Registration.pupil_id) == pupil_id, among(Registration.school_id, "scope_around")
    )
    # of a pupil of another trust who has left, row security shows the registration alone
    async with caller.beyond_fence():
        file_school = (await caller.session.execute(keeps_file)).scalar_one_or_none()
        found = await caller.session.execute(registered.order_by(col(Registration.id)), caller.scope.binds())
        schools = list(found.scalars())
    if not schools:
        raise Invalid(errors=[("/pupil_id", "is not a pupil of a school within your reach, now or ever")])
    return file_school if file_school in schools else schools[0]
