"""Timetables over HTTP: the week of a base or of a pupil on one sheet, with symbols for children who read little."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id
from iap_api.core.sheets.answering import answer_sheet
from iap_api.core.sheets.fitted_text import Line
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import reach_pupil, school_between
from iap_api.pupils.tables import Pupil
from iap_api.spaces.bookings.booking_scope import booking_visible
from iap_api.spaces.calendars.feed_scope import within
from iap_api.spaces.calendars.shown_bookings import bookings_of, initials_of, told
from iap_api.spaces.tables import Booking, Presence, Space
from iap_api.spaces.timetables.timetable_sheet import OF_A_BASE, OF_A_PUPIL, Card, Sheet, laid_out, week_of

routes = Routes("/v1", "timetables")
# more than that is no timetable anybody can read, and the sheet says so
MOST = 300
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The sheet", "content": {"image/svg+xml": {}, "application/pdf": {}}}
}


class TimetableAsked(Body):
    """Which week, and as what."""

    week: Day | None = Field(default=None, description="Any day of the week; without it, this week.")
    format: Literal["svg", "pdf"] = Field(default="svg", description="A picture for a page, or a page to print.")


@routes.get(
    "/bases/{base_id}/timetable",
    summary="Read the timetable of a base",
    response_class=Response,
    responses=_PICTURE,
)
async def read_base_timetable(
    caller: Annotated[Caller, may(Permission.booking_read)], base_id: Id, asked: Annotated[TimetableAsked, Query()]
) -> Response:
    """The week of a base as one sheet: its spaces, and halls when its children are there; overlapping ones abreast.

    It hangs on a wall, so pupils are initials, and those beyond your reach a number. Of a base within reach as a whole.
    """
    shown = await within(caller, caller.scope, "base_id", base_id)
    if shown is None:
        raise NotFound()
    monday = week_of(asked.week or clock.today())
    rows = await bookings_of(caller, shown, *_bounds(monday), MOST + 1)
    booked = [row for row in rows[:MOST] if row.status == "booked"]
    known = await initials_of(caller, (one for row in booked for one in row.pupil_ids))
    cards = []
    for row in booked:
        lines = [_space(row.space)]
        if row.pupil_ids:
            lines.append(Line(told(row.pupil_ids, known), True, f"+{len(row.pupil_ids)}"))
        cards.append(Card(row.purpose, row.starts_at, row.ends_at, lines, row.subject))
    if known:
        caller.saw("timetable", shown.school_id, sorted(known), base_id)
    note = f"The first {MOST} bookings of the week" if len(rows) > MOST else ""
    title = Line(shown.name, True, "The week")
    return await _answer(caller, laid_out(OF_A_BASE, title, monday, cards, note), asked.format)


@routes.get(
    "/pupils/{pupil_id}/timetable",
    summary="Read the timetable of a pupil",
    response_class=Response,
    responses=_PICTURE,
)
async def read_pupil_timetable(
    caller: Annotated[Caller, may(Permission.booking_read)], pupil_id: Id, asked: Annotated[TimetableAsked, Query()]
) -> Response:
    """The week of one pupil as one sheet with symbols, for a child who reads little: where, when and what.

    It holds the first name and no other child. A lesson that is interrupted stands before and after what interrupts it.
    """
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    school_id = await school_between(caller, pupil_id, file_school_id)
    monday = week_of(asked.week or clock.today())
    from_at, until_at = _bounds(monday)
    given = {**caller.scope.binds(), "pupil": pupil_id, "from": from_at, "until": until_at}
    rows: Sequence[Any] = await caller.rows(_presences(caller.scope.kinds), given)
    cards = [Card(row[0], row[2], row[3], [_space(row[4])], row[1]) for row in rows]
    caller.saw("timetable", school_id, [pupil_id], pupil_id)
    title = Line(f"{await _first_name(caller, pupil_id)}’s week", True, "My week")
    return await _answer(caller, laid_out(OF_A_PUPIL, title, monday, cards), asked.format)


def _space(name: str) -> Line:
    return Line(name, False, "Room")


def _bounds(monday: date) -> tuple[datetime, datetime]:
    begins, ends = (datetime.combine(day, time(), clock.LONDON) for day in (monday, monday + timedelta(days=7)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


@lru_cache(maxsize=16)
def _presences(kinds: frozenset[str]) -> Prepared:
    return Prepared(
        select(
            col(Booking.purpose), col(Booking.subject), col(Presence.starts_at), col(Presence.ends_at), col(Space.name)
        )
        .join(Booking, col(Booking.id) == col(Presence.booking_id))
        .join(Space, col(Space.id) == col(Presence.space_id))
        .where(
            col(Presence.pupil_id) == bindparam("pupil", type_=Uuid()),
            col(Presence.ends_at) > bindparam("from", type_=UtcDateTime()),
            col(Presence.starts_at) < bindparam("until", type_=UtcDateTime()),
            booking_visible(kinds),
        )
        .order_by(col(Presence.starts_at))
        .limit(MOST)
    )


_NAME = Prepared(
    select(col(Pupil.preferred_name), col(Pupil.given_name)).where(col(Pupil.id) == bindparam("pupil", type_=Uuid()))
)


async def _first_name(caller: Caller, pupil_id: UUID) -> str:
    ((preferred, given),) = await caller.rows(_NAME, {"pupil": pupil_id})
    return str(preferred or given)


async def _answer(caller: Caller, sheet: Sheet, form: str) -> Response:
    return await answer_sheet(
        sheet.drawn(), form, "timetable", "Timetable",
        if_none_match=caller.request.headers.get("if-none-match"), headers=PRIVATE,
    )  # fmt: skip
