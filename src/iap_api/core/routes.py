"""A router whose routes read strict JSON, know their query parameters and say what they answer."""

from collections.abc import Callable, Coroutine
from copy import copy
from functools import lru_cache
from typing import Any, Protocol, get_origin, runtime_checkable

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from iap_api.core import strict_json
from iap_api.core.errors import Invalid, NotAcceptable, UnsupportedMedia
from iap_api.core.uploads import media_types_of, remember

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


class StrictRequest(Request):
    """A request whose body is read as strict JSON."""

    async def json(self) -> Any:
        """Return the document; a JSONDecodeError becomes a 400."""
        return strict_json.loads(await self.body())


def _query_names(dependant: Dependant) -> set[str]:
    names: set[str] = set()
    for param in dependant.query_params:
        fields = getattr(param.field_info.annotation, "model_fields", None)
        names |= set(fields) if fields else {param.alias}
    for inner in dependant.dependencies:
        names |= _query_names(inner)
    return names


@runtime_checkable
class Surround(Protocol):
    """A dependency that opens something before the body is read and closes it before the answer leaves.

    A dependency with `yield` could do it too; FastAPI's stack of context managers costs a fifth of a short request.
    """

    async def begin(self, request: Request) -> Any:
        """Open; what is returned is given to `end`."""

    async def end(self, begun: Any, error: BaseException | None) -> None:
        """Close, well or after an error."""


@lru_cache(maxsize=256)
def _several_of(model: Any) -> frozenset[str]:
    """Return the parameters of a query's model that may stand more than once: its lists."""
    fields = getattr(model, "model_fields", {})
    return frozenset(name for name, info in fields.items() if get_origin(info.annotation) is list)


def _surround_of(dependant: Dependant) -> Surround | None:
    for one in dependant.dependencies:
        call: Any = one.call
        if isinstance(call, Surround):
            return call
    return None


class StrictRoute(APIRoute):
    """A route that refuses unknown query parameters and wrong media types before anything else happens."""

    media: str = JSON

    def __init__(self, *given: Any, **named: Any) -> None:
        """Remember the address of a route that takes a file."""
        super().__init__(*given, **named)
        remember(self.methods or (), self.path_regex, self.openapi_extra)

    @property
    def only_reads(self) -> bool:
        """Say whether a POST changes nothing (a search): it gets a transaction that may only read."""
        return bool((self.openapi_extra or {}).get("x-only-reads"))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        inner = self._handler()
        known = _query_names(self.dependant)
        models: list[Any] = [param.field_info.annotation for param in self.dependant.query_params]
        several = frozenset[str]().union(*(_several_of(model) for model in models))
        takes_body = self.body_field is not None
        media = MERGE_PATCH if "PATCH" in (self.methods or ()) else self.media
        files = media_types_of(self.openapi_extra)
        surround = _surround_of(self.dependant)

        async def handle(request: Request) -> Response:
            query = request.scope["query_string"]
            if query:
                pairs = request.query_params.multi_items()
                names = [name for name, _ in pairs]
                if set(names) - known:
                    raise Invalid("A query parameter is not known here.", errors=[("", "unknown query parameter")])
                single = [name for name in names if name not in several] if several else names
                if len(single) != len(set(single)):
                    raise Invalid("A query parameter stands twice.", errors=[("", "repeated query parameter")])
            if takes_body or files:
                sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
                if sent not in (files or (media,)):
                    raise UnsupportedMedia(f"Send {', '.join(sorted(files)) or media}.")
            accepted = request.headers.get("accept", "*/*").lower()
            if not any(word in accepted for word in ("*/*", "application/*", "json", "zip", "pdf", "text/", "image/")):
                raise NotAcceptable()
            request = StrictRequest(request.scope, request.receive)
            if surround is None:
                return await inner(request)
            begun = await surround.begin(request)
            try:
                response = await inner(request)
            except BaseException as error:
                await surround.end(begun, error)
                raise
            await surround.end(begun, None)
            return response

        return handle

    def _handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        # FastAPI looks at every field of a query model anew for every request, which takes longer than the query
        whole = self.dependant
        found = [(param.name, param.field_info.annotation) for param in whole.query_params]
        model = found[0][1] if len(found) == 1 else None
        handler = whole.call
        if handler is None or not (isinstance(model, type) and issubclass(model, BaseModel)):
            return super().get_route_handler()
        name = found[0][0]
        self.dependant = copy(whole)
        self.dependant.query_params = []
        self.dependant.request_param_name = "_request"

        async def call(_request: Request, **given: Any) -> Any:
            return await handler(**given, **{name: _query(model, _request)})

        self.dependant.call = call
        try:
            return super().get_route_handler()
        finally:
            self.dependant = whole


def _query(model: type[BaseModel], request: Request) -> BaseModel:
    given: dict[str, Any] = dict(request.query_params)
    for name in _several_of(model) & given.keys():
        given[name] = request.query_params.getlist(name)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = [{**one, "loc": ("query", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found) from None


class Routes(APIRouter):
    """The router every package uses."""

    def __init__(self, prefix: str, tag: str) -> None:
        """Take the common start of the paths and the chapter of the documentation."""
        super().__init__(
            prefix=prefix,
            tags=[tag],
            route_class=StrictRoute,
            redirect_slashes=False,
            generate_unique_id_function=lambda route: route.name,
        )
