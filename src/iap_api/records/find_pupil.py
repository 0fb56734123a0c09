"""Finds the pupil a request is about, by exact words alone: the data-protection officer reads no everyday record."""

from typing import Annotated

import msgspec
from fastapi import Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core.errors import Invalid
from iap_api.core.routes import Routes
from iap_api.pupils.roll import search_name
from iap_api.pupils.tables import Pupil
from iap_api.records.subject_request_shapes import FoundPupils, PupilFind
from iap_api.records.subjects import once_here
from iap_api.schools.tables import School

routes = Routes("/v1/subject-requests", "subject requests")
_MOST = 50
_NAMED = ("given_name", "family_name", "born_on")


@routes.post(
    "/find-pupil",
    response_model=FoundPupils,
    summary="Find the pupil a request is about",
    openapi_extra={"x-only-reads": True, "x-if-match": False},
)
async def find_pupil(caller: Annotated[Caller, may(Permission.subject_request_write)], body: PupilFind) -> Response:
    """Find a pupil who is, or ever was, at a school within reach: by name and date of birth together, or by UPN.

    Names fit whole, but for accents and capitals. It answers id, name and school, and each pupil found is recorded.
    """
    named = [name for name in _NAMED if getattr(body, name) is not None]
    if (body.upn is None) != (len(named) == len(_NAMED)) or (body.upn is not None and named):
        raise Invalid("Send given name, family name and date of birth, or the UPN alone.", errors=[("", "send either")])
    query = (
        select(Pupil, col(School.name))
        .join(School, col(School.id) == col(Pupil.school_id))
        .where(once_here())
        .order_by(col(Pupil.id))
    )
    if body.upn is not None:
        query = query.where(col(Pupil.upn) == body.upn.replace(" ", "").upper())
    else:
        query = query.where(col(Pupil.born_on) == body.born_on)
    rows = (await caller.session.execute(query, caller.scope.binds())).all()
    # names are compared before any are counted off: many children have one birthday
    found = [(pupil, school) for pupil, school in rows if body.upn is not None or _is(pupil, body)][:_MOST]
    for pupil, _ in found:
        caller.event("pupil.found", "pupil", pupil.school_id, resource_id=pupil.id, pupil_ids=[pupil.id])
    items = [
        {
            "id": pupil.id, "given_name": pupil.given_name, "family_name": pupil.family_name,
            "school_id": pupil.school_id, "school_name": school,
        }
        for pupil, school in found
    ]  # fmt: skip
    return Response(msgspec.json.encode({"items": items}), 200, dict(PRIVATE), "application/json")


def _is(pupil: Pupil, body: PupilFind) -> bool:
    called = {search_name(pupil.given_name), search_name(pupil.preferred_name or pupil.given_name)}
    return search_name(body.given_name) in called and search_name(body.family_name) == search_name(pupil.family_name)
