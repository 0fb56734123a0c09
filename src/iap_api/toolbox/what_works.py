"""What works over HTTP: how often a pupil, or the pupils within reach, came with a thing into the zone they wanted."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Response
from sqlalchemy import Uuid, bindparam, func, not_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, within_school
from iap_api.access.scope import Scope, length
from iap_api.core.errors import NotFound
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import about, reach_pupil, school_between
from iap_api.toolbox.counting import times
from iap_api.toolbox.scope import holds
from iap_api.toolbox.tables import Resource, Use
from iap_api.toolbox.what_works_shapes import FEWEST, Went, WhatWorked, WhatWorks

routes = Routes("/v1", "toolbox")
resource_visible = within_school(col(Resource.school_id))
_NAMES = tuple(Went.model_fields)
# a toolbox holds a dozen things; nobody reads a longer list
MOST = 200


def percent(arrived: int, known: int) -> int | None:
    """Return how many of a hundred uses went well, rounded half up; None under five, where nothing is claimed."""
    return None if known < FEWEST else (200 * arrived + known) // (2 * known)


@lru_cache(maxsize=32)
def _went(kinds: frozenset[str], whose: str) -> Prepared:
    known = length(Use.zones_after) > 0
    before, after = holds(Use.zones_before, Use.zone_wanted), holds(Use.zones_after, Use.zone_wanted)
    wanted = col(Use.pupil_id) if whose == "pupil" else col(Use.resource_id)
    found = (
        select(
            col(Use.resource_id), col(Resource.name), func.count(func.distinct(col(Use.pupil_id))), func.count(),
            func.max(col(Use.started_at)), times(known), times(after, not_(before)), times(after, before),
            times(col(Use.helped).is_not(None)),
            *(times(col(Use.helped) == said) for said in ("yes", "partly", "no")),
        )
        .join(Resource, col(Resource.id) == col(Use.resource_id))
        .where(
            wanted == bindparam("wanted", type_=Uuid()),
            col(Use.withdrawn_at).is_(None),
            about(col(Use.pupil_id))(kinds),
        )
        .group_by(col(Use.resource_id), col(Resource.name))
        .limit(MOST)
    )  # fmt: skip
    return Prepared(found)


async def _counted(caller: Caller, scope: Scope, whose: str, wanted: UUID) -> list[dict[str, Any]]:
    rows = await caller.rows(_went(scope.kinds, whose), {**scope.binds(), "wanted": wanted})
    items = [_item(row) for row in rows]
    # what can be said comes first, then what was used most
    return sorted(items, key=lambda one: (one["percent"] is None, -(one["percent"] or 0), -one["uses"], one["name"]))


def _item(row: Sequence[Any]) -> dict[str, Any]:
    known, reached, stayed = (int(number) for number in row[5:8])
    cells = (*row[:5], known, reached, stayed, percent(reached + stayed, known), *(int(number) for number in row[8:]))
    return dict(zip(_NAMES, cells, strict=True))


@routes.get("/pupils/{pupil_id}/what-works", response_model=WhatWorks, summary="Tell what works for a pupil")
async def read_what_works(caller: Annotated[Caller, may(Permission.toolbox_read)], pupil_id: Id) -> Response:
    """How often each thing was used, and how often the pupil then reached, or stayed in, the zone they wanted.

    No zone is a bad one and none is a score; a rate stands beside its count, and there is none under five. Withdrawn
    uses count nowhere.
    """
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    items = await _counted(caller, caller.scope, "pupil", pupil_id)
    caller.saw("use", await school_between(caller, pupil_id, file_school_id), [pupil_id], pupil_id)
    return Response(msgspec.json.encode({"pupil_id": pupil_id, "items": items}), 200, dict(PRIVATE), "application/json")


@lru_cache(maxsize=16)
def _resource(kinds: frozenset[str]) -> Prepared:
    found = select(col(Resource.school_id)).where(col(Resource.id) == bindparam("wanted", type_=Uuid()))
    return Prepared(found.where(resource_visible(kinds)))


@routes.get("/resources/{resource_id}/what-works", response_model=WhatWorked, summary="Tell how a resource works")
async def read_resource_works(caller: Annotated[Caller, may(Permission.resource_read)], resource_id: Id) -> Response:
    """The same of one resource over all pupils within reach: is it worth another one, or is it time to part with it.

    Whoever reads the catalogue and no toolboxes is told nothing of pupils: `went` is null.
    """
    rows = await caller.rows(_resource(caller.scope.kinds), {**caller.scope.binds(), "wanted": resource_id})
    if not rows:
        raise NotFound()
    scope = caller.may(Permission.toolbox_read)
    items = await _counted(caller, scope, "resource", resource_id) if scope else []
    shown = {"resource_id": resource_id, "went": items[0] if items else None}
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")
