"""Overdue profiles over HTTP: whose next profile with an instrument is due, the longest waited for first."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import Date, Uuid, and_, bindparam, case, literal_column, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, Listed
from iap_api.core import clock
from iap_api.core.later_days import days_after
from iap_api.core.pages import Count, Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Day, Id, Shape
from iap_api.core.transactions import Prepared
from iap_api.profiles.library import instrument_named
from iap_api.profiles.profile_record import latest_profile, of_instrument
from iap_api.profiles.tables import Profile
from iap_api.pupils.scope import about, current
from iap_api.pupils.tables import Placement

routes = Routes("/v1/overdue-profiles", "profiles")
_Draft = aliased(Profile)


class OverdueRead(Shape):
    """One pupil who is placed in a base, and since when the next profile has been due."""

    pupil_id: UUID
    base_id: UUID
    placement_id: UUID
    instrument_id: UUID
    interval_weeks: int
    due_on: date
    days_overdue: int = Field(description="0 on the day itself, below 0 while it is still to come.")
    profile_id: UUID | None = Field(description="The latest completed profile; null while there is none.")
    observed_on: date | None
    draft_id: UUID | None = Field(description="A draft that somebody has begun: go on with that one.")


class OverdueFilters(Page):
    """With which instrument, in which base, and until when."""

    instrument_id: Annotated[Id, Field(description="Profiles with any version of this instrument count.")]
    base_id: Id | None = None
    due_before: Annotated[Day | None, Field(description="Without it, tomorrow: give a later day to plan ahead.")] = None
    interval_weeks: Annotated[
        Count | None, Field(ge=1, le=104, description="Instead of the instrument's own interval of re-assessment.")
    ] = None


@lru_cache(maxsize=64)
def _due(kinds: frozenset[str], *, in_base: bool, after: bool) -> Prepared:
    """Build the statement of one page; a profile is due its interval after the latest, and never before the placement.

    So whoever has none since the placement is due from its first day, unless a profile from before still lasts.
    """
    latest = latest_profile(col(Placement.pupil_id))
    runs_out = days_after(col(Profile.observed_on), "interval_days")
    from_on = col(Placement.from_on)
    due_on = case((runs_out > from_on, runs_out), else_=from_on)
    draft = (
        select(col(_Draft.id))
        .where(
            col(_Draft.pupil_id) == col(Placement.pupil_id),
            col(_Draft.status) == literal_column("'draft'"),
            of_instrument(_Draft),
        )
        .order_by(col(_Draft.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(
            col(Placement.pupil_id), col(Placement.base_id), col(Placement.id), col(Placement.school_id),
            due_on.label("due_on"), col(Profile.id).label("profile_id"), col(Profile.observed_on), draft.label("draft"),
        )
        .select_from(Placement)
        .outerjoin(Profile, col(Profile.id) == latest)
        .where(
            current(from_on, col(Placement.until_on)),
            about(col(Placement.pupil_id))(kinds),
            due_on < bindparam("due_before", type_=Date()),
        )
    )  # fmt: skip
    if in_base:
        found = found.where(col(Placement.base_id) == bindparam("base_id", type_=Uuid()))
    if after:
        last_day, last = bindparam("after_day", type_=Date()), bindparam("after", type_=Uuid())
        found = found.where(or_(due_on > last_day, and_(due_on == last_day, col(Placement.id) > last)))
    return Prepared(found.order_by(due_on, col(Placement.id)).limit(bindparam("limit")))


@routes.get("", response_model=Listed[OverdueRead], summary="List overdue profiles")
async def list_overdue_profiles(
    caller: Annotated[Caller, may(Permission.profile_read)], filters: Annotated[OverdueFilters, Query()]
) -> Response:
    """Pupils within reach who are placed in a base today and whose next profile is due, soonest due first.

    It is due when the re-assessment interval after the latest completed profile is over; with none that lasts into
    the placement, on the first day of the placement. An instrument out of reach answers 422.
    """
    instrument = await instrument_named(caller, filters.instrument_id)
    weeks = filters.interval_weeks or instrument.re_assessment_interval_weeks
    today = clock.today()
    asked = sorted((name, str(value)) for name, value in filters.filters().items())
    bound_to = f"{caller.account_id}|{caller.request.scope['path']}|{asked}"
    given: dict[str, Any] = {
        **caller.scope.binds(),
        "instrument_key": instrument.key,
        "instrument_trust": instrument.trust_id,
        "interval_days": 7 * weeks,
        "due_before": filters.due_before or today + timedelta(days=1),
        "limit": filters.limit + 1,
    }
    if filters.base_id:
        given["base_id"] = filters.base_id
    if filters.after:
        given["after_day"], given["after"] = caller.cursors.read_day(filters.after, bound_to)
    prepared = _due(caller.scope.kinds, in_base=filters.base_id is not None, after=bool(filters.after))
    rows = await caller.rows(prepared, given)
    shown = rows[: filters.limit]
    seen: dict[UUID, list[UUID]] = {}
    for row in shown:
        seen.setdefault(row[3], []).append(row[0])
    for school_id, pupil_ids in seen.items():
        caller.saw("profile", school_id, pupil_ids)
    items = [
        {
            "pupil_id": row[0],
            "base_id": row[1],
            "placement_id": row[2],
            "instrument_id": filters.instrument_id,
            "interval_weeks": weeks,
            "due_on": row[4],
            "days_overdue": (today - row[4]).days,
            "profile_id": row[5],
            "observed_on": row[6],
            "draft_id": row[7],
        }
        for row in shown
    ]
    headers, following = dict(PRIVATE), None
    if len(rows) > filters.limit:
        again = [pair for pair in caller.request.query_params.multi_items() if pair[0] != "after"]
        cursor = caller.cursors.sign_day(shown[-1][4], shown[-1][2], bound_to)
        following = f"{caller.request.scope['path']}?{urlencode([*again, ('after', cursor)])}"
        headers["Link"] = f'<{following}>; rel="next"'
    return Response(msgspec.json.encode({"items": items, "next": following}), 200, headers, "application/json")
