"""Finds the route of a request by its address instead of trying every route in turn."""

from collections.abc import Iterable

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

Key = tuple[str, int, str, str]


class Index:
    """Stands before an application's router: what it does not find, or only half, the router answers as ever.

    FastAPI tries its routers one after the other, which for a late chapter costs more than reading a pupil does.
    """

    def __init__(self, app: FastAPI, routes: Iterable[APIRoute]) -> None:
        """Note each route under its method, its number of segments and the first two of them."""
        self._router = app.router
        self._routes: dict[Key, list[APIRoute]] = {}
        for route in routes:
            first, second, count = _segments(route.path_format)
            if "{" in first + second or ":path}" in route.path:
                continue
            for method in route.methods or ():
                self._routes.setdefault((method, count, first, second), []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            first, second, count = _segments(scope["path"])
            for route in self._routes.get((scope["method"], count, first, second), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope["router"] = self._router
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)


def _segments(path: str) -> tuple[str, str, int]:
    parts = path.split("/")
    return parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else "", len(parts)
