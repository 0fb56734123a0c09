"""Every way a request can be refused: typed problems (RFC 9457) with their own status and documented type."""

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, ClassVar

import msgspec
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"


# a name that cannot be a member's of ours may be a child's: it is not repeated
_MEMBER = re.compile(r"^([a-z][a-z0-9_]{0,39}|[A-Z]|[0-9]{1,4})$")


def _known(pointer: str) -> str:
    return "".join(f"/{part}" for part in takewhile(_MEMBER.match, pointer.split("/")[1:]))


class Problem(Exception):
    """A refusal that tells a person what to do; subclasses name the case."""

    status: ClassVar[int]
    kind: ClassVar[str]
    title: ClassVar[str]
    advice: ClassVar[str]
    all: ClassVar[dict[str, type["Problem"]]] = {}

    def __init_subclass__(cls) -> None:
        """Enter the case into the list from which the documentation pages are served."""
        if Problem.all.setdefault(cls.kind, cls) is not cls:
            raise TypeError(f"two problems share the kind {cls.kind}")

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Take a sentence for this case, (pointer, detail) pairs, response headers and further members."""
        super().__init__(self.kind)
        self.detail = detail or self.advice
        self.errors = errors
        self.headers = dict(headers or {})
        self.more = more

    def response(self, instance: str, request_id: str) -> Response:
        """Render the problem document; `instance` is the path, never the query."""
        document: dict[str, Any] = {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = [{"pointer": _known(pointer), "detail": detail} for pointer, detail in self.errors]
        document.update(self.more)
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(msgspec.json.encode(document), self.status, headers, PROBLEM_JSON)


def problems(*kinds: type[Problem]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that names further problems it may answer."""
    return {"x-problems": [kind.kind for kind in kinds]}


class Malformed(Problem):
    status, kind, title = 400, "malformed", "The request could not be read"
    advice = "Send one JSON document in UTF-8, without duplicate members."


class SignInNeeded(Problem):
    status, kind, title = 401, "sign-in-needed", "Sign in first"
    advice = "Send a valid access token in the Authorization header."


class NotYourRole(Problem):
    status, kind, title = 403, "not-your-role", "Your role does not allow this"
    advice = "Ask the person who gives out roles in your school if you need this."


class NetworkNotAllowed(Problem):
    status, kind, title = 403, "network-not-allowed", "This client may not call from there"
    advice = "Call from one of the networks that the administrator named for the client, or have this one added."


class NotFound(Problem):
    status, kind, title = 404, "not-found", "There is nothing here for you"
    advice = "It does not exist, or it is not within your reach."


class MethodNotAllowed(Problem):
    status, kind, title = 405, "method-not-allowed", "This address does not take that method"
    advice = "Use one of the methods in the Allow header."


class NotAcceptable(Problem):
    status, kind, title = 406, "not-acceptable", "No such format"
    advice = "Ask for application/json."


class Conflict(Problem):
    status, kind, title = 409, "conflict", "The state of the record does not allow this"
    advice = "Read the record again and decide anew."


class IdTaken(Problem):
    status, kind, title = 409, "id-taken", "That id is taken"
    advice = "Choose a fresh UUIDv7, or send the same body as the first time."


class StillRunning(Problem):
    status, kind, title = 409, "still-running", "The same request is still running"
    advice = "Wait a moment and send it again with the same Idempotency-Key."


class Stale(Problem):
    status, kind, title = 412, "stale", "Somebody changed it before you"
    advice = "Read it again, look at what changed, and send your change with the new ETag."


class TooLarge(Problem):
    status, kind, title = 413, "too-large", "The request is too large"
    advice = "Send less at once."


class UnsupportedMedia(Problem):
    status, kind, title = 415, "unsupported-media", "That content type is not taken here"
    advice = "Send application/json, or application/merge-patch+json with PATCH, without Content-Encoding."


class Invalid(Problem):
    status, kind, title = 422, "invalid", "Some values are not right"
    advice = "Correct the members named in errors."


class KeyReused(Problem):
    status, kind, title = 422, "key-reused", "That Idempotency-Key was used for something else"
    advice = "Make a fresh key for every new request."


class IfMatchNeeded(Problem):
    status, kind, title = 428, "if-match-needed", "Say which version you are changing"
    advice = "Send the ETag you last saw in If-Match."


class TooMany(Problem):
    status, kind, title = 429, "too-many", "Too many tries"
    advice = "Wait as long as Retry-After says."


class Broken(Problem):
    status, kind, title = 500, "broken", "Something went wrong on our side"
    advice = "Nothing was saved. Tell us the request id."


class Unavailable(Problem):
    status, kind, title = 503, "unavailable", "Busy just now"
    advice = "Nothing was saved. Send the same request again in a moment."

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        """Always say when to come back."""
        super().__init__(detail, headers={"Retry-After": "1"}, **more)
