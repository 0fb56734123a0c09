"""The days of a series booked at once: what the database refuses is found by halving, so that one day costs little."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from iap_api.access.caller import Caller
from iap_api.core.errors import Conflict
from iap_api.core.refusals import broken_rule
from iap_api.core.tables import new_id
from iap_api.spaces.bookings.clashes import RULES
from iap_api.spaces.bookings.in_the_way import in_the_way, shown_in, wanted
from iap_api.spaces.bookings.locks import hold_people, hold_spaces
from iap_api.spaces.bookings.refused_requests import note_refused
from iap_api.spaces.series.series_asked import Planned
from iap_api.spaces.tables import Booking

_OF_SERIES = ("space_id", "purpose", "subject", "note", "whole_base", "staff_ids")


class SeriesClash(Conflict):
    status, kind, title = 409, "series-clash", "Some days of the series are taken"
    advice = "Choose another time or space; a new series may skip them with on_conflict."


async def book_days(
    caller: Caller, series_id: UUID, values: Mapping[str, Any], plan: Planned
) -> tuple[dict[date, str], dict[date, dict[str, Any]]]:
    """Book the days of a plan that are free; return the rules that refused the others, and their rows.

    All locks are taken first, in the order in which every booking takes them: each day alone would go back to the
    space after the people. Raises sqlalchemy's errors that stand for no rule of bookings.
    """
    pupil_ids = {pupil_id for one in plan.slots for pupil_id in one.pupil_ids}
    await hold_spaces(caller, [values["space_id"]])
    await hold_people(caller, pupil_ids, values["staff_ids"])
    rows = [
        {
            **{name: values[name] for name in _OF_SERIES},
            "id": new_id(), "school_id": plan.school_id, "starts_at": one.starts_at, "ends_at": one.ends_at,
            "status": plan.status, "pupil_ids": one.pupil_ids, "booked_by": caller.account_id, "series_id": series_id,
            "series_on": one.on,
        }
        for one in plan.slots
    ]  # fmt: skip
    refused: dict[date, str] = {}
    waiting = [rows] if rows else []
    while waiting:
        some = waiting.pop()
        try:
            async with caller.transaction.part():
                await caller.insert_many(Booking, some, plan.school_id, resource="booking", pupils="pupil_ids")
        except DBAPIError as error:
            rule = rule_of(error)
            if len(some) == 1:
                refused[some[0]["series_on"]] = rule
            else:
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
    return refused, {row["series_on"]: row for row in rows}


def rule_of(error: DBAPIError) -> str:
    """Return the rule of bookings that refused a row; raises the error itself where it is none of them."""
    rule = broken_rule(error)
    if rule not in RULES:
        raise error
    return rule


async def clash(
    caller: Caller, space_id: UUID, rules: Mapping[date, str], rows: Mapping[date, Mapping[str, Any]],
    by_terms: Mapping[date, str],
) -> SeriesClash:  # fmt: skip
    """Return the problem that names each refused day and what stands in its way, and give up the transaction.

    `rules` are the database's refusals of `rows` (a booking's columns), `by_terms` the kinds of the space's own.
    """
    named: list[dict[str, Any]] = [{"on": on, "reason": kind} for on, kind in by_terms.items()]
    shown: list[UUID] = []
    for on, rule in rules.items():
        more = await in_the_way(caller, rule, wanted(rows[on]))
        shown += shown_in(more)
        named.append({"on": on, "reason": RULES[rule].kind, **more})
    if named:
        await note_refused(caller, space_id, [one["reason"] for one in named], shown)
    return SeriesClash(occurrences=sorted(named, key=lambda one: one["on"]))
