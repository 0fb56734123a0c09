"""A group named in a booking: its pupils, as whom it holds today, are booked one by one."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.core.errors import Invalid
from iap_api.pupils import groups
from iap_api.pupils.tables import Group


async def with_group(caller: Caller, values: dict[str, Any]) -> dict[str, Any]:
    """Return a booking's values with the pupils of its `group_id` in `pupil_ids`, and no longer a group.

    Raises `Invalid` for a group out of reach, one that holds nobody today, and one beside other pupils.
    """
    group_id: UUID | None = values.get("group_id")
    values = {name: value for name, value in values.items() if name != "group_id"}
    if group_id is None:
        return values
    if values["pupil_ids"] or values["whole_base"]:
        raise Invalid(errors=[("/group_id", "stands instead of pupil_ids and whole_base, not beside them")])
    scope = caller.may(Permission.group_read)
    within = select(col(Group.id)).where(
        col(Group.id) == group_id, groups.visible(scope.kinds if scope else frozenset())
    )
    if scope is None or (await caller.session.execute(within, scope.binds())).first() is None:
        raise Invalid(errors=[("/group_id", "is not a group within your reach")])
    values["pupil_ids"] = await groups.pupils_of(caller.session, group_id)
    if not values["pupil_ids"]:
        raise Invalid(errors=[("/group_id", "holds nobody today")])
    return values
