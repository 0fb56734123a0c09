"""The shipped catalogue over HTTP: strategies and things to keep, the same for everybody, found by tag and word."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec
from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed
from iap_api.core.errors import Invalid
from iap_api.core.pages import Page
from iap_api.core.preconditions import etag, matches
from iap_api.core.routes import JSON, Routes
from iap_api.toolbox.catalogue.catalogue_shapes import (
    CatalogueEntryRead,
    CatalogueFilters,
    StrategyFilters,
    StrategyRead,
)
from iap_api.toolbox.catalogue.entries import RESOURCES, STRATEGIES, E, Strategy, matching

routes = Routes("/v1", "toolbox")
_KEYS = UUID("0193a1b2-6c00-7000-8000-63617461c06e")


@routes.get("/strategies", response_model=Listed[StrategyRead], summary="List strategies")
async def list_strategies(
    caller: Annotated[Caller, may(Permission.resource_read)], filters: Annotated[StrategyFilters, Query()]
) -> Response:
    """What an adult can do, in our own words: found by strand, cluster, principle of nurture, zone and word.

    They come with the software, are about nobody, and none of them is a cure or stands in place of a child's plan.
    """
    return _page(caller, STRATEGIES, filters)


@routes.get("/catalogue", response_model=Listed[CatalogueEntryRead], summary="List the shipped catalogue")
async def list_catalogue(
    caller: Annotated[Caller, may(Permission.resource_read)], filters: Annotated[CatalogueFilters, Query()]
) -> Response:
    """What a base can keep in cupboard and locker; a school takes an entry over with `POST /v1/resources`."""
    return _page(caller, RESOURCES, filters)


def _page(caller: Caller, entries: Mapping[str, E], page: Page) -> Response:
    """Answer one page of what ships, in the order of its file; a cursor stands for the key it comes after."""
    asked = page.filters()
    found = matching(entries.values(), asked)
    bound_to = f"{caller.account_id}|{caller.request.scope['path']}|{sorted(asked.items())}"
    if page.after:
        last = caller.cursors.read(page.after, bound_to)
        at = next((number for number, one in enumerate(found, 1) if uuid5(_KEYS, one.key) == last), None)
        if at is None:
            raise Invalid(errors=[("/after", "is not a cursor of this list: start again without it")])
        found = found[at:]
    shown, following = found[: page.limit], None
    # it changes with a release, and nothing in it is about anybody
    headers = {"Cache-Control": "private, max-age=3600"}
    if len(found) > page.limit:
        again: list[tuple[str, str]] = [
            pair for pair in caller.request.query_params.multi_items() if pair[0] != "after"
        ]
        cursor = caller.cursors.sign(uuid5(_KEYS, shown[-1].key), bound_to)
        following = f"{caller.request.scope['path']}?{urlencode([*again, ('after', cursor)])}"
        headers["Link"] = f'<{following}>; rel="next"'
    written = msgspec.json.encode({"items": [_item(one) for one in shown], "next": following})
    headers["ETag"] = etag(1, written)
    if matches(caller.request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, 304, headers)
    return Response(written, 200, headers, JSON)


def _item(entry: E) -> dict[str, Any]:
    item: dict[str, Any] = msgspec.to_builtins(entry)
    if isinstance(entry, Strategy):
        ages = item.pop("age_years")
        item |= {"youngest": ages["from"], "oldest": ages["to"]}
    return item
