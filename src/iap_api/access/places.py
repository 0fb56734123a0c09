"""Where roles are held: which places a caller reaches, and at which kind of place each role makes sense."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.roles import Role
from iap_api.access.scope import Scope, among
from iap_api.access.tables import Place
from iap_api.core.errors import Invalid

# a role held wider or narrower than its holder's work would reach further than the role's description says
HELD_AT: dict[Role, frozenset[str]] = {
    Role.teaching_assistant: frozenset({"base"}),
    Role.class_teacher: frozenset({"school"}),
    Role.base_lead: frozenset({"base"}),
    Role.senco: frozenset({"school"}),
    Role.headteacher: frozenset({"school"}),
    Role.safeguarding_lead: frozenset({"school"}),
    Role.therapist: frozenset({"school"}),
    Role.referrer: frozenset({"school"}),
    Role.office: frozenset({"school"}),
    Role.governor: frozenset({"school"}),
    Role.trust_inclusion_lead: frozenset({"trust"}),
    Role.trust_analyst: frozenset({"trust"}),
    Role.data_protection_officer: frozenset({"trust", "school"}),
    Role.administrator: frozenset({"trust", "school"}),
    Role.mis: frozenset({"trust", "school"}),
    Role.trust_feed: frozenset({"trust"}),
    # a guest has an invitation and no account
    Role.parent_carer: frozenset(),
    Role.pupil: frozenset(),
    Role.outside_professional: frozenset(),
}
CLIENT_ROLES = frozenset({Role.mis, Role.trust_feed})
GUEST_ROLES = frozenset({Role.parent_carer, Role.pupil, Role.outside_professional})


def place_within(column: Any) -> ColumnElement[bool]:
    """Return the filter for rows whose place, in `column`, is within the caller's schools or trusts."""
    return or_(
        among(column, "scope_trusts"),
        column.in_(select(col(Place.id)).where(among(Place.school_id, "scope_around"))),
    )


def holds(scope: Scope, place: Place) -> bool:
    """Say whether a place lies within a scope: the trust itself, or a school or base of its schools."""
    return place.id in scope.trusts or (place.school_id is not None and place.school_id in scope.schools)


async def reach_place(caller: Caller, place_id: UUID, pointer: str = "/place_id") -> Place:
    """Return a place named in a body; raises `Invalid`, the same for absent and out of reach."""
    place = await caller.session.get(Place, place_id)
    if place is None or not holds(caller.scope, place):
        raise Invalid(errors=[(pointer, "is not a place within your reach")])
    return place


def chain_of(place: Place) -> UUID:
    """Return whose ledger tells of what happens at a place: its school's, or the trust's own."""
    return place.school_id or place.id
