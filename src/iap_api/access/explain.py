"""What a token can pull, in plain words: which rows, which sections, and what it may change."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.client_reading import whole_client
from iap_api.access.guard import may, signed_in
from iap_api.access.places import holds
from iap_api.access.policy import Permission, Reach
from iap_api.access.preamble import roles_of_client
from iap_api.access.reading import PRIVATE, section_of
from iap_api.access.resources import Resource
from iap_api.access.scope import Held, among
from iap_api.access.tables import Place
from iap_api.access.telling import Told
from iap_api.core.errors import Invalid
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id, Shape

mine = Routes("/v1/me", "me")
of_clients = Routes("/v1/clients", "clients")
# for a filter that has no words of its own: true of every one
UNTOLD = {"school": "Some {things} of {place}."}


class Asked(BaseModel):
    """Which kind of record."""

    model_config = ConfigDict(extra="forbid")

    resource: Annotated[str, Field(max_length=40, description="Such as pupil; an unknown one is answered with all.")]


class RowsTold(Shape):
    """Records opened by one role at one place; `place_id` is null for a caseload, which is of no place."""

    role: str
    reach: str
    place_id: UUID | None
    words: str


class SectionTold(Shape):
    """A part of the record that is there or absent as a whole, and the roles that open it."""

    section: str
    shown: bool
    roles: list[str]
    fields: list[str]
    words: str


class ChangeTold(Shape):
    """What one further permission lets the token do with these records."""

    permission: str
    reach: str
    words: str


class Explained(Shape):
    """What a token can pull of one kind of record: `fields` of each row, whole sections, and what it may change."""

    resource: str
    permission: str
    fields: list[str]
    rows: list[RowsTold]
    sections: list[SectionTold]
    changes: list[ChangeTold]
    words: str


@mine.get("/explain", response_model=Explained, summary="Explain what I can read")
async def explain_my_reach(
    caller: Annotated[Caller, signed_in(guests=True)], asked: Annotated[Asked, Query()]
) -> Response:
    """Tell in plain words which rows and which sections of one kind of record this token can read today."""
    return await _answer(caller, asked.resource, caller.held)


@of_clients.get("/{client_id}/explain", response_model=Explained, summary="Explain what a client can read")
async def explain_client(
    caller: Annotated[Caller, may(Permission.account_read)], client_id: Id, asked: Annotated[Asked, Query()]
) -> Response:
    """Tell what a client's token can read today at the places within reach: what may this supplier pull?"""
    await whole_client.item(caller, client_id)
    held = await roles_of_client(caller.transaction, client_id)
    within = [Place(id=one.place_id, kind=one.kind, school_id=one.school_id, name="") for one in held]
    return await _answer(
        caller, asked.resource, [one for one, place in zip(held, within, strict=True) if holds(caller.scope, place)]
    )


async def _answer(caller: Caller, name: str, held: Sequence[Held]) -> Response:
    known: dict[str, Resource] = caller.request.app.state.resources
    if name not in known:
        raise Invalid(errors=[("/resource", f"is none of: {', '.join(known)}")])
    resource = known[name]
    opened = _opened(resource, held)
    wanted = [place_id for *_, place_id in opened if place_id is not None]
    named = await caller.session.execute(
        select(col(Place.id), col(Place.name)).where(among(Place.id, "wanted")), {"wanted": wanted}
    )
    names: dict[UUID, str] = {row[0]: row[1] for row in named}
    return Response(msgspec.json.encode(_explained(resource, held, opened, names)), 200, PRIVATE, "application/json")


Opened = tuple[str, Reach, str, UUID | None]


def _words_of(resource: Resource) -> Any:
    visible = resource.reading.visible
    return visible.words if isinstance(visible, Told) else UNTOLD


def _opened(resource: Resource, held: Sequence[Held]) -> list[Opened]:
    """Return each role with its reach, the sentence that tells it, and the place that the sentence is about."""
    words = _words_of(resource)
    found: dict[Opened, None] = {}
    for one in held:
        reach = one.reach(resource.permission)
        place: UUID | None = one.school_id
        key = "school"
        if reach is Reach.none:
            continue
        if reach is Reach.own and "own" in words:
            key, place = "own", None
        elif reach is Reach.base and "base" in words:
            key, place = "base", one.place_id if one.kind == "base" else None
        elif one.kind == "trust" and reach is Reach.trust and "trust" in words:
            key, place = "trust", one.place_id
        if place is not None or key == "own":
            found[(one.role.value, reach, words[key], place)] = None
    return list(found)


def _explained(
    resource: Resource, held: Sequence[Held], opened: Sequence[Opened], names: dict[UUID, str]
) -> dict[str, Any]:
    def said(sentence: str, place_id: UUID | None) -> str:
        things = resource.things
        place = names.get(place_id, "a place that is no more") if place_id else ""
        return sentence.format(things=things, Things=things[:1].upper() + things[1:], place=place)

    rows = [
        {"role": role, "reach": reach.name, "place_id": place_id, "words": said(sentence, place_id)}
        for role, reach, sentence, place_id in opened
    ]
    sections = [_section(resource, name, held if rows else ()) for name in resource.reading.sections]
    changes = [
        {"permission": permission.name, "reach": reach.name, "words": f"{'; '.join(dict.fromkeys(done))}."}
        for permission, done in resource.changes.items()
        if (reach := _furthest(permission, held))
    ]
    return {
        "resource": resource.name,
        "permission": resource.permission.name,
        "fields": resource.fields() if rows else [],
        "rows": rows,
        "sections": sections,
        "changes": changes,
        "words": _in_short(resource, held, rows, sections, changes),
    }


def _furthest(permission: Permission, held: Sequence[Held]) -> Reach:
    return max((one.reach(permission) for one in held), default=Reach.none)


def _section(resource: Resource, name: str, held: Sequence[Held]) -> dict[str, Any]:
    permission = resource.reading.sections[name]
    shape = section_of(resource.reading.shape.model_fields[name].annotation)
    roles = list(dict.fromkeys(one.role.value for one in held if one.reach(permission)))
    return {
        "section": name,
        "shown": bool(roles),
        "roles": roles,
        "fields": list(shape.model_fields) if shape else [],
        "words": ((shape and shape.__doc__) or "").split("\n")[0],
    }


def _in_short(
    resource: Resource,
    held: Sequence[Held],
    rows: Sequence[dict[str, Any]],
    sections: Sequence[dict[str, Any]],
    changes: Sequence[dict[str, Any]],
) -> str:
    if rows:
        said = list(dict.fromkeys(row["words"] for row in rows))
    elif any(resource.permission.reaches[one.role] for one in held):
        said = [f"No {resource.things}: the list of permissions does not hold {resource.permission.name}."]
    else:
        said = [f"No {resource.things}: no role held today opens them."]
    if rows and sections:
        shown, hidden = (
            ", ".join(one["section"] for one in sections if one["shown"] is wanted) or "none"
            for wanted in (True, False)
        )
        said.append(f"Sections shown: {shown}; not shown: {hidden}.")
    if changes:
        said.append(f"May also change: {', '.join(one['permission'] for one in changes)}.")
    else:
        said.append("Changes nothing.")
    return " ".join(said)
