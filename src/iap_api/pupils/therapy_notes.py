"""Therapy notes over HTTP: written and read by their therapist alone, sealed before they reach the database."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Day, Id, LongNote, Shape
from iap_api.pupils.note_seals import NoteKeyMissing, NoteUnreadable, former_text, keys_of, opened, sealed_in
from iap_api.pupils.scope import school_between
from iap_api.pupils.tables import TherapyNote
from iap_api.pupils.therapy_scope import note_visible, reach_for_therapy

routes = Routes("/v1/therapy-notes", "therapy notes")
Kind = Literal["individual", "group", "family", "parent_carer", "assessment", "consultation", "other"]
_ONE = bindparam("wanted", type_=Uuid())
SEALED = problems(NoteKeyMissing, NoteUnreadable)


class TherapyNoteListed(Shape):
    """That there is a note: a list shows no text, so that nobody reads over a shoulder and no broken note hides it."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    session_on: date
    kind: str
    corrections: int
    created_at: datetime
    withdrawn_at: datetime | None


class TherapyNoteRead(Shape):
    """One note, for the one who wrote it; `corrections` says how often its text was written anew."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    session_on: date
    kind: str
    text: str
    corrections: int
    created_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None


class TherapyNoteCreate(Body):
    """What happened in a session; without `session_on`, today's."""

    pupil_id: Id
    session_on: Day | None = None
    kind: Kind = "individual"
    text: LongNote


class TherapyNoteChange(Body):
    """What may be corrected (merge patch)."""

    session_on: Day = Field(default_factory=clock.today)
    kind: Kind = Field(default_factory=lambda: "individual")
    text: LongNote = Field(default_factory=lambda: "")


class TherapyNoteFilters(Page):
    """Which notes."""

    pupil_id: Id | None = None


notes = Reading(
    TherapyNoteListed, TherapyNote, visible=note_visible, resource="therapy_note", school=col(TherapyNote.school_id),
    pupil=col(TherapyNote.pupil_id), filters={"pupil_id": lambda value: col(TherapyNote.pupil_id) == value},
)  # fmt: skip
whole = Reading(
    TherapyNoteRead, TherapyNote, visible=note_visible, resource="therapy_note", school=col(TherapyNote.school_id),
    pupil=col(TherapyNote.pupil_id),
)  # fmt: skip


@routes.get("", response_model=Listed[TherapyNoteListed], summary="List therapy notes")
async def list_therapy_notes(
    caller: Annotated[Caller, may(Permission.therapy_note_read)], filters: Annotated[TherapyNoteFilters, Query()]
) -> Response:
    """The caller's own notes about pupils in therapy with them, without their text, withdrawn ones too."""
    return await notes.page(caller, filters)


@routes.post("", response_model=TherapyNoteRead, status_code=201, summary="Write a therapy note", openapi_extra=SEALED)
async def create_therapy_note(
    caller: Annotated[Caller, may(Permission.therapy_note_write)], body: TherapyNoteCreate
) -> Response:
    """Write down a session with a pupil in therapy with the caller; nobody else can ever read it here."""
    return await _create(caller, body, None)


@routes.put(
    "/{therapy_note_id}",
    response_model=TherapyNoteRead,
    status_code=201,
    summary="Write a therapy note under an id of your own",
    openapi_extra=SEALED,
)
async def put_therapy_note(
    caller: Annotated[Caller, may(Permission.therapy_note_write)], therapy_note_id: Id, body: TherapyNoteCreate
) -> Response:
    """As `create_therapy_note`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, therapy_note_id)


async def _create(caller: Caller, body: TherapyNoteCreate, chosen: UUID | None) -> Response:
    keys = keys_of(caller)
    note_id, fresh = await caller.once(body, chosen)
    location = f"/v1/therapy-notes/{note_id}"
    if not fresh:
        return _answer(caller, await _read(caller, note_id), location=location)
    session_on = body.session_on or clock.today()
    _check(session_on)
    file_school_id = await reach_for_therapy(caller, body.pupil_id)
    school_id = await school_between(caller, body.pupil_id, file_school_id)
    note = TherapyNote(
        id=note_id, school_id=school_id, pupil_id=body.pupil_id, account_id=caller.account_id,
        session_on=session_on, kind=body.kind, sealed=b"", key_id="",
    )  # fmt: skip
    note.key_id, note.sealed = sealed_in(keys, note, body.text, 0)
    await caller.create(note, school_id, resource="therapy_note", pupil_ids=[body.pupil_id])
    return _answer(caller, note, status=201, location=location)


def _check(session_on: date | None) -> None:
    if session_on is not None and session_on > clock.today():
        raise Invalid(errors=[("/session_on", "lies in the future")])


async def _read(caller: Caller, note_id: UUID) -> TherapyNote:
    named = select(TherapyNote).where(col(TherapyNote.id) == _ONE, note_visible(caller.scope.kinds))
    found = await caller.session.execute(named, {**caller.scope.binds(), "wanted": note_id})
    note: TherapyNote | None = found.scalar_one_or_none()
    if note is None:
        raise NotFound()
    return note


def _answer(caller: Caller, note: TherapyNote, *, status: int = 200, location: str | None = None) -> Response:
    # what was just sealed is opened too: a seal that does not open must fail the request that made it
    return whole.made(caller, {**note.model_dump(), "text": opened(caller, note)}, status=status, location=location)


@routes.get("/{therapy_note_id}", response_model=TherapyNoteRead, summary="Read a therapy note", openapi_extra=SEALED)
async def read_therapy_note(
    caller: Annotated[Caller, may(Permission.therapy_note_read)], therapy_note_id: Id
) -> Response:
    """One of the caller's own notes; anybody else's is 404, as if there were none."""
    return _answer(caller, await _read(caller, therapy_note_id))


@routes.patch(
    "/{therapy_note_id}", response_model=TherapyNoteRead, summary="Correct a therapy note", openapi_extra=SEALED
)
async def change_therapy_note(
    caller: Annotated[Caller, may(Permission.therapy_note_write)], therapy_note_id: Id, body: TherapyNoteChange
) -> Response:
    """Correct a note (merge patch); the text that stood before is kept, sealed too."""
    note: TherapyNote = await for_change(caller, TherapyNote, therapy_note_id, note_visible)
    if note.withdrawn_at is not None:
        raise Conflict("The note was withdrawn.")
    values = body.model_dump(exclude_unset=True)
    _check(values.get("session_on"))
    text = values.pop("text", None)
    if text is not None and text != opened(caller, note):
        caller.session.add(former_text(note, replaced_at=clock.now()))
        values["corrections"] = note.corrections + 1
        note.key_id, note.sealed = sealed_in(keys_of(caller), note, text, note.corrections + 1)
    await caller.change(note, values, note.school_id, resource="therapy_note", pupil_ids=[note.pupil_id])
    return _answer(caller, note)


@routes.post(
    "/{therapy_note_id}/withdraw",
    response_model=TherapyNoteRead,
    summary="Withdraw a therapy note",
    openapi_extra=SEALED,
)
async def withdraw_therapy_note(
    caller: Annotated[Caller, may(Permission.therapy_note_write)], therapy_note_id: Id
) -> Response:
    """Take back a note that was wrong (the wrong child): its author still reads it, and it is corrected no more."""
    note: TherapyNote = await for_change(caller, TherapyNote, therapy_note_id, note_visible)
    if note.withdrawn_at is not None:
        raise Conflict("The note was withdrawn already.")
    values = {"withdrawn_at": clock.now()}
    await caller.change(note, values, note.school_id, resource="therapy_note", pupil_ids=[note.pupil_id], kind="ended")
    return _answer(caller, note)
