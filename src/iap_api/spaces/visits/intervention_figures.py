"""How often restrictive interventions happened: counts by base, kind and London month, which name no pupil."""

from collections import Counter
from datetime import timedelta
from functools import lru_cache

import msgspec
from fastapi import Response
from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.reading import PRIVATE
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.tables import Placement
from iap_api.spaces.tables import Space
from iap_api.spaces.visits.intervention_shapes import FigureFilters
from iap_api.spaces.visits.intervention_tables import RestrictiveIntervention
from iap_api.spaces.visits.visit_tables import Visit

YEAR = timedelta(days=366)


@lru_cache(maxsize=16)
def _happened(kinds: frozenset[str]) -> Prepared:
    """Columns: school, base, kind, when, signed. The base is that of the space, else the pupil's on that day."""
    record = RestrictiveIntervention
    day = func.date(col(record.started_at))
    placed = (
        select(col(Placement.base_id))
        .where(
            col(Placement.school_id) == col(record.school_id),
            col(Placement.pupil_id) == col(record.pupil_id),
            col(Placement.from_on) <= day,
            or_(col(Placement.until_on).is_(None), col(Placement.until_on) >= day),
        )
        .order_by(col(Placement.from_on), col(Placement.id))
        .limit(1)
        .correlate(record)
        .scalar_subquery()
    )
    base = func.coalesce(col(Space.base_id), placed)
    ways: list[ColumnElement[bool]] = []
    if "schools" in kinds:
        ways.append(among(record.school_id, "scope_schools"))
    if "bases" in kinds:
        ways.append(and_(among(record.school_id, "scope_base_schools"), among(base, "scope_bases")))
    return Prepared(
        select(
            col(record.school_id),
            base,
            col(record.kind),
            col(record.started_at),
            col(record.signed_at),
            col(record.withdrawn_at),
        )
        .outerjoin(Visit, col(Visit.id) == col(record.visit_id))
        .outerjoin(Space, col(Space.id) == col(Visit.space_id))
        .where(
            or_(false(), *ways),
            col(record.started_at) >= bindparam("from_at", type_=UtcDateTime()),
            col(record.started_at) < bindparam("until_at", type_=UtcDateTime()),
        )
    )


async def counted(caller: Caller, filters: FigureFilters) -> Response:
    """Answer how often, within reach and in the period asked for."""
    until_at = filters.until_at or clock.now()
    period = {"from_at": filters.from_at or until_at - YEAR, "until_at": until_at}
    every: Counter[tuple[str, str, str, str]] = Counter()
    unsigned: Counter[tuple[str, str, str, str]] = Counter()
    withdrawn: Counter[tuple[str, str, str, str]] = Counter()
    for school_id, base_id, kind, at, signed_at, withdrawn_at in await caller.rows(
        _happened(caller.scope.kinds), {**caller.scope.binds(), **period}
    ):
        key = (str(school_id), str(base_id or ""), f"{at.astimezone(clock.LONDON):%Y-%m}", kind)
        every[key] += withdrawn_at is None
        unsigned[key] += signed_at is None and withdrawn_at is None
        withdrawn[key] += withdrawn_at is not None
    items = [
        {"school_id": key[0], "base_id": key[1] or None, "kind": key[3], "month": key[2], "count": every[key],
         "unsigned": unsigned[key], "withdrawn": withdrawn[key]}
        for key in sorted(every)
    ]  # fmt: skip
    return Response(msgspec.json.encode({"items": items}), 200, dict(PRIVATE), "application/json")
