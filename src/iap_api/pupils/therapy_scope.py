"""Whose therapy notes: the author's own, about a pupil whom the author sees for therapy today.

A note belongs to the therapeutic relationship. When that ends (the caseload entry `therapy` ends, the child leaves) the
work is over and so is the need to read it: the note is closed to its author as well, until a new entry opens the work
again, which the SENCO grants and the ledger shows. Whatever else lets an account see the child (key adult, a day-long
grant) is no therapy and opens nothing. Nobody inherits notes: a colleague who takes over is told what she needs to know
by the therapist and the family, not by reading. What is kept after that is kept for the retention schedule, for the
subject and for a court, through the data-protection desk (UK GDPR, article 5(1)(b) and (c); DPA 2018, schedule 3,
part 2: health data are released to the subject only after the health professional's opinion).
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, false, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.telling import told
from iap_api.core.errors import Invalid
from iap_api.pupils.scope import current
from iap_api.pupils.tables import Caseload, Pupil, TherapyNote

_ME = bindparam("scope_account", type_=Uuid())
_IN_THERAPY = select(col(Caseload.pupil_id)).where(
    col(Caseload.account_id) == _ME,
    col(Caseload.why) == "therapy",
    current(col(Caseload.from_on), col(Caseload.until_on)),
)
_OWN_NOTES = and_(col(TherapyNote.account_id) == _ME, col(TherapyNote.pupil_id).in_(_IN_THERAPY))
_PUPIL = select(col(Pupil.school_id)).where(
    col(Pupil.id) == bindparam("wanted", type_=Uuid()), col(Pupil.id).in_(_IN_THERAPY)
)


@told(own="{Things} that you wrote about a pupil who is in therapy with you today.")
def note_visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for the caller's own notes about pupils in therapy with them; no wider reach widens it."""
    return _OWN_NOTES if "own" in kinds else false()


async def reach_for_therapy(caller: Caller, pupil_id: UUID) -> UUID:
    """Return the school that keeps the file of a pupil in therapy with the caller.

    Raises `Invalid`, the same for a pupil who is absent, out of reach, or seen for another reason than therapy.
    """
    found = None
    if caller.scope.own:
        found = (
            await caller.session.execute(_PUPIL, {**caller.scope.binds(), "wanted": pupil_id})
        ).scalar_one_or_none()
    if found is None:
        raise Invalid(errors=[("/pupil_id", "names a pupil who is not in therapy with you")])
    return found
