"""Trusts over HTTP: read by those who work in them."""

from typing import Annotated, Any

from fastapi import Query, Response
from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading
from iap_api.access.scope import among
from iap_api.access.telling import told
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.school_shapes import TrustRead
from iap_api.schools.tables import School, Trust

routes = Routes("/v1/trusts", "schools")


@told(school="The trust of {place}.", trust="{place}.")
def _visible(_kinds: frozenset[str]) -> Any:
    # whoever works in a school knows its trust; whoever works for the trust knows it before it has a school
    of_schools = select(col(School.trust_id)).where(among(School.id, "scope_around"))
    return or_(among(Trust.id, "scope_trusts"), col(Trust.id).in_(of_schools))


trusts = Reading(TrustRead, Trust, visible=_visible, resource="trust", school=col(Trust.id))


@routes.get("", response_model=Listed[TrustRead], summary="List trusts")
async def list_trusts(
    caller: Annotated[Caller, may(Permission.setting_read)], page: Annotated[Page, Query()]
) -> Response:
    """The trusts of the caller's schools: for nearly everybody, one."""
    return await trusts.page(caller, page)


@routes.get("/{trust_id}", response_model=TrustRead, summary="Read a trust")
async def read_trust(caller: Annotated[Caller, may(Permission.setting_read)], trust_id: Id) -> Response:
    """One trust."""
    return await trusts.one(caller, trust_id)
