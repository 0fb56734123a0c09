"""Availability over HTTP: where and when some people can be together, and why each other space is out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.errors import Invalid
from iap_api.core.routes import Routes
from iap_api.schools.school_days import SchoolCalendar
from iap_api.spaces.bookings.asked_for import approves
from iap_api.spaces.bookings.booking_shapes import WHOLE
from iap_api.spaces.free_times.availability_facts import Facts, Room, facts
from iap_api.spaces.free_times.availability_shapes import AvailabilityAsked, AvailabilityRead
from iap_api.spaces.free_times.free_places import Days, Party, free_in
from iap_api.spaces.free_times.free_starts import MINUTE, Span, Starts, at_clock, instant, number, peak

routes = Routes("/v1/availability", "availability")
MOST_DAYS = 14
# where it is usually done, best first; what is not named is as good as any other room
FITS: dict[str, tuple[str, ...]] = {
    "lesson": ("classroom", "stem_room", "economics_room"),
    "regulation": ("sensory_room", "retreat", "outdoor"),
    "therapy": ("sensory_room", "classroom"),
    "sensory_circuit": ("sensory_circuit", "outdoor"),
    "reintegration_lesson": ("reintegration_classroom", "classroom"),
    "meeting": ("classroom", "reintegration_classroom"),
}


@routes.get("", response_model=AvailabilityRead, summary="Find where and when people can be together")
async def find_availability(
    caller: Annotated[Caller, may(Permission.booking_write)], asked: Annotated[AvailabilityAsked, Query()]
) -> Response:
    """Every stretch of free time in every space you may book, the soonest first; each can be booked as it is answered.

    For pupils, where the school has entered an academic year, its school days alone are searched, and `not_school_days`
    names the others: they can be booked all the same, by whoever means them. What has passed of today is left out. Of
    two that begin together the one whose kind suits the purpose comes first, then the smaller. A space in which it
    cannot be is in `out` with the first reason that leaves no time; nobody's booking is named.
    """
    windows = _windows(asked)
    first, last = windows[0][1][0], windows[-1][1][1]
    found = await facts(caller, asked, instant(first), instant(last))
    people = Party(asked.pupil_ids, asked.staff_ids, asked.minutes * MINUTE, asked.features,
                   {one.role.value for one in caller.held}, asked.purpose in WHOLE)  # fmt: skip
    # adults meet, and rooms are worked on, on INSET days and in the holidays above all
    calendars = found.calendars if asked.pupil_ids else {}
    off = {school_id: _off(calendar, windows) for school_id, calendar in calendars.items()}
    days = {
        one: [window for window in windows if window[0] not in off.get(one, ())]
        for one in {room.school_id for room in found.rooms}
    }
    ranked, out = _sorted_out(caller, asked, people, days, found)
    for school_id in {room.school_id for room in found.rooms if room.of_their_school} if asked.pupil_ids else ():
        caller.saw("availability", school_id, asked.pupil_ids)
    shown = {
        "options": ranked[: asked.limit], "more": len(ranked) > asked.limit, "out": out,
        "not_school_days": [
            {"school_id": school_id, "on": on, "reason": reason}
            for school_id in sorted(off) for on, reason in off[school_id].items()
        ],
    }  # fmt: skip
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")


def _windows(asked: AvailabilityAsked) -> list[tuple[date, Span]]:
    """Return each day asked for with its window, from now on; raises `Invalid` naming what is wrong."""
    wrong = []
    if asked.until_on < asked.from_on:
        wrong.append(("/until_on", "lies before from_on"))
    elif (asked.until_on - asked.from_on).days >= MOST_DAYS:
        wrong.append(("/until_on", f"lies more than {MOST_DAYS} days on"))
    elif asked.until_on < clock.today():
        wrong.append(("/until_on", "lies in the past"))
    hours = _since_midnight(asked.until_time) - _since_midnight(asked.from_time)
    if hours < timedelta(minutes=asked.minutes):
        wrong.append(("/until_time", "leaves less time than `minutes` after from_time"))
    for name, ids in (("pupil_ids", asked.pupil_ids), ("staff_ids", asked.staff_ids)):
        if len(set(ids)) != len(ids):
            wrong.append((f"/{name}", "names the same one twice"))
    if wrong:
        raise Invalid(errors=wrong)
    days = [asked.from_on + timedelta(days=one) for one in range((asked.until_on - asked.from_on).days + 1)]
    now, length = number(clock.now()), asked.minutes * MINUTE
    windows = [
        (day, (max(at_clock(day, asked.from_time), now), at_clock(day, asked.until_time, last=True))) for day in days
    ]
    ahead = [(day, (begins, ends)) for day, (begins, ends) in windows if now + length <= ends]
    if not ahead:
        raise Invalid(errors=[("/until_time", "leaves less time than `minutes` from now on")])
    return ahead


def _off(calendar: SchoolCalendar, windows: Days) -> dict[date, str | None]:
    """Return the days asked for that a calendar says are no school days, with why."""
    told = (calendar.day(day) for day, _ in windows)
    return {one.on: one.reason for one in told if one.is_school_day is False}


def _since_midnight(wall: str) -> timedelta:
    moment = time.fromisoformat(wall)
    return timedelta(hours=moment.hour, minutes=moment.minute)


def _sorted_out(
    caller: Caller, asked: AvailabilityAsked, people: Party, days: Mapping[UUID, Days], found: Facts
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    options: list[tuple[tuple[object, ...], dict[str, object]]] = []
    out: list[dict[str, object]] = []
    fits = FITS.get(asked.purpose, ())
    for room in found.rooms:
        if room.ended_on is not None and room.ended_on <= asked.from_on:
            continue
        starts, reason, those = free_in(room, people, days[room.school_id], found.busy)
        if reason is not None:
            out.append(_out(room, reason, those, people))
            continue
        asks = room.terms.needs_approval and not approves(caller, room.school_id, room.base_id)
        fit = fits.index(room.kind) if room.kind in fits else len(fits)
        for one in _options(room, starts, people.length, asks, people.pupil_ids):
            options.append(((one["starts_at"], fit, room.places, room.id), one))
    ranked = [one for _, one in sorted(options, key=lambda pair: pair[0])]
    return ranked, sorted(out, key=lambda one: str(one["space_id"]))


def _options(room: Room, starts: Starts, length: int, asks: bool, those: Sequence[UUID]) -> Iterable[dict[str, object]]:
    pupils = [(one.starts_at, one.ends_at) for one in room.stays if one.is_pupil]
    pupils += [span for pupil_id, span in room.visits if pupil_id not in those]
    for first, last in starts:
        yield {
            "space_id": room.id, "base_id": room.base_id, "kind": room.kind, "starts_at": instant(first),
            "ends_at": instant(first + length), "latest_start": instant(last),
            "free_places": room.places - peak(pupils, (first, first + length)), "needs_approval": asks,
        }  # fmt: skip


def _out(room: Room, reason: str, those: Iterable[UUID], people: Party) -> dict[str, object]:
    elsewhere = set(those)
    return {
        "space_id": room.id, "reason": reason,
        "pupil_ids": [one for one in people.pupil_ids if one in elsewhere],
        "staff_ids": [one for one in people.staff_ids if one in elsewhere],
    }  # fmt: skip
