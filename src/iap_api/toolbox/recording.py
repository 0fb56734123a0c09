"""What a use must satisfy to be recorded: one thing used, a period that is over, zones named once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.errors import Invalid
from iap_api.pupils.scope import about, reach_pupils
from iap_api.pupils.tables import Registration
from iap_api.pupils.zones import CLOCK_SKEW
from iap_api.toolbox.tables import Resource, ToolboxItem
from iap_api.toolbox.use_shapes import UseCreate

LONGEST = timedelta(hours=12)
item_visible = about(col(ToolboxItem.pupil_id))


def zones_twice(sent: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong (pointer, why) with the zones sent: one that stands twice before or after."""
    named = {name: sent.get(name, []) for name in ("zones_before", "zones_after")}
    return [(f"/{name}", "names a zone twice") for name, zones in named.items() if len(set(zones)) != len(zones)]


def ended_at(use: UseCreate) -> datetime:
    """Return when the use ended.

    Raises `Invalid` unless exactly one of end and minutes was sent, one way of saying what was used, the period is
    over (a phone's clock may be a little fast) and no zone stands twice.
    """
    ways = (use.toolbox_item_id is not None, use.resource_id is not None, use.pupil_id is not None)
    wrong: list[tuple[str, str]] = []
    if ways not in ((True, False, False), (False, True, True)):
        wrong.append(("", "send toolbox_item_id alone, or resource_id and pupil_id"))
    wrong += zones_twice(use.model_dump())
    end = use.ended_at
    if use.minutes is not None and end is None:
        end = use.started_at + timedelta(minutes=use.minutes)
    elif use.minutes is not None or end is None:
        wrong.append(("", "send one of ended_at and minutes"))
    if end is not None:
        if end <= use.started_at:
            wrong.append(("/ended_at", "must be later than started_at"))
        elif end - use.started_at > LONGEST:
            wrong.append(("/ended_at", "must be at most 12 hours after started_at"))
        elif end > clock.now() + CLOCK_SKEW:
            wrong.append(("/ended_at" if use.ended_at else "/minutes", "makes it end in the future"))
    if wrong or end is None:
        raise Invalid(errors=wrong)
    return end


async def what_was_used(caller: Caller, use: UseCreate) -> tuple[UUID, UUID, UUID]:
    """Return (school_id, pupil_id, resource_id); raises `Invalid`, the same for absent and out of reach."""
    if use.toolbox_item_id is not None:
        return await _out_of_toolbox(caller, use.toolbox_item_id, use.started_at)
    if use.pupil_id is None or use.resource_id is None:
        raise Invalid(errors=[("", "send toolbox_item_id alone, or resource_id and pupil_id")])
    await reach_pupils(caller, [use.pupil_id], "/pupil_id")
    # the record belongs to the school that owns the resource, and the pupil must be known there
    school_id = (
        await caller.session.execute(
            select(col(Resource.school_id))
            .join(
                Registration,
                and_(
                    col(Registration.school_id) == Resource.school_id,
                    col(Registration.pupil_id) == use.pupil_id,
                ),
            )
            .where(col(Resource.id) == use.resource_id, among(Resource.school_id, "scope_around")),
            caller.scope.binds(),
        )
    ).scalar_one_or_none()
    if school_id is None:
        raise Invalid(errors=[("/resource_id", "is not a resource of a school of yours and the pupil's")])
    return school_id, use.pupil_id, use.resource_id


async def _out_of_toolbox(caller: Caller, item_id: UUID, at: datetime) -> tuple[UUID, UUID, UUID]:
    found = (
        await caller.session.execute(
            select(
                col(ToolboxItem.school_id),
                col(ToolboxItem.pupil_id),
                col(ToolboxItem.resource_id),
                col(ToolboxItem.returned_at),
                col(ToolboxItem.lost_at),
            ).where(col(ToolboxItem.id) == item_id, item_visible(caller.scope.kinds)),
            caller.scope.binds(),
        )
    ).one_or_none()
    if found is None:
        raise Invalid(errors=[("/toolbox_item_id", "is not an item of a toolbox within your reach")])
    if found.returned_at is not None and at >= found.returned_at:
        raise Invalid(errors=[("/toolbox_item_id", "was returned before that time")])
    if found.lost_at is not None and at >= found.lost_at:
        raise Invalid(errors=[("/toolbox_item_id", "was lost before that time")])
    return found.school_id, found.pupil_id, found.resource_id
