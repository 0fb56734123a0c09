"""Calendars: what a calendar program is given at the secret address of a feed."""

import hashlib
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import Depends, Response

from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.preconditions import matches
from iap_api.core.routes import Routes
from iap_api.core.typesetting import typeset
from iap_api.spaces.calendars.entries import Entry
from iap_api.spaces.calendars.feed_door import FeedCaller, FeedDoor
from iap_api.spaces.calendars.shown_bookings import ShownBooking, bookings_of, initials_of, told
from iap_api.spaces.timetables.purposes import in_words

routes = Routes("/v1/calendars", "calendar feeds")
BACK, AHEAD = timedelta(days=30), timedelta(days=180)
# a second of work; a base with sixty bookings a day has fewer in a term
MOST = 5000
STATUS = {"booked": "CONFIRMED", "requested": "TENTATIVE"}
CALENDAR = "text/calendar; charset=utf-8"


@routes.get(
    "/{secret}.ics",
    summary="Read a calendar",
    response_class=Response,
    responses={200: {"description": "An iCalendar file", "content": {"text/calendar": {}}}},
)
async def read_calendar(caller: Annotated[FeedCaller, Depends(FeedDoor())], secret: str) -> Response:
    """The bookings of a feed from 30 days ago to 180 days ahead as iCalendar (RFC 5545), at most 5,000 of them.

    No token is needed: the address is the secret. A cancelled booking stays, marked as such. Pupils are initials,
    those beyond the reach of the feed's maker a number; each answer that shows them is recorded as read by the maker,
    a 304 is not. Programs come when they like, some only once a day: this is no way to tell of a change on the same
    day.
    """
    now = clock.now()
    rows = await bookings_of(caller, caller.shown, now - BACK, now + AHEAD, MOST)
    known = await initials_of(caller, (one for row in rows for one in row.pupil_ids))
    entries = [_entry(row, told(row.pupil_ids, known)) for row in rows]
    shown = msgspec.json.encode([caller.shown.name, entries])
    tag = f'"{hashlib.blake2b(shown, digest_size=12).hexdigest()}"'
    headers = {**PRIVATE, "ETag": tag}
    if matches(caller.request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    made = await typeset("iap_api.spaces.calendars.icalendar_writer", given=shown)
    if known:
        caller.saw("calendar_feed", caller.shown.school_id, sorted(known), caller.feed_id)
    headers["Content-Disposition"] = 'inline; filename="bookings.ics"'
    return Response(made, 200, headers, CALENDAR)


def _entry(row: ShownBooking, pupils: str) -> Entry:
    summary = ": ".join([in_words(row.purpose, row.subject)] + [pupils] * bool(pupils))
    status = STATUS.get(row.status, "CANCELLED")
    return Entry(row.id, row.version, row.updated_at, row.starts_at, row.ends_at, status, summary, row.space)
