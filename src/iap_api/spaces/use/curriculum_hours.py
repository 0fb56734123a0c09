"""Curriculum hours over HTTP: how long a pupil was really taught each subject, in the base and in class."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.access.scope import among
from iap_api.core import clock
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id, Shape
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import reach_pupil, school_between
from iap_api.pupils.tables import Pupil
from iap_api.spaces.bookings.booking_shapes import LESSONS, Subject
from iap_api.spaces.tables import Booking, Space
from iap_api.spaces.use.figure_period import DaysAsked, instants, lies_in, period_of
from iap_api.spaces.visits.visiting import WHEREABOUTS

routes = Routes("/v1/pupils/{pupil_id}/curriculum-hours", "use figures")
SUBJECTS: tuple[str, ...] = get_args(Subject)
MINUTE = timedelta(minutes=1)


class SubjectHours(Shape):
    """Whole minutes of one subject; null for lessons whose subject was not named."""

    subject: str | None
    base_minutes: int
    class_minutes: int


class CurriculumHoursRead(Shape):
    """Every subject of the National Curriculum, with 0 where the pupil had none: a gap is to be seen."""

    pupil_id: UUID
    from_on: date
    until_on: date
    subjects: list[SubjectHours]


_TAUGHT = Prepared(
    select(
        WHEREABOUTS.c.pupil_id, col(Booking.subject), col(Booking.purpose), col(Space.base_id), col(Space.kind),
        WHEREABOUTS.c.starts_at, WHEREABOUTS.c.ends_at,
    )
    # by way of the person: a list of ids would not find its way into the index of presences
    .join(Pupil, col(Pupil.id) == WHEREABOUTS.c.pupil_id)
    .join(Booking, col(Booking.id) == WHEREABOUTS.c.booking_id)
    .join(Space, col(Space.id) == WHEREABOUTS.c.space_id)
    .where(
        among(Pupil.id, "pupils"),
        or_(*(col(Booking.purpose) == one for one in sorted(LESSONS))),
        *lies_in(),
    )
)  # fmt: skip


@routes.get("", response_model=CurriculumHoursRead, summary="Count the curriculum hours of a pupil")
async def read_curriculum_hours(
    caller: Annotated[Caller, may(Permission.booking_read)], pupil_id: Id, asked: Annotated[DaysAsked, Query()]
) -> Response:
    """How long the pupil was there, not how long was booked: less visits to a retreat and whatever took them out.

    In the base is every lesson in its own spaces; in class, every re-integration lesson, and lessons in the
    re-integration classroom and in spaces of the whole school. Pupils of a base keep the full National Curriculum.
    """
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    found = await taught(caller, [pupil_id], *instants(asked))
    caller.saw("curriculum_hours", await school_between(caller, pupil_id, file_school_id), [pupil_id], pupil_id)
    shown = {
        "pupil_id": pupil_id, "from_on": asked.from_on, "until_on": asked.until_on, "subjects": found[pupil_id],
    }  # fmt: skip
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")


async def taught(
    caller: Caller, pupil_ids: Sequence[UUID], from_at: datetime, until_at: datetime
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the minutes of every subject for each of some pupils, who must be within the caller's reach."""
    now = clock.now()
    given = {"pupils": list(pupil_ids), **period_of(from_at, min(until_at, now))}
    times = {one: {subject: [timedelta(), timedelta()] for subject in (*SUBJECTS, None)} for one in pupil_ids}
    for pupil_id, subject, purpose, base_id, kind, starts_at, ends_at in await caller.rows(_TAUGHT, given):
        in_class = base_id is None or kind == "reintegration_classroom" or purpose == "reintegration_lesson"
        times[pupil_id][subject][in_class] += min(ends_at, now) - starts_at
    return {
        pupil_id: [
            {"subject": subject, "base_minutes": there // MINUTE, "class_minutes": in_class // MINUTE}
            for subject, (there, in_class) in by_subject.items()
        ]
        for pupil_id, by_subject in times.items()
    }
