"""Serves the committed contract and a page to read and try it; the contract is never built at run time."""

import hashlib
from functools import lru_cache
from importlib.resources import files

from fastapi import Request, Response

from iap_api.core.errors import NotFound
from iap_api.core.home import home
from iap_api.core.preconditions import matches
from iap_api.core.routes import Routes

routes = Routes("", "documentation")
ASSETS = {
    "page.html": "text/html; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Swagger UI writes style attributes; scripts come from this server alone
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@lru_cache(maxsize=8)
def _asset(name: str) -> tuple[bytes, str]:
    content = files("iap_api.documentation").joinpath("assets", name).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:16]}"'


@lru_cache(maxsize=1)
def _contract() -> tuple[bytes, str]:
    content = (home() / "openapi" / "iap-api.json").read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:16]}"'


def contract_is_there() -> bool:
    """Say whether the committed contract can be served."""
    return (home() / "openapi" / "iap-api.json").exists()


def _send(request: Request, content: bytes, tag: str, media: str) -> Response:
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300", "Content-Security-Policy": POLICY}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    return Response(content, 200, {**headers, "Content-Type": media})


@routes.get("/openapi.json", summary="Read the contract")
async def read_contract(request: Request) -> Response:
    """The OpenAPI 3.1 document, as it is committed with the code."""
    return _send(request, *_contract(), "application/json")


@routes.get("/docs", summary="Read the documentation", include_in_schema=False)
async def read_documentation(request: Request) -> Response:
    """A page for people: every operation, to read and to try."""
    return _send(request, *_asset("page.html"), ASSETS["page.html"])


@routes.get("/docs/{asset}", summary="Read a part of the documentation page", include_in_schema=False)
async def read_documentation_asset(request: Request, asset: str) -> Response:
    """A script or style sheet of the documentation page."""
    if asset not in ASSETS:
        raise NotFound()
    return _send(request, *_asset(asset), ASSETS[asset])
