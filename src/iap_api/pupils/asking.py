"""The rule of asking for a pupil by UPN and birthday: kept as a keyed digest, it can wait for a child to come."""

import hmac
from datetime import date

from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.pupils.tables import Pupil, RegistrationRequest
from iap_api.schools.tables import School


async def asked_for(caller: Caller, upn: str, born_on: date) -> bytes:
    """Return the keyed digest of a child asked for, and keep twins of it out until this transaction ends.

    An ask and the child's coming onto the roll would otherwise miss each other.
    """
    # not `caller.digest`: that one tells addresses apart, and a child is asked for at one and entered at another
    digest = hmac.digest(caller.request.app.state.digest_key, f"asked for {upn} {born_on}".encode(), "sha256")
    if caller.dialect == "postgresql":
        twin = bindparam("twin", int.from_bytes(digest[:8], signed=True), type_=BigInteger())
        await caller.session.execute(select(func.pg_advisory_xact_lock(twin)))
    return digest


async def answer_waiting(caller: Caller, pupil: Pupil) -> None:
    """Tie to a pupil the requests of the trust's schools that asked for them before they were on the roll.

    The requests keep their version: the asking school must not see that the child has become known.
    """
    if pupil.upn is None:
        return
    digest = await asked_for(caller, pupil.upn, pupil.born_on)
    waiting = (
        update(RegistrationRequest)
        .where(
            col(RegistrationRequest.asked_for) == digest,
            col(RegistrationRequest.pupil_id).is_(None),
            col(RegistrationRequest.school_id).in_(
                select(col(School.id)).where(col(School.trust_id) == pupil.trust_id)
            ),
        )
        .values(pupil_id=pupil.id)
        .execution_options(synchronize_session=False)
    )
    async with caller.beyond_fence():
        await caller.session.execute(waiting)
