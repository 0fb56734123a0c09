"""Code sets over HTTP: read only, each code with its label, its days, and whether it was verified."""

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed
from iap_api.core.errors import NotFound
from iap_api.core.preconditions import etag, matches
from iap_api.core.routes import Routes
from iap_api.core.shapes import Day, Shape
from iap_api.schools.tables import DatedCode

routes = Routes("/v1/code-sets", "schools")
SetName = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9_]+$")]


class CodeSetShape(Shape):
    """One set: its name and how many codes it has."""

    set: str
    codes: int


class CodeShape(Shape):
    """One code; an inactive one stands in old records only."""

    code: str
    label: str
    active: bool
    valid_from: date | None
    valid_until: date | None
    verified: str


class CodesOfSet(Shape):
    """The codes of one set, in the order that their publisher gives them."""

    set: str
    codes: list[CodeShape]


class CodeFilters(BaseModel):
    """Which codes of the set."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[Day | None, Field(description="Only codes in use on that day.")] = None
    code: Annotated[str | None, Field(max_length=40, description="Only this code.")] = None


def _answer(caller: Caller, document: dict[str, Any]) -> Response:
    shown = msgspec.json.encode(document)
    tag = etag(1, shown)
    # nothing in it is about anybody, and it changes with a release
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if matches(caller.request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    return Response(shown, 200, headers, "application/json")


@routes.get("", response_model=Listed[CodeSetShape], summary="List code sets")
async def list_code_sets(caller: Annotated[Caller, may(Permission.setting_read)]) -> Response:
    """Every official code set that the API knows; there are few, so all stand on one page."""
    counted = select(col(DatedCode.set), func.count()).group_by(col(DatedCode.set)).order_by(col(DatedCode.set))
    rows = (await caller.session.execute(counted)).all()
    return _answer(caller, {"items": [{"set": name, "codes": count} for name, count in rows], "next": None})


@routes.get("/{set}", response_model=CodesOfSet, summary="Read a code set")
async def read_code_set(
    caller: Annotated[Caller, may(Permission.setting_read)],
    set: SetName,
    filters: Annotated[CodeFilters, Query()],
) -> Response:
    """The codes of one set, on a day if one is named.

    The same code may stand in two sets with two meanings (DS is a need type and a suspension reason): look it
    up by set and code.
    """
    known = select(col(DatedCode.code)).where(col(DatedCode.set) == set).limit(1)
    if (await caller.session.execute(known)).first() is None:
        raise NotFound()
    names = tuple(CodeShape.model_fields)
    wanted = select(*(getattr(DatedCode, name) for name in names)).where(col(DatedCode.set) == set)
    if filters.on is not None:
        wanted = wanted.where(
            col(DatedCode.active).is_(True),
            or_(col(DatedCode.valid_from).is_(None), col(DatedCode.valid_from) <= filters.on),
            or_(col(DatedCode.valid_until).is_(None), col(DatedCode.valid_until) >= filters.on),
        )
    if filters.code is not None:
        wanted = wanted.where(col(DatedCode.code) == filters.code)
    rows = (await caller.session.execute(wanted.order_by(col(DatedCode.position)))).all()
    return _answer(caller, {"set": set, "codes": [dict(zip(names, row, strict=True)) for row in rows]})
