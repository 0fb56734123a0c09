"""Builds the copy of a pupil's record: every table that the schema walk finds, every column that can be read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, LargeBinary, String, Table, bindparam, exists, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.scope import among
from iap_api.access.tables import Account
from iap_api.core import clock
from iap_api.core.tables import Ids
from iap_api.core.transactions import Prepared
from iap_api.profiles.tables import Instrument
from iap_api.pupils.tables import Pupil
from iap_api.records.access_pages import After, Entry, entries_page
from iap_api.records.package_words import CODES, LEFT_OUT, column_kept, column_title, title
from iap_api.records.plain_access import by_day
from iap_api.records.request_tables import Redaction, SubjectRequest
from iap_api.records.standing import Standings
from iap_api.records.subjects import name_of
from iap_api.records.walk import PUPILS, About, tables_about_a_pupil
from iap_api.schools.tables import Base, DatedCode, School, SchoolClass, Staff
from iap_api.spaces.tables import Space
from iap_api.toolbox.tables import Resource

ASKED_OF_US = "registration_requests"
FORMAT = "iap-subject-package-1"
FILES = (
    "This system keeps no files, pictures or recordings about pupils: entries of the equipment list are links to "
    "pages of other people. There is therefore no folder of files in this package."
)
_AT_ONCE = 1000
_ABOUT_REQUESTS = frozenset({"subject_request", "subject_package", "redaction", "legal_hold"})
# what is left out is left out in its former values too
_RESOURCES_LEFT_OUT = [name.removesuffix("s") for name in LEFT_OUT]
# adults are named as part of their work; things and places by what they are called
_NAMED = [
    Prepared(select(col(table.id), name).where(among(table.id, "ids")))
    for table, name in (
        (Account, col(Account.name)),
        (Staff, col(Staff.name)),
        (School, col(School.name)),
        (Base, col(Base.name)),
        (SchoolClass, col(SchoolClass.name)),
        (Space, col(Space.name)),
        (Resource, col(Resource.name)),
        (Instrument, col(Instrument.title)),
    )
]
_CODES = Prepared(
    select(col(DatedCode.code), col(DatedCode.label)).where(col(DatedCode.set) == bindparam("set", type_=String()))
)


async def document_of(caller: Caller, request: SubjectRequest) -> dict[str, Any]:
    """Return the whole, unredacted copy for a request, ready for JSON.

    Rows are members named by their keys, so that a place in the copy keeps its JSON pointer when it is built again.
    Of other pupils named in the same row only the number is given.
    """
    school = await caller.session.get_one(School, request.school_id)
    records = {}
    for about in tables_about_a_pupil():
        if about.name not in LEFT_OUT and (rows := await _rows(caller, about, request.pupil_id)):
            columns = {name: column_title(name) for name in next(iter(rows.values()))}
            records[about.name] = {"title": title(about.name), "columns": columns, "rows": rows}
    return {
        "about": {
            "format": FORMAT,
            "request_id": request.id,
            "kind": request.kind,
            "school": school.name,
            "pupil_id": request.pupil_id,
            "received_on": request.received_on,
            "built_at": clock.now(),
        },
        "records": records,
        "names": await _names(caller, records),
        "codes": await _codes(caller, records),
        "accesses": await _accesses(caller, request),
        "files": {"note": FILES},
        "left_out": {
            about.name: dict(zip(("title", "why"), LEFT_OUT[about.name], strict=True))
            for about in tables_about_a_pupil()
            if about.name in LEFT_OUT
        },
    }  # fmt: skip


async def _rows(caller: Caller, about: About, pupil_id: UUID) -> dict[str, dict[str, Any]]:
    table = about.table
    kept = [one for one in table.columns if column_kept(one.name) and not isinstance(one.type, LargeBinary)]
    wanted = select(*kept).where(about.holds(pupil_id)).order_by(*table.primary_key)
    if "school_id" in table.columns and about.name != PUPILS:
        # what another trust's school holds is that school's to give out; what it asks of ours is ours too
        fence = among(table.c.school_id, "scope_around")
        wanted = wanted.where(or_(fence, _file_kept_here(table)) if about.name == ASKED_OF_US else fence)
    if about.name == "former_values":
        wanted = wanted.where(table.c.resource.not_in(_RESOURCES_LEFT_OUT))
    found = {}
    keys = [one.name for one in table.primary_key]
    for row in (await caller.session.execute(wanted, caller.scope.binds())).mappings():
        cells = {one.name: _cell(one.type, one.name, row[one.name], pupil_id) for one in kept}
        found["_".join(str(row[key]) for key in keys)] = cells
    return found


def _file_kept_here(table: Table) -> ColumnElement[bool]:
    return exists().where(col(Pupil.id) == table.c.pupil_id, among(Pupil.school_id, "scope_around"))


def _cell(kind: Any, name: str, value: Any, pupil_id: UUID) -> Any:
    if isinstance(kind, Ids) and name.endswith("pupil_ids"):
        return _own(value, pupil_id)
    if isinstance(value, str) and value[:1] in "[{" and name in ("values", "scores"):
        return _own_within(msgspec.json.decode(value), pupil_id)
    return value


def _own(ids: Sequence[Any], pupil_id: UUID) -> list[Any]:
    others = sum(str(one) != str(pupil_id) for one in ids)
    return [one for one in ids if str(one) == str(pupil_id)] + ([f"and {others} other pupils"] if others else [])


def _own_within(value: Any, pupil_id: UUID) -> Any:
    if isinstance(value, dict):
        return {
            name: _own(one, pupil_id)
            if name.endswith("pupil_ids") and isinstance(one, list)
            else _own_within(one, pupil_id)
            for name, one in value.items()
        }  # fmt: skip
    return [_own_within(one, pupil_id) for one in value] if isinstance(value, list) else value


def _values(records: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for table in records.values():
        for row in table["rows"].values():
            for name, value in row.items():
                yield from ((name, one) for one in (value if isinstance(value, list) else [value]))


async def _names(caller: Caller, records: Mapping[str, Any]) -> dict[str, str]:
    """Return what the ids in the record stand for: adults, places and things by name."""
    given = {"ids": sorted({one for _, one in _values(records) if isinstance(one, UUID)})}
    return {str(row[0]): row[1] for named in _NAMED for row in await caller.rows(named, given)}


async def _codes(caller: Caller, records: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what the official codes in the record mean, by column."""
    used: dict[str, set[str]] = {}
    for name, value in _values(records):
        if name in CODES and isinstance(value, str):
            used.setdefault(name, set()).add(value)
    return {
        name: {row[0]: row[1] for row in await caller.rows(_CODES, {"set": CODES[name]}) if row[0] in codes}
        for name, codes in used.items()
    }


async def _accesses(caller: Caller, request: SubjectRequest) -> list[dict[str, Any]]:
    """Return who has seen the record, in plain words, day by day, since the beginning.

    What was done about other requests, and about orders to keep the record, is not told: it is about somebody else.
    """
    pupil_id = request.pupil_id
    marks = await caller.session.execute(select(col(Redaction.id)).where(col(Redaction.request_id) == request.id))
    own = {request.id, *marks.scalars()}
    chains = [*caller.scope.schools, *caller.scope.trusts]
    found: list[Entry] = []
    after = None
    while True:
        page = await entries_page(caller.transaction, chains, {"pupil_id": pupil_id}, after, _AT_ONCE)
        found += page
        if len(page) < _AT_ONCE:
            break
        after = After(page[-1].at, page[-1].id)
    found = [one for one in found if not _of_another_request(one) or one.resource_id in own]
    standings = await Standings.of(caller.transaction, found)
    days = by_day(found, standings, await name_of(caller, pupil_id))
    return [{"on": day, "sentences": sentences} for day, sentences in days]


def _of_another_request(entry: Entry) -> bool:
    """Say whether an entry is about a request or a hold; a pupil is found before a request is recorded."""
    return entry.resource in _ABOUT_REQUESTS or entry.kind == "pupil.found"


def written(document: Mapping[str, Any]) -> bytes:
    """Return the document as JSON, a line for each member, as people open it in an editor."""
    return msgspec.json.format(msgspec.json.encode(document, enc_hook=_plain), indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a package")
