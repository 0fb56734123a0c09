"""The outermost door: refuses malformed HTTP, bounds body size and time, gives each request its id and its log line."""

import asyncio
import re
import time
from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iap_api.core.errors import Broken, Malformed, Problem, TooLarge, UnsupportedMedia
from iap_api.core.log import log
from iap_api.core.secret_paths import shown_path
from iap_api.core.settings import Settings
from iap_api.core.tables import new_id
from iap_api.core.uploads import DEADLINE_SECONDS, Admits, Held, most_bytes

_PORT = re.compile(r":[0-9]*\Z")
HEADER_LIMIT = 16 * 1024
ADDRESS_LIMIT = 8 * 1024
requests = Counter("iap_requests", "Requests answered", ["route", "method", "status"])
seconds = Histogram("iap_request_seconds", "Time to answer", ["route"], buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 1, 5))


@lru_cache(maxsize=4096)
def _counters(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return requests.labels(route, method, status), seconds.labels(route)


def count(route: str, method: str, status: int, taken: float) -> None:
    """Count one answer."""
    counter, histogram = _counters(route, method, status)
    counter.inc()
    histogram.observe(taken)


def has_body(scope: Scope) -> bool:
    """Say whether a body follows (RFC 9112, 6.3): without either header there is none to wait for."""
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Stand in front of `app`."""
        self.app = app
        self.body_limit = settings.body_limit_bytes
        self.deadline = settings.body_deadline_seconds
        # who may send a file, larger than any document: nobody, unless the application can tell who is signed in
        self.admits: Admits | None = getattr(getattr(app, "state", None), "admits", None)
        self.held = Held()
        self.hosts = {host.lower() for host in settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        method = scope["method"]
        head = method == "HEAD"
        if head:
            # a copy: the server still has to know that no body follows, and a stream that it need not go on
            scope = {**scope, "method": "GET"}
            scope["state"]["head"] = True
        started = time.perf_counter()
        status = 0
        large = False

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            self._check(scope)
            body = b""
            if has_body(scope):
                most = most_bytes(method, scope["path"])
                if most and self.admits and self.admits(scope):
                    self.held.take()
                    large = True
                    body = await self._file(receive, most)
                else:
                    body = await self._body(receive, self.body_limit, self.deadline)
            await self.app(scope, _replay(body, receive), answer)
        except Problem as problem:
            await problem.response(shown_path(scope["path"]), request_id)(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - raised on, the server would log its text, and that holds values
            where = error.__traceback__
            while where and where.tb_next:
                where = where.tb_next
            log.error(
                "broken",
                request_id=request_id,
                error=type(error).__name__,
                at=f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "",
            )
            if not status:
                await Broken().response(shown_path(scope["path"]), request_id)(scope, receive, answer)
        finally:
            if large:
                self.held.leave()
            taken = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unknown")
            count(route, method, status, taken)
            log.info(
                "request",
                request_id=request_id,
                method=method,
                route=route,
                status=status,
                ms=round(taken * 1000, 1),
                account_id=scope["state"].get("account_id"),
            )

    def _check(self, scope: Scope) -> None:
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        hosts = [value for name, value in headers if name == b"host"]
        names = [name for name, _ in headers]
        if len(hosts) != 1:
            raise Malformed("Send exactly one Host header.")
        if self.hosts and _PORT.sub("", hosts[0].decode("latin-1")).lower() not in self.hosts:
            raise Malformed("This server does not answer to that host name.")
        if b"content-length" in names and b"transfer-encoding" in names:
            raise Malformed("Send Content-Length or Transfer-Encoding, not both.")
        if sum(len(name) + len(value) + 4 for name, value in headers) > HEADER_LIMIT:
            raise TooLarge("The headers are too large.")
        if len(scope["raw_path"]) + len(scope["query_string"]) > ADDRESS_LIMIT:
            raise TooLarge("The address is too long.")
        if b"content-encoding" in names:
            raise UnsupportedMedia()
        if b"\x00" in scope["path"].encode("utf-8", "replace") or b"%00" in scope["query_string"]:
            raise Malformed("The address holds a character that is none.")

    async def _file(self, receive: Receive, most: int) -> bytes:
        try:
            return await self._body(receive, most, DEADLINE_SECONDS)
        except TooLarge:
            size = f"{most / 1_000_000:g} MB"
            raise TooLarge(f"A file may have {size} here.", errors=[("", f"is larger than {size}")]) from None

    async def _body(self, receive: Receive, limit: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(deadline):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Malformed("The request broke off.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > limit:
                        raise TooLarge()
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Malformed("The request did not arrive in time.") from None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
