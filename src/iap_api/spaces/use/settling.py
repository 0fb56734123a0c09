"""After which spaces each pupil was back in the green zone: what their visits say, counted and never scored."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.spaces.visits.visit_tables import Visit

_VISITS = Prepared(
    select(col(Visit.pupil_id), col(Visit.space_id), col(Visit.zones_before), col(Visit.zones_after)).where(
        among(Visit.pupil_id, "pupils"),
        col(Visit.school_id) == bindparam("school", type_=Uuid()),
        col(Visit.ended_at).is_not(None),
        col(Visit.withdrawn_at).is_(None),
        col(Visit.started_at) >= bindparam("from", type_=UtcDateTime()),
        col(Visit.started_at) < bindparam("until", type_=UtcDateTime()),
    )
)


async def settled_in(
    caller: Caller, school_id: UUID, pupil_ids: Sequence[UUID], from_at: datetime, until_at: datetime
) -> list[dict[str, Any]]:
    """Return how many visits each pupil made to each space, and how many of those they came out of in green.

    `with_zones` are the visits into which the pupil did not go in green and of which both zones are known; `to_green`
    those of them that ended in green. For each pupil, the space that most often helped comes first.
    """
    given = {"pupils": list(pupil_ids), "school": school_id, "from": from_at, "until": until_at}
    visits: Counter[tuple[UUID, UUID]] = Counter()
    known: Counter[tuple[UUID, UUID]] = Counter()
    settled: Counter[tuple[UUID, UUID]] = Counter()
    for pupil_id, space_id, before, after in await caller.rows(_VISITS, given):
        told = bool(before) and bool(after) and "green" not in before
        visits[pupil_id, space_id] += 1
        known[pupil_id, space_id] += told
        settled[pupil_id, space_id] += told and "green" in after
    order = sorted(visits, key=lambda one: (one[0], -settled[one], known[one], one[1]))
    return [
        {"pupil_id": one[0], "space_id": one[1], "visits": visits[one], "with_zones": known[one],
         "to_green": settled[one]}
        for one in order
    ]  # fmt: skip
