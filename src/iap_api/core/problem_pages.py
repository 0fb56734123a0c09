"""The page behind every problem's `type`: what it means and what to do."""

from fastapi import Response

from iap_api.core.errors import NotFound, Problem
from iap_api.core.routes import Routes

routes = Routes("/problems", "problems")


@routes.get("/{kind}", summary="Read what a problem means")
async def read_problem(kind: str) -> Response:
    """A short page for people about one type of problem."""
    found = Problem.all.get(kind)
    if found is None:
        raise NotFound()
    page = (
        f"<!doctype html><html lang=en-GB><meta charset=utf-8><title>{found.title}</title>"
        f"<style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}</style>"
        f"<h1>{found.title}</h1><p>Status {found.status}, type <code>{kind}</code>.</p><p>{found.advice}</p></html>"
    )
    return Response(page, media_type="text/html; charset=utf-8")
