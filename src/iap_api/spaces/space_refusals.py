"""What a refused change of a space is told: which member is wrong, and which bookings ahead stand in the way."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.core import clock
from iap_api.core.refusals import broken_rule
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.bookings.clashes import AdultsMissing, SpaceEnded, SpaceFull
from iap_api.spaces.bookings.missing_adults import too_few
from iap_api.spaces.tables import Booking, Presence

MOST = 20


async def space_refusal(caller: Caller, error: DBAPIError, space_id: UUID, values: dict[str, Any]) -> Exception:
    """Return the problem for a change of a space that bookings ahead forbid, with up to twenty occurrences.

    Their periods are named, and their ids as far as the caller reads bookings; nobody's name. Other errors come back.
    """
    rule = broken_rule(error)
    if rule not in ("space-full", "space-ended", "adults-missing"):
        return error
    await caller.begin_again()
    stays = await _ahead(caller, space_id)
    if rule == "space-full":
        pointer, detail = "/places", "is fewer than are booked at some instant ahead"
        found = _too_many(stays, values["places"])
        return SpaceFull(errors=[(pointer, detail)], clashes=found)
    if rule == "space-ended":
        last = datetime.combine(values["ended_on"], time(), UTC)
        found = _periods([stay for stay in stays if stay["ends_at"] > last])
        return SpaceEnded(errors=[("/ended_on", "lies before bookings that still stand")], clashes=found)
    of_people = [(stay["is_pupil"], stay["starts_at"], stay["ends_at"]) for stay in stays]
    missing = too_few(of_people, values["pupils_per_adult"])[:MOST]
    detail = "asks for more adults than are booked there at some instant ahead"
    return AdultsMissing(errors=[("/pupils_per_adult", detail)], missing=missing)


async def _ahead(caller: Caller, space_id: UUID) -> list[dict[str, Any]]:
    scope = caller.may(Permission.booking_read)
    seen = booking_visible(scope.kinds if scope else frozenset())
    statement = (
        select(
            col(Presence.pupil_id).is_not(None).label("is_pupil"), col(Presence.starts_at), col(Presence.ends_at),
            case((seen, Presence.booking_id)).label("booking_id"),
        )
        .join(Booking, col(Booking.id) == Presence.booking_id)
        .where(col(Presence.space_id) == space_id, col(Presence.ends_at) > clock.now())
        .order_by(col(Presence.starts_at), col(Presence.id))
    )  # fmt: skip
    rows = await caller.session.execute(statement, scope.binds() if scope else {})
    return [dict(row._mapping) for row in rows]


def _too_many(stays: list[dict[str, Any]], places: int) -> list[dict[str, Any]]:
    pupils = [stay for stay in stays if stay["is_pupil"]]
    crowded = [
        one
        for one in pupils
        if sum(other["starts_at"] <= one["starts_at"] < other["ends_at"] for other in pupils) > places
    ]
    return _periods(
        [stay for stay in pupils if any(stay["starts_at"] <= one["starts_at"] < stay["ends_at"] for one in crowded)]
    )


def _periods(stays: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each booking, or period of a booking unseen, once."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for stay in stays:
        shown = {name: stay[name] for name in ("booking_id", "starts_at", "ends_at") if stay[name] is not None}
        found.setdefault(tuple(shown.values()), shown)
    return list(found.values())[:MOST]
