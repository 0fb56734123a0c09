"""Passports over HTTP: the pupil's own words written down, and the whole page for whoever meets the child today."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.typesetting import typeset
from iap_api.pupils.scope import about, reach_pupil, reach_pupils, school_between
from iap_api.today.passport_page import page_of
from iap_api.today.passport_parts import parts_of
from iap_api.today.passport_shapes import (
    OWN_WORDS,
    PassportAsked,
    PassportChange,
    PassportCreate,
    PassportRead,
    WholePassport,
)
from iap_api.today.passport_tables import Passport

routes = Routes("/v1", "passports")
visible = about(col(Passport.pupil_id))
passports = Reading(
    PassportRead, Passport, visible=visible, resource="passport", school=col(Passport.school_id),
    pupil=col(Passport.pupil_id),
)  # fmt: skip
_SHEET: dict[int | str, dict[str, Any]] = {
    200: {"description": "The passport", "content": {"text/html": {}, "application/pdf": {}}}
}
# a page from here runs nothing and fetches nothing, wherever it is opened
_SAFE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


class PassportExists(Conflict):
    status, kind, title = 409, "passport-exists", "The pupil has a passport already"
    advice = "Read it at the pupil, and change it there."


refuse("uq_passports_pupil_id", PassportExists)


@routes.get(
    "/pupils/{pupil_id}/passport",
    response_model=WholePassport,
    responses=_SHEET,
    summary="Read the passport of a pupil",
)
async def read_pupil_passport(
    caller: Annotated[Caller, may(Permission.passport_read)], pupil_id: Id, asked: Annotated[PassportAsked, Query()]
) -> Response:
    """One page for whoever meets the child today: how to call them, what helps, their toolbox, people and targets.

    A supply teacher reads it with a caseload entry of one day (`granted`). A part that your role does not see is null.
    """
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    parts = await parts_of(caller, pupil_id)
    caller.saw("passport", await school_between(caller, pupil_id, file_school_id), [pupil_id], pupil_id)
    whole = {"pupil_id": pupil_id, **parts._asdict()}
    if asked.format == "json":
        return Response(msgspec.json.encode(whole), 200, dict(PRIVATE), "application/json")
    headers = {**PRIVATE, "Content-Disposition": f'inline; filename="passport.{asked.format}"'}
    page = page_of(parts)
    if asked.format == "html":
        return Response(page.as_html(), 200, {**headers, **_SAFE}, "text/html; charset=utf-8")
    made = await typeset("iap_api.today.passport_pdf", given=msgspec.json.encode(page._asdict()))
    return Response(made, 200, headers, "application/pdf")


@routes.post(
    "/passports",
    response_model=PassportRead,
    status_code=201,
    summary="Write down a pupil's own words",
    openapi_extra=problems(PassportExists),
)
async def create_passport(caller: Annotated[Caller, may(Permission.passport_write)], body: PassportCreate) -> Response:
    """What the pupil says helps and does not; a pupil has one passport, and it goes with them to the next school."""
    return await _create(caller, body, None)


@routes.put(
    "/passports/{passport_id}",
    response_model=PassportRead,
    status_code=201,
    summary="Write down a pupil's own words under an id of your own",
    openapi_extra=problems(PassportExists),
)
async def put_passport(
    caller: Annotated[Caller, may(Permission.passport_write)], passport_id: Id, body: PassportCreate
) -> Response:
    """As `create_passport`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, passport_id)


async def _create(caller: Caller, body: PassportCreate, chosen: UUID | None) -> Response:
    passport_id, fresh = await caller.once(body, chosen)
    if fresh:
        found = await reach_pupils(caller, [body.pupil_id], "/pupil_id")
        values = {**body.model_dump(), "said_on": body.said_on or clock.today()}
        _check(values)
        school_id = await school_between(caller, body.pupil_id, found[body.pupil_id])
        row = Passport(id=passport_id, school_id=school_id, written_by=caller.account_id, **values)
        await caller.create(row, school_id, resource="passport", pupil_ids=[body.pupil_id])
    location = f"/v1/passports/{passport_id}"
    return await passports.one(caller, passport_id, status=201 if fresh else 200, location=location)


def _check(values: dict[str, Any]) -> None:
    wrong = []
    if all(values[name] is None for name in OWN_WORDS):
        wrong.append(("", f"write down at least one of {', '.join(OWN_WORDS)}"))
    if values["said_on"] is None or values["said_on"] > clock.today():
        wrong.append(("/said_on", "must be a day that has come"))
    if wrong:
        raise Invalid(errors=wrong)


@routes.get("/passports/{passport_id}", response_model=PassportRead, summary="Read a pupil's own words")
async def read_passport(caller: Annotated[Caller, may(Permission.passport_read)], passport_id: Id) -> Response:
    """The words alone, to change them; the whole page is at the pupil."""
    return await passports.one(caller, passport_id)


@routes.patch("/passports/{passport_id}", response_model=PassportRead, summary="Change a pupil's own words")
async def change_passport(
    caller: Annotated[Caller, may(Permission.passport_write)],
    passport_id: Id,
    body: PassportChange,  # type: ignore[valid-type]
) -> Response:
    """Write down what the pupil says now (merge patch); what stood before is kept, with who changed it."""
    row: Passport = await for_change(caller, Passport, passport_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    _check({**row.model_dump(), **values})
    values["written_by"] = caller.account_id
    await caller.change(row, values, row.school_id, resource="passport", pupil_ids=[row.pupil_id])
    return await passports.one(caller, passport_id)
