"""Instruments over HTTP: imported, listed, read and retired; a version is never edited."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Invalid, problems
from iap_api.core.routes import JSON, Routes
from iap_api.core.shapes import Id
from iap_api.profiles import definition as definitions
from iap_api.profiles.instrument_shapes import InstrumentFilters, InstrumentImport, InstrumentRead, InstrumentWhole
from iap_api.profiles.library import (
    InstrumentFixed,
    InstrumentRetired,
    InstrumentTaken,
    instrument_held,
    instrument_visible,
    row_of,
)
from iap_api.profiles.tables import Instrument
from iap_api.schools.tables import School

routes = Routes("/v1", "instruments")
FAULTS_AT_MOST = 50
_SCHEMA = msgspec.json.encode(definitions.instrument_schema())


def _unpacked(item: dict[str, Any]) -> None:
    item["definition"] = msgspec.Raw(item["definition"].encode())


listed = Reading(
    InstrumentRead,
    Instrument,
    visible=instrument_visible,
    resource="instrument",
    school=col(Instrument.school_id),
    filters={
        "key": lambda value: col(Instrument.key) == value,
        "status": lambda value: col(Instrument.status) == value,
    },
)
whole = Reading(
    InstrumentWhole,
    Instrument,
    visible=instrument_visible,
    resource="instrument",
    school=col(Instrument.school_id),
    finish=_unpacked,
)


@routes.get(
    "/instrument-schema",
    response_model=dict[str, Any],
    summary="Read the schema of a definition",
)
async def read_instrument_schema(_caller: Annotated[Caller, may(Permission.instrument_read)]) -> Response:
    """The JSON Schema (2020-12) of an instrument's definition; the import checks more, such as what adds up to what."""
    return Response(_SCHEMA, media_type=JSON)


@routes.get("/instruments", response_model=Listed[InstrumentRead], summary="List instruments")
async def list_instruments(
    caller: Annotated[Caller, may(Permission.instrument_read)], filters: Annotated[InstrumentFilters, Query()]
) -> Response:
    """The instruments that come with the software and those of the caller's trust, in the order they came."""
    return await listed.page(caller, filters)


@routes.post(
    "/instruments",
    response_model=InstrumentWhole,
    status_code=201,
    summary="Import an instrument",
    openapi_extra=problems(InstrumentTaken),
)
async def import_instrument(
    caller: Annotated[Caller, may(Permission.instrument_write)], body: InstrumentImport
) -> Response:
    """Import a school's own definition; every fault found in it is listed with a pointer (422).

    A key and version that the trust has already answers 409 `instrument-taken`: a change is a new version.
    """
    return await _import(caller, body, None)


@routes.put(
    "/instruments/{instrument_id}",
    response_model=InstrumentWhole,
    status_code=201,
    summary="Import an instrument under an id of your own",
    openapi_extra=problems(InstrumentTaken),
)
async def put_instrument(
    caller: Annotated[Caller, may(Permission.instrument_write)], instrument_id: Id, body: InstrumentImport
) -> Response:
    """As `import_instrument`, with an id the client chose: the same body again answers 200, another one 409."""
    return await _import(caller, body, instrument_id)


async def _import(caller: Caller, body: InstrumentImport, chosen: UUID | None) -> Response:
    instrument_id, fresh = await caller.once(body, chosen)
    if fresh:
        school = await caller.session.get(School, body.school_id)
        if school is None or school.id not in caller.scope.schools or school.trust_id is None:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        try:
            definition = definitions.read_instrument(body.definition)
        except definitions.BadInstrument as error:
            faults = [("/definition" + at, detail) for at, detail in error.errors[:FAULTS_AT_MOST]]
            raise Invalid("The definition cannot be used.", errors=faults) from None
        shipped = select(col(Instrument.id)).where(
            col(Instrument.trust_id).is_(None), col(Instrument.key) == definition.key
        )
        if (await caller.session.execute(shipped.limit(1))).first():
            raise InstrumentTaken("That key belongs to an instrument that comes with the software: choose another.")
        instrument = Instrument(
            id=instrument_id,
            trust_id=school.trust_id,
            school_id=school.id,
            imported_by=caller.account_id,
            **row_of(definition),
        )
        await caller.create(instrument, school.id, resource="instrument")
    return await whole.one(
        caller, instrument_id, status=201 if fresh else 200, location=f"/v1/instruments/{instrument_id}"
    )


@routes.get(
    "/instruments/{instrument_id}",
    response_model=InstrumentWhole,
    summary="Read an instrument",
)
async def read_instrument(caller: Annotated[Caller, may(Permission.instrument_read)], instrument_id: Id) -> Response:
    """One version of an instrument with its definition: sections, clusters, strands, items, scale and norms."""
    return await whole.one(caller, instrument_id)


@routes.post(
    "/instruments/{instrument_id}/retire",
    response_model=InstrumentWhole,
    summary="Retire an instrument",
    openapi_extra=problems(InstrumentRetired, InstrumentFixed),
)
async def retire_instrument(caller: Annotated[Caller, may(Permission.instrument_write)], instrument_id: Id) -> Response:
    """Begin no more profiles with this version; profiles made with it, drafts too, go on as they are."""
    instrument: Instrument = await for_change(caller, Instrument, instrument_id, instrument_held)
    if instrument.school_id is None:
        raise InstrumentFixed("It comes with the software and cannot be retired.")
    if instrument.status != "in_use":
        raise InstrumentRetired("The instrument is retired already.")
    values = {"status": "retired", "retired_at": clock.now(), "retired_by": caller.account_id}
    await caller.change(instrument, values, instrument.school_id, resource="instrument", kind="ended")
    return await whole.one(caller, instrument_id)
