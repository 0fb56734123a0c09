"""The operations of the published contract: `openapi/iap-api.json`, which another test holds equal to the app."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "iap-api.json").read_text("utf-8"))


@dataclass(frozen=True)
class Operation:
    """One operation: what a client needs to ask it."""

    id: str
    method: str
    path: str
    parameters: tuple[str, ...]
    takes_body: bool
    creates: bool
    public: bool
    filters: tuple[str, ...]


def _takes_a_document(one: dict[str, Any]) -> bool:
    """Whether its body has members: a file has none."""
    content = one.get("requestBody", {}).get("content", {})
    return bool(content) and "application/octet-stream" not in content


def _operation(path: str, method: str, one: dict[str, Any]) -> Operation:
    names = tuple(re.findall(r"{(\w+)}", path))
    return Operation(
        one["operationId"], method.upper(), path, names, _takes_a_document(one), "201" in one["responses"],
        public=one["security"] == [],
        filters=tuple(given["name"] for given in one.get("parameters", []) if given["in"] == "query"),
    )  # fmt: skip


OPERATIONS = {
    one["operationId"]: _operation(path, method, one)
    for path, item in DOCUMENT["paths"].items()
    for method, one in item.items()
}
