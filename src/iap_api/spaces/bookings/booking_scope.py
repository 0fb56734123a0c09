"""Which bookings a caller sees, and what a caller may ask for in one: one statement each."""

from dataclasses import fields
from functools import lru_cache

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, false, func, or_, select
from sqlmodel import col

from iap_api.access.scope import among, shares
from iap_api.access.telling import told
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import current, pupil_visible
from iap_api.pupils.tables import Caseload, Placement, Pupil
from iap_api.schools.tables import Staff
from iap_api.spaces.conditions import Terms
from iap_api.spaces.tables import Booking, Series, Space

TERMS = tuple(one.name for one in fields(Terms))


_TOLD = told(
    own="{Things} that name a pupil on the caseload today.",
    base="{Things} of the spaces of {place}; of spaces open to the whole school, those that name a pupil placed there.",
    school="{Things} of {place}.",
)


@_TOLD
@lru_cache(maxsize=16)
def booking_visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the row filter for bookings.

    School reach: all of the school. Base reach: those of the base's spaces, and those of spaces open to the whole
    school that name a pupil of the base. Own: those that name a pupil of the caller's caseload.
    """
    return _visible(Booking, kinds)


@_TOLD
@lru_cache(maxsize=16)
def series_visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the row filter for series, as for bookings; one of a whole base names nobody, so no caseload opens it."""
    return _visible(Series, kinds)


def by_place(table: type[Booking | Series], kinds: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return the ways in which a place opens a booking, whoever is in it: its school, and the base of its space."""
    ways: list[ColumnElement[bool]] = []
    if "schools" in kinds:
        ways.append(among(table.school_id, "scope_schools"))
    if "bases" in kinds:
        near = select(col(Space.id)).where(among(Space.base_id, "scope_bases"))
        ways.append(col(table.space_id).in_(near))
    return ways


def _visible(table: type[Booking | Series], kinds: frozenset[str]) -> ColumnElement[bool]:
    ways = by_place(table, kinds)
    if "bases" in kinds:
        open_to_all = select(col(Space.id)).where(
            col(Space.base_id).is_(None), among(Space.school_id, "scope_base_schools")
        )
        # of the hall's own school: whoever works in two bases does not see in one school's hall the other's children
        placed = (
            select(col(Placement.pupil_id))
            .where(
                among(Placement.base_id, "scope_bases"),
                col(Placement.school_id) == col(table.school_id),
                current(col(Placement.from_on), col(Placement.until_on)),
            )
            .correlate(table)
        )
        ways.append(and_(col(table.space_id).in_(open_to_all), shares(table.pupil_ids, placed)))
    if "own" in kinds:
        mine = select(col(Caseload.pupil_id)).where(
            col(Caseload.account_id) == bindparam("scope_account", type_=Uuid()),
            current(col(Caseload.from_on), col(Caseload.until_on)),
        )
        ways.append(shares(table.pupil_ids, mine))
    return or_(false(), *ways)


@lru_cache(maxsize=16)
def space_within(kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for the spaces in which the caller may book."""
    ways: list[ColumnElement[bool]] = [among(Space.school_id, "scope_schools")] if "schools" in kinds else []
    if "bases" in kinds:
        ways.append(
            and_(
                among(Space.school_id, "scope_base_schools"),
                or_(among(Space.base_id, "scope_bases"), col(Space.base_id).is_(None)),
            )
        )
    if "own" in kinds:
        ways.append(among(Space.school_id, "scope_own_schools"))
    return or_(false(), *ways)


@lru_cache(maxsize=32)
def asked(kinds: frozenset[str], taking: bool) -> Prepared:
    """Return the statement that tells, in one round trip, what a booking asks for and how much of it is in reach.

    Columns: school_id, base_id, the space's terms, pupils within reach, adults of the school, bookings to take from
    that are within reach and overlap. No row: the space is absent or out of reach.
    """
    pupils = select(func.count(col(Pupil.id))).where(among(Pupil.id, "pupils"), pupil_visible(kinds))
    adults = select(func.count(col(Staff.id))).where(
        among(Staff.id, "adults"), col(Staff.school_id) == Space.school_id, col(Staff.ended_on).is_(None)
    )
    outers = select(func.count(col(Booking.id))).where(
        among(Booking.id, "outers"),
        col(Booking.school_id) == Space.school_id,
        booking_visible(kinds),
        col(Booking.starts_at) < bindparam("until", type_=UtcDateTime()),
        col(Booking.ends_at) > bindparam("from", type_=UtcDateTime()),
    )
    columns = [
        col(Space.school_id),
        col(Space.base_id),
        *(getattr(Space, name) for name in TERMS),
        pupils.scalar_subquery(),
        adults.correlate(Space).scalar_subquery(),
    ]
    if taking:
        columns.append(outers.correlate(Space).scalar_subquery())
    return Prepared(select(*columns).where(col(Space.id) == bindparam("space", type_=Uuid()), space_within(kinds)))
