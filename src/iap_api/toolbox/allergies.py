"""What a pupil is allergic to is not issued to them, unless somebody who may says why it is all the same.

How the rule holds: a trigger asks as the item is inserted, with the row of the pupil locked for reading, so an allergen
that is entered at the same moment is seen or waits (migrations/rules/allergens.py).
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core.errors import Conflict
from iap_api.core.refusals import refuse
from iap_api.pupils.tables import Pupil
from iap_api.toolbox.tables import Resource


class Allergic(Conflict):
    status, kind, title = 409, "allergic", "The pupil is allergic to something in it"
    # to what stands in the pupil's health section, whose readers are noted; a refusal notes nobody
    advice = "Choose something else; or a base lead or SENCO issues it with a reason: POST …/items/despite-allergy."


class NotAllergic(Conflict):
    status, kind, title = 409, "not-allergic", "The pupil is allergic to nothing in it"
    advice = "Issue it as any other resource, without a reason."


refuse("allergic", Allergic)


async def check_allergic(caller: Caller, pupil_id: UUID, resource_id: UUID) -> None:
    """Raise `NotAllergic` unless pupil and resource, both within reach, share an allergen."""
    in_it = select(col(Resource.allergens)).where(col(Resource.id) == resource_id)
    of_pupil = select(col(Pupil.allergens)).where(col(Pupil.id) == pupil_id)
    found = [set((await caller.session.execute(one)).scalar_one()) for one in (in_it, of_pupil)]
    if not found[0] & found[1]:
        raise NotAllergic()
