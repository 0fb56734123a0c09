"""The contract: the OpenAPI document made from the application, with permissions, problems and examples filled in."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from iap_api import __version__
from iap_api.access.guard import Guard, guard_of
from iap_api.access.policy import Permission, Reach
from iap_api.access.roles import Role
from iap_api.core import errors
from iap_api.core.errors import Problem
from iap_api.core.home import home
from iap_api.examples import example_for
from iap_api.main import build, routes_of

PATH = Path("openapi") / "iap-api.json"
TITLE = "IAP API"
ABOUT = (
    "The record of a school's internal alternative provision: pupils, profiles, toolboxes, spaces and reviews.\n\n"
    "Every error is `application/problem+json` (RFC 9457) with a `type` whose page this server serves. Enumerations "
    "are open: a client must accept values it does not know. Instants are UTC, days are school days in London."
)
EVERY = (
    errors.Malformed,
    errors.NotAcceptable,
    errors.TooLarge,
    errors.UnsupportedMedia,
    errors.Invalid,
    errors.Unavailable,
    errors.Broken,
)


def _problems(method: str, path: str, operation: dict[str, Any], guard: Guard | None) -> list[type[Problem]]:
    found: list[type[Problem]] = list(EVERY)
    if guard is not None:
        found += [errors.SignInNeeded, errors.NetworkNotAllowed, errors.NotFound]
        if guard.permission is not None or not guard.guests:
            found.append(errors.NotYourRole)
    elif "{" in path:
        found.append(errors.NotFound)
    if method in ("post", "put", "patch"):
        found.append(errors.Conflict)
    if "201" in operation["responses"]:
        found += [errors.IdTaken if method == "put" else errors.KeyReused, errors.StillRunning]
    if _names_a_version(method, path, operation):
        found += [errors.IfMatchNeeded, errors.Stale]
    operation.pop("x-only-reads", None)
    found += [Problem.all[kind] for kind in operation.pop("x-problems", [])]
    return found


def _names_a_version(method: str, path: str, operation: dict[str, Any]) -> bool:
    said: bool | None = operation.pop("x-if-match", None)
    if said is not None:
        return said
    return method == "patch" or (method == "post" and "201" not in operation["responses"] and "{" in path)


def _describe(operation: dict[str, Any], problems: list[type[Problem]]) -> None:
    operation["responses"].pop("422", None)
    if "201" in operation["responses"]:
        again = {**operation["responses"]["201"], "description": "The same request again: the record as it is now"}
        operation["responses"] = {"200": again, **operation["responses"]}
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem)
    for status, kinds in sorted(by_status.items()):
        answer = operation["responses"].setdefault(str(status), {"content": {}})
        answer["description"] = "; ".join(f"`{kind.kind}`: {kind.title}" for kind in dict.fromkeys(kinds))
        answer["content"]["application/problem+json"] = {"schema": {"$ref": "#/components/schemas/Problem"}}


def _headers(method: str, path: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])

    def header(name: str, description: str, *, required: bool = False) -> None:
        parameters.append(
            {
                "name": name,
                "in": "header",
                "required": required,
                "description": description,
                "schema": {"type": "string", "maxLength": 200},
            }
        )

    if method == "post" and "201" in operation["responses"]:
        header("Idempotency-Key", "Send the same key to send the same request again without doing it twice.")
    if "412" in operation["responses"]:
        header("If-Match", "The ETag you last saw.", required=True)
    if method == "get" and "{" in path:
        header("If-None-Match", "The ETag you hold: an unchanged record answers 304.")
    if not parameters:
        del operation["parameters"]


def _security(permission: Permission | None) -> list[dict[str, list[str]]]:
    return [{"signIn": [permission.name] if permission else []}]


def _who(permission: Permission) -> str:
    held = [
        f"{role.value} ({permission.reaches[role].name})" for role in Role if permission.reaches[role] is not Reach.none
    ]
    return f"\n\nNeeds `{permission.name}`. Held by: {', '.join(held)}."


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the application."""
    made = get_openapi(title=TITLE, version=__version__, description=ABOUT, routes=app.routes, openapi_version="3.1.0")
    made["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    made["info"]["contact"] = {"name": "The maintainers of the IAP API"}
    made["servers"] = [{"url": "/", "description": "This server"}]
    made["tags"] = _chapters(app)
    guards = {route.unique_id: guard_of(route.dependant) for route in routes_of(app)}
    for path, item in made["paths"].items():
        for method, operation in item.items():
            guard = guards[operation["operationId"]]
            if guard is not None:
                operation["security"] = _security(guard.permission)
                if guard.permission:
                    operation["description"] += _who(guard.permission)
            else:
                operation["security"] = []
            _describe(operation, _problems(method, path, operation, guard))
            _headers(method, path, operation)
            _examples(made, method, operation)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    made["components"]["securitySchemes"] = {
        "signIn": {
            "type": "oauth2",
            "description": "Short-lived access tokens (RFC 9068).",
            "flows": {
                "password": {
                    "tokenUrl": "/v1/auth/token",
                    "refreshUrl": "/v1/auth/token",
                    "scopes": {permission.name: permission.name.replace("_", " ") for permission in Permission},
                }
            },
        }
    }
    return made


def _chapters(app: FastAPI) -> list[dict[str, str]]:
    """Return every chapter of the documentation in reading order, said in the opening sentence of its module."""
    said: dict[str, str] = {}
    for route in routes_of(app):
        about = (sys.modules[route.endpoint.__module__].__doc__ or "").split("\n")[0]
        said.setdefault(str(route.tags[0]), about.replace(" over HTTP", ""))
    return [{"name": name, "description": about} for name, about in said.items()]


def _examples(made: dict[str, Any], method: str, operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example_for(made, content["schema"])
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for content in response.get("content", {}).values():
                if content.get("schema"):
                    content["example"] = example_for(made, content["schema"])
    body = operation.get("requestBody", {}).get("content", {})
    if method == "patch" and "application/json" in body:
        body["application/merge-patch+json"] = body.pop("application/json")


PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal that tells a person what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "maxLength": 200, "description": "A page that this server serves."},
        "title": {"type": "string", "maxLength": 200},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "maxLength": 1000},
        "instance": {"type": "string", "maxLength": 200},
        "request_id": {"type": "string", "format": "uuid"},
        "errors": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) to the member."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def written() -> str:
    """Return the document as it stands in the repository: sorted where order means nothing, two spaces."""
    text = json.dumps(document(build()), indent=2, ensure_ascii=False)
    return re.sub(r"[ \t]+\n", "\n", text) + "\n"


def is_fresh() -> bool:
    """Say whether the committed document is what the application would give."""
    kept = home() / PATH
    return kept.exists() and kept.read_text("utf-8") == written()


def write() -> Path:
    """Write the document and return where."""
    kept = home() / PATH
    kept.write_text(written(), "utf-8")
    return kept
