"""Access records over HTTP: who saw or changed what about whom, as a list and in plain words."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.ledger import pupils_of
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, Listed
from iap_api.core.errors import Invalid
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.records.access_pages import Entry, after_entry, entries_page
from iap_api.records.access_record_shapes import AccessRecordFilters, AccessRecordRead, PlainAccess, PlainFilters
from iap_api.records.plain_access import by_day
from iap_api.records.standing import Standings
from iap_api.records.subjects import name_of

routes = Routes("/v1/access-records", "access records")


@routes.get("", response_model=Listed[AccessRecordRead], summary="List access records")
async def list_access_records(
    caller: Annotated[Caller, may(Permission.access_record_read)], filters: Annotated[AccessRecordFilters, Query()]
) -> Response:
    """Who saw or changed what about whom at the schools within reach, in the order of time; never a value.

    A trust's own ledger (accounts and roles held at the trust) is in it for those who reach the trust.
    """
    entries, following = await _page(caller, filters)
    standings = await Standings.of(caller.transaction, entries)
    items = [_item(one, standings) for one in entries]
    _record(caller, entries)
    headers = {**PRIVATE, **({"Link": f'<{following}>; rel="next"'} if following else {})}
    return Response(msgspec.json.encode({"items": items, "next": following}), 200, headers, "application/json")


@routes.get("/plain", response_model=PlainAccess, summary="Read access records in plain words")
async def read_plain_access_records(
    caller: Annotated[Caller, may(Permission.access_record_read)], filters: Annotated[PlainFilters, Query()]
) -> Response:
    """Who saw or changed what about one pupil, in sentences a parent could be given, day by day.

    What one person did several times on a day is one sentence; `limit` counts the access records behind them.
    """
    entries, following = await _page(caller, filters)
    standings = await Standings.of(caller.transaction, entries)
    name = await name_of(caller, filters.pupil_id)
    items = [{"on": day, "sentences": said} for day, said in by_day(entries, standings, name)]
    _record(caller, entries, only=filters.pupil_id)
    headers = {**PRIVATE, **({"Link": f'<{following}>; rel="next"'} if following else {})}
    shown = {"pupil_id": filters.pupil_id, "items": items, "next": following}
    return Response(msgspec.json.encode(shown), 200, headers, "application/json")


async def _page(caller: Caller, page: Page) -> tuple[list[Entry], str | None]:
    filters = page.filters()
    bound_to = f"{caller.account_id}|{caller.request.scope['path']}|{sorted((k, str(v)) for k, v in filters.items())}"
    chains = [*caller.scope.schools, *caller.scope.trusts]
    if (school_id := filters.pop("school_id", None)) is not None:
        chains = [school_id] if school_id in chains else []
    after = None
    if page.after:
        after = await after_entry(caller.transaction, caller.cursors.read(page.after, bound_to))
        if after is None:
            raise Invalid(errors=[("/after", "is not a cursor of this list: start again without it")])
    entries = await entries_page(caller.transaction, chains, filters, after, page.limit + 1)
    if len(entries) <= page.limit:
        return entries, None
    entries = entries[: page.limit]
    asked = [pair for pair in caller.request.query_params.multi_items() if pair[0] != "after"]
    cursor = caller.cursors.sign(entries[-1].id, bound_to)
    return entries, f"{caller.request.scope['path']}?{urlencode([*asked, ('after', cursor)])}"


def _item(entry: Entry, standings: Standings) -> dict[str, Any]:
    return {
        "id": entry.id,
        "school_id": entry.school_id,
        "number": entry.number,
        "at": entry.at,
        "account_id": entry.account_id,
        "account_name": entry.account_name,
        "roles": [one.role.value for one in standings.roles(entry)],
        "kind": entry.kind,
        "resource": entry.resource,
        "resource_id": entry.resource_id,
        "pupil_ids": pupils_of(entry.pupil_ids),
        "fields": entry.fields.split(",") if entry.fields else [],
        "permission": entry.permission or None,
        "request_id": entry.request_id or None,
    }


def _record(caller: Caller, entries: Sequence[Entry], only: UUID | None = None) -> None:
    """Note in each school's ledger whose access records were shown: reading them is recorded like any reading."""
    seen: dict[UUID, dict[UUID, None]] = {}
    for one in entries:
        named = seen.setdefault(one.school_id, {})
        named.update(dict.fromkeys([only] if only else pupils_of(one.pupil_ids)))
    for school_id, named in seen.items():
        caller.saw("access_record", school_id, named)
