"""Holds every answer that any test receives against the contract: what leaves as bytes is validated here."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

CONTRACT = Path(__file__).resolve().parents[1] / "openapi" / "iap-api.json"
HTTP_VERBS = ("get", "put", "post", "patch", "delete")


@cache
def contract() -> dict[str, Any]:
    """The committed contract."""
    found: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return found


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    # the most literal path first: /pupils/search before /pupils/{pupil_id}
    paths = sorted(contract()["paths"], key=lambda path: path.count("{"))
    return [(re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in paths]


@cache
def _operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    for pattern, template in _routes():
        if pattern.match(path) and method in contract()["paths"][template]:
            return template, contract()["paths"][template][method]
    return None


@cache
def _validator(template: str, method: str, status: str, media: str) -> Draft202012Validator | None:
    answer = contract()["paths"][template][method]["responses"].get(status)
    assert answer is not None, f"{method} {template} answered {status}, which the contract does not name"
    schema = answer.get("content", {}).get(media, {}).get("schema")
    if not schema:
        return None
    whole = {**schema, "components": contract()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())


async def check(response: httpx.Response) -> None:
    """Fail when an answer is not what the contract promises."""
    method = response.request.method.lower()
    found = _operation(method, response.request.url.path)
    if found is None or response.status_code in (204, 304, 405):
        return
    template, _ = found
    await response.aread()
    media = response.headers.get("content-type", "").split(";")[0]
    validator = _validator(template, method, str(response.status_code), media)
    if validator is None or not response.content:
        return
    faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(response.json())]
    assert not faults, f"{method} {template} {response.status_code}: {faults[:3]}"
    if media == "application/problem+json":
        kind = response.json()["type"].removeprefix("/problems/")
        named = contract()["paths"][template][method]["responses"][str(response.status_code)]["description"]
        assert f"`{kind}`" in named, f"{method} {template}: the problem {kind} is not named in the contract"
