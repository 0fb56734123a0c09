"""What a pupil is allergic to is not issued to them, unless somebody who may says why it is all the same.

How the rule holds: a trigger asks as the item is inserted, with the row of the pupil locked for reading, so an allergen
that is entered at the same moment is seen or waits (migrations/rules/allergens.py).
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.core.errors import Conflict, Invalid, NotYourRole
from iap_api.core.refusals import refuse
from iap_api.pupils.scope import about
from iap_api.pupils.tables import Pupil
from iap_api.toolbox.item_shapes import ToolboxItemIssue
from iap_api.toolbox.tables import Resource

within_override = about(col(Pupil.id))


class Allergic(Conflict):
    status, kind, title = 409, "allergic", "The pupil is allergic to something in it"
    # which one stands in the pupil's health section, whose readers are noted; a refusal notes nobody
    advice = "Choose something else; or a base lead or SENCO issues it and says why in allergy_override."


refuse("allergic", Allergic)


async def allergy_overridden(caller: Caller, pupil_id: UUID, issue: ToolboxItemIssue) -> bool:
    """Say whether an issue overrides an allergy, which it may; False for any other issue, which the database judges.

    Raises `NotYourRole` for an override by somebody who may not, and `Invalid` where nothing is to be overridden.
    """
    if issue.allergy_override is None:
        return False
    if not await _may_override(caller, pupil_id):
        raise NotYourRole("Only a base lead or a SENCO may issue what a pupil is allergic to.")
    in_it = select(col(Resource.allergens)).where(col(Resource.id) == issue.resource_id)
    of_pupil = select(col(Pupil.allergens)).where(col(Pupil.id) == pupil_id)
    found = [set((await caller.session.execute(one)).scalar_one()) for one in (in_it, of_pupil)]
    if not found[0] & found[1]:
        raise Invalid(errors=[("/allergy_override", "is for a resource with something the pupil is allergic to")])
    return True


async def _may_override(caller: Caller, pupil_id: UUID) -> bool:
    reach = caller.may(Permission.allergy_override)
    if reach is None:
        return False
    within = select(col(Pupil.id)).where(col(Pupil.id) == pupil_id, within_override(reach.kinds))
    return (await caller.session.execute(within, reach.binds())).first() is not None
