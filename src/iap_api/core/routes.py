"""A router whose routes read strict JSON, know their query parameters and say what they answer."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from iap_api.core import strict_json
from iap_api.core.errors import Invalid, NotAcceptable, UnsupportedMedia

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


class StrictRoute(APIRoute):
    """A route that refuses unknown query parameters and wrong media types before anything else happens."""

    only_reads: bool = False
    media: str = JSON

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        inner = super().get_route_handler()
        known = _query_names(self.dependant)
        takes_body = self.body_field is not None
        media = MERGE_PATCH if "PATCH" in (self.methods or ()) else self.media

        async def handle(request: Request) -> Response:
            query = request.scope["query_string"]
            if query:
                pairs = request.query_params.multi_items()
                names = [name for name, _ in pairs]
                if set(names) - known:
                    raise Invalid("A query parameter is not known here.", errors=[("", "unknown query parameter")])
                if len(names) != len(set(names)):
                    raise Invalid("A query parameter stands twice.", errors=[("", "repeated query parameter")])
            if takes_body:
                sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
                if sent != media:
                    raise UnsupportedMedia(f"Send {media}.")
            accepted = request.headers.get("accept", "*/*").lower()
            if not any(word in accepted for word in ("*/*", "application/*", "json", "text/", "image/")):
                raise NotAcceptable()
            return await inner(StrictRequest(request.scope, request.receive))

        return handle


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
