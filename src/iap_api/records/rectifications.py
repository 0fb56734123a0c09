"""Rectifications over HTTP: what somebody says is wrong, kept beside the original, and what was decided.

The original is never overwritten here (UK GDPR, Articles 5, 16 and 19): where it was corrected, that was done where
it stands and its former value is kept; where it was not, the statement stands beside it.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import Uuid, null, select
from sqlmodel import SQLModel, col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import Invalid, Problem, problems
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Id, Line, Note, Shape
from iap_api.pupils.tables import Registration
from iap_api.records.plan import erasable
from iap_api.records.subjects import answering
from iap_api.records.tables import Rectification

routes = Routes("/v1/rectifications", "records")
Decision = Literal["corrected", "statement_added", "refused"]
Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]


class RectificationDecided(Problem):
    status, kind, title = 409, "rectification-decided", "That was decided already"
    advice = "Record a new one if there is something new to say."


class RectificationRead(Shape):
    """What is said to be wrong, and what was decided."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    resource: str
    resource_id: UUID
    field: str
    said_wrong: str
    statement: str
    asked_by: str
    recorded_by: UUID
    created_at: datetime
    decision: str | None
    decision_reason: str | None
    decided_at: datetime | None
    decided_by: UUID | None


class RectificationCreate(Body):
    """Which member of which record about the pupil is said to be wrong, and the words to stand beside it."""

    pupil_id: Id
    resource: Annotated[Word, Field(description="The table of the record, as the subject's package names it.")]
    resource_id: Id
    field: Word
    said_wrong: Note
    statement: Note
    asked_by: Line


class RectificationDecide(Body):
    """What was decided, and why."""

    decision: Decision
    decision_reason: Note


class RectificationFilters(Page):
    """Which of them."""

    pupil_id: Id | None = None
    resource_id: Id | None = None


rectification_visible = within_school(col(Rectification.school_id))

rectifications = Reading(
    RectificationRead, Rectification, visible=rectification_visible, resource="rectification",
    school=col(Rectification.school_id), pupil=col(Rectification.pupil_id),
    filters={
        "pupil_id": lambda value: col(Rectification.pupil_id) == value,
        "resource_id": lambda value: col(Rectification.resource_id) == value,
    },
)  # fmt: skip


@routes.get("", response_model=Listed[RectificationRead], summary="List rectifications")
async def list_rectifications(
    caller: Annotated[Caller, may(Permission.subject_request_read)], filters: Annotated[RectificationFilters, Query()]
) -> Response:
    """What is said to be wrong in files of the caller's schools, decided or not."""
    return await rectifications.page(caller, filters)


@routes.post("", response_model=RectificationRead, status_code=201, summary="Record what is said to be wrong")
async def create_rectification(
    caller: Annotated[Caller, may(Permission.subject_request_write)], body: RectificationCreate
) -> Response:
    """Put a statement beside a member of a record about the pupil; the record itself is not touched.

    The school whose record it is answers, whoever keeps the pupil's file.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{rectification_id}", response_model=RectificationRead, status_code=201,
    summary="Record what is said to be wrong under an id of your own",
)  # fmt: skip
async def put_rectification(
    caller: Annotated[Caller, may(Permission.subject_request_write)], rectification_id: Id, body: RectificationCreate
) -> Response:
    """As `create_rectification`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, rectification_id)


async def _create(caller: Caller, body: RectificationCreate, chosen: UUID | None) -> Response:
    row_id, fresh = await caller.once(body, chosen)
    if fresh:
        # locks the pupil: an erasure waits, or has taken place
        answers = await answering(caller, body.pupil_id)
        school_id = await _school_of_named(caller, body) or answers
        row = Rectification(id=row_id, school_id=school_id, recorded_by=caller.account_id, **body.model_dump())
        await caller.create(row, school_id, resource="rectification", pupil_ids=[body.pupil_id])
    location = f"/v1/rectifications/{row_id}"
    return await rectifications.one(caller, row_id, status=201 if fresh else 200, location=location)


async def _school_of_named(caller: Caller, body: RectificationCreate) -> UUID | None:
    """Return the school whose record it is, or None if it says none or only asked for the pupil: it answers for it.

    Raises `Invalid` unless the walk finds that record about that pupil within reach, and it has that member.
    """
    about = {one.name: one for one in erasable()}.get(body.resource)
    table = SQLModel.metadata.tables[body.resource] if about else None
    if about is None or table is None or not isinstance(getattr(table.c.get("id"), "type", None), Uuid):
        raise Invalid(errors=[("/resource", "is not a kind of record about pupils")])
    if body.field not in table.c:
        raise Invalid(errors=[("/field", "is not a member of that record")])
    school = table.c.school_id if "school_id" in table.c else null()
    wanted = select(school).where(table.c.id == body.resource_id, about.holds(body.pupil_id))
    found = (await caller.session.execute(wanted)).first()
    if found is None or (found[0] is not None and found[0] not in caller.scope.around):
        raise Invalid(errors=[("/resource_id", "is not a record about that pupil of a school within your reach")])
    registered = select(col(Registration.school_id)).where(
        col(Registration.pupil_id) == body.pupil_id, col(Registration.school_id) == found[0]
    )
    return (await caller.session.execute(registered)).scalar_one_or_none()


@routes.get("/{rectification_id}", response_model=RectificationRead, summary="Read a rectification")
async def read_rectification(
    caller: Annotated[Caller, may(Permission.subject_request_read)], rectification_id: Id
) -> Response:
    """One statement, and what was decided."""
    return await rectifications.one(caller, rectification_id)


@routes.post(
    "/{rectification_id}/decide", response_model=RectificationRead, summary="Decide a rectification",
    openapi_extra=problems(RectificationDecided),
)  # fmt: skip
async def decide_rectification(
    caller: Annotated[Caller, may(Permission.subject_request_write)], rectification_id: Id, body: RectificationDecide
) -> Response:
    """Say, once, whether the record was corrected, the statement stands beside it, or it was refused, and why."""
    row: Rectification = await for_change(caller, Rectification, rectification_id, rectification_visible)
    if row.decision is not None:
        raise RectificationDecided()
    values = {**body.model_dump(), "decided_at": clock.now(), "decided_by": caller.account_id}
    pupils = [row.pupil_id]
    await caller.change(
        row, values, row.school_id, resource="rectification", pupil_ids=pupils, kind="rectification.decided"
    )
    return await rectifications.one(caller, rectification_id)
