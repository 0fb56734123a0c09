"""The first statement of a guest's transaction: is the invitation still good, and about which school and pupil."""

from uuid import UUID

from sqlalchemy import TextualSelect, Uuid, bindparam, text

from iap_api.access.preamble import Entered
from iap_api.access.roles import Role
from iap_api.access.scope import Held
from iap_api.core import clock
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared, Transaction

_STATE = """
SELECT g.role, g.school_id, p.trust_id{fence}
FROM guests g
JOIN places p ON p.id = g.school_id
WHERE g.id = :guest_id AND g.session_id = :session_id AND g.withdrawn_at IS NULL AND g.expires_at > :now
"""
# as in preamble.py: row security reads it, and the transaction's end forgets it
_FENCE = ", set_config('iap.school_ids', CAST(g.school_id AS text), true)"


def _statement(fence: str) -> TextualSelect:
    return (
        text(_STATE.format(fence=fence))
        .bindparams(
            bindparam("guest_id", type_=Uuid()),
            bindparam("session_id", type_=Uuid()),
            bindparam("now", type_=UtcDateTime()),
        )
        .columns(school_id=Uuid(), trust_id=Uuid())
    )


_STATEMENTS = {"postgresql": Prepared(_statement(_FENCE)), "sqlite": Prepared(_statement(""))}


async def enter_as_guest(transaction: Transaction, dialect: str, guest_id: UUID, session_id: UUID) -> Entered | None:
    """Open the transaction for a guest and return the kind `guest`, the school and the one role held.

    None means that the invitation was withdrawn, renewed or has expired, or that the guest has signed out. A used one
    still shows its guest what was said until the token ends.
    """
    given = {"guest_id": guest_id, "session_id": session_id, "now": clock.now()}
    rows = await transaction.rows(_STATEMENTS[dialect], given)
    if not rows:
        return None
    role, school_id, trust_id = rows[0][:3]
    return Entered("guest", school_id, [Held(Role[role], "school", school_id, school_id, trust_id)], ())
