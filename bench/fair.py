"""Makes sure that all three answer the same members and values before anything is timed."""

import http.client
import json
from typing import Any

from bench.servers import Server


def answer(server: Server, request: bytes) -> Any:
    """Send one request as the load would and return the document of its answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, body or None, headers)
    answered = connection.getresponse()
    document = json.loads(answered.read())
    connection.close()
    if answered.status not in (200, 201):
        raise SystemExit(f"{server.name} answers {answered.status}: {document}")
    return document


def alike(documents: dict[str, Any], leaving_out: frozenset[str] = frozenset()) -> None:
    """Stop if the documents of several servers differ in any member or value but those left out."""
    first, *others = documents
    for other in others:
        if difference := _difference(documents[first], documents[other], "", leaving_out):
            raise SystemExit(f"{first} and {other} answer differently: {difference}")


def _difference(one: Any, other: Any, where: str, leaving_out: frozenset[str]) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{where}: {sorted(one.keys() ^ other.keys())}"
        found = (
            _difference(one[name], other[name], f"{where}/{name}", leaving_out)
            for name in one
            if name not in leaving_out
        )
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{where}: {len(one)} and {len(other)} items"
        found = (
            _difference(a, b, f"{where}/{at}", leaving_out) for at, (a, b) in enumerate(zip(one, other, strict=True))
        )
    else:
        return None if one == other else f"{where}: {one!r} and {other!r}"
    return next((difference for difference in found if difference), None)
