"""Builds the application: settings, routers, error handlers; refuses to start with an unguarded route."""

import iap_api.core.without_consoles  # noqa: F401, I001 - before anything else loads httpx

import gc
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from iap_api import __version__
from iap_api.access.guard import guard_of
from iap_api.access.jose_reading import BadToken
from iap_api.access.ledger import ReadLedger
from iap_api.access.news import News
from iap_api.access.provider_keys import KeySets
from iap_api.access.resources import resources_of
from iap_api.access.sealer import Sealer
from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import TokenProfile, Verifier, bearer
from iap_api.api import CHAPTERS, PUBLIC
from iap_api.core import clock, log
from iap_api.core.database import Database
from iap_api.core.errors import Broken, Invalid, Malformed, MethodNotAllowed, NotFound, Problem
from iap_api.core.gate import Gate
from iap_api.core.home import newest_revision
from iap_api.core.index import Index
from iap_api.core.pages import Cursors
from iap_api.core.secret_paths import shown_path
from iap_api.core.settings import Settings, settings
from iap_api.core.stopping import told_to_stop
from iap_api.files.keeping import Files
from iap_api.spaces.boards.board_openings import Openings


class Unguarded(RuntimeError):
    """A route carries no permission and is not on the short public list."""


def routes_of(app: FastAPI) -> list[APIRoute]:
    """Return every route of the application; raises `Unguarded` if none is found, for then the walk is blind."""
    found = [route for chapter in CHAPTERS for route in chapter.routes if isinstance(route, APIRoute)]
    if not found:
        raise Unguarded("no route was found")
    return found


def refuse_unguarded(app: FastAPI) -> None:
    """Refuse to go on when a route has neither a guard nor a place on the public list."""
    for route in routes_of(app):
        if guard_of(route.dependant) is None and route.name not in PUBLIC:
            raise Unguarded(f"{route.path} has no permission")


def _pointer(location: tuple[str | int, ...]) -> str:
    # RFC 6901; the first part says body, query or path
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location[1:])[:200]


async def _invalid(request: Request, error: Any) -> Response:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        problem: Problem = Malformed(str(found[0].get("ctx", {}).get("error", "")) or None)
    else:
        errors = [(_pointer(one["loc"]), _sentence(one["msg"])) for one in found[:20]]
        problem = Invalid(errors=errors)
    return problem.response(shown_path(request.url.path), request.scope["state"]["request_id"])


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")[:200]


async def _problem(request: Request, error: Any) -> Response:
    answer: Response = error.response(shown_path(request.url.path), request.scope["state"]["request_id"])
    return answer


async def _framework(request: Request, error: Any) -> Response:
    headers = dict(error.headers or {})
    problem: Problem
    if error.status_code == 405:
        problem = MethodNotAllowed(headers={**headers, "Allow": _methods_at(request)})
    elif error.status_code == 404:
        problem = NotFound()
    else:
        problem = Malformed()
    return await _problem(request, problem)


def _methods_at(request: Request) -> str:
    # Starlette names the methods of the first route at the path only; each of ours has one method
    path = request.scope["path"]
    found = {
        method for route in routes_of(request.app) if route.path_regex.match(path) for method in route.methods or ()
    }
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


async def _broken(request: Request, error: Any) -> Response:
    return await _problem(request, Broken())


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    sealer = Sealer(app.state.database)
    sealer.start()
    app.state.news.start(told_to_stop())
    # what stands now stands to the end: a full collection would look through all of it while somebody waits
    gc.collect()
    gc.freeze()
    gc.enable()
    yield
    await app.state.news.stop()
    await sealer.stop()
    await app.state.key_sets.close()
    await app.state.files.store.close()
    await app.state.database.close()


def _signed_in(verifier: Verifier, scope: Scope) -> bool:
    """Say whether a request carries a token of ours: enough to send a file, the guard says the rest."""
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    try:
        verifier.verify(bearer(sent), clock.now().timestamp())
    except BadToken:
        return False
    return True


def build(given: Settings | None = None) -> FastAPI:
    """Return the application without its outer gate (tests reach into its state)."""
    chosen = given or settings()
    log.configure(chosen.log_level)
    app = FastAPI(
        title="IAP API",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_life,
        redirect_slashes=False,
    )
    secret = chosen.secret.get_secret_value()
    app.state.settings = chosen
    app.state.database = Database(chosen)
    app.state.keys = SigningKeys.from_pem(signing_key(chosen))
    app.state.profile = TokenProfile(chosen.issuer, chosen.audience, chosen.access_token_seconds)
    app.state.verifier = Verifier(app.state.keys, app.state.profile)
    app.state.key_sets = KeySets(loopback=chosen.loopback_providers)
    app.state.cursors = Cursors(secret)
    app.state.digest_key = hashlib.sha256(b"digest:" + secret.encode()).digest()
    app.state.note_keys = chosen.sealing_keys()
    app.state.files = Files(chosen)
    app.state.admits = partial(_signed_in, app.state.verifier)
    app.state.read_ledger = ReadLedger(app.state.database)
    app.state.openings = Openings()
    app.state.news = News(app.state.database)
    app.state.newest_revision = newest_revision()
    for chapter in CHAPTERS:
        app.include_router(chapter)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _broken)
    if chosen.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"],
            expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-Id"],
        )
    refuse_unguarded(app)
    app.state.resources = resources_of(routes_of(app))
    app.router.middleware_stack = Index(app, routes_of(app))
    return app


def signing_key(chosen: Settings) -> bytes:
    """Return the PEM of the signing key; a demo makes its own once and keeps it in the data folder."""
    given = chosen.signing_key.get_secret_value()
    if given:
        return given.encode()
    kept = chosen.data_dir / "demo-signing-key.pem"
    if not kept.exists():
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_bytes(SigningKeys.generate().to_pem())
    return kept.read_bytes()


def create() -> ASGIApp:
    """Return the whole application for uvicorn's factory mode."""
    app = build()
    return Gate(app, app.state.settings)
