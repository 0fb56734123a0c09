"""The sign-in form as it comes in, and the answers of the token endpoint (RFC 6749, 3.2 and 5)."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote

from fastapi import Request, Response
from pydantic import ConfigDict
from starlette.responses import JSONResponse

from iap_api.access.guests import GRANT as INVITATION
from iap_api.core.shapes import Shape

FORM = "application/x-www-form-urlencoded"
LONGEST_FIELD = 1024
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
# judged by whoever reads it as a token: a token too long or with junk in it is a bad token, not a bad form
NOT_JUDGED = "subject_token"
GRANT_TYPES = ("password", "refresh_token", "client_credentials", INVITATION, EXCHANGE)


class TokenAnswer(Shape):
    """What a successful sign-in gives (RFC 6749, 5.1; RFC 8693, 2.2.1)."""

    model_config = ConfigDict(
        json_schema_extra={"required": ["access_token", "token_type", "expires_in", "refresh_token", "scope"]}
    )

    access_token: str
    issued_token_type: str
    token_type: str
    expires_in: int
    refresh_token: str | None
    scope: str


class TokenRefused(Shape):
    """Why a sign-in was refused (RFC 6749, 5.2)."""

    model_config = ConfigDict(json_schema_extra={"required": ["error"]})

    error: str
    error_description: str | None


SIGN_IN_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": list(GRANT_TYPES)},
        "username": {"type": "string", "maxLength": LONGEST_FIELD, "example": "senco@demo.iap.example"},
        "password": {"type": "string", "format": "password", "maxLength": LONGEST_FIELD},
        "refresh_token": {"type": "string", "maxLength": LONGEST_FIELD},
        "client_id": {"type": "string", "maxLength": LONGEST_FIELD},
        "client_secret": {"type": "string", "format": "password", "maxLength": LONGEST_FIELD},
        "invitation_code": {"type": "string", "format": "password", "maxLength": LONGEST_FIELD},
        "subject_token": {"type": "string", "maxLength": 8192},
        "subject_token_type": {"type": "string", "maxLength": LONGEST_FIELD},
        "requested_token_type": {"type": "string", "maxLength": LONGEST_FIELD},
        "provider_id": {"type": "string", "format": "uuid", "description": "Tells two trusts' providers apart."},
    },
}


class Refused(Exception):
    """A sign-in that is refused with one of the standard's words."""

    def __init__(self, error: str, status: int = 400, wait: int = 0, description: str = "") -> None:
        """Take the word, the status, how long to wait, and a sentence."""
        self.error, self.status, self.wait, self.description = error, status, wait, description
        self.challenge = 'Basic realm="iap-api"'

    def response(self) -> Response:
        """Return the refusal as the standard writes it."""
        headers = {"WWW-Authenticate": self.challenge} if self.status == 401 else {}
        if self.wait:
            headers["Retry-After"] = str(self.wait)
        document = {"error": self.error}
        if self.description:
            document["error_description"] = self.description
        return answer(document, self.status, **headers)


class RefusedToken(Refused):
    """A provider's token that is refused: one answer, whatever is wrong with it."""

    def __init__(self) -> None:
        """The reason stands in the log alone."""
        super().__init__("invalid_grant", 401)
        # a browser would ask its user for a name and a password if it were told Basic
        self.challenge = 'Bearer error="invalid_token"'


def answer(document: dict[str, Any], status: int = 200, **headers: str) -> Response:
    """Return an answer of the token endpoint, which nobody may keep."""
    return JSONResponse(document, status, {"Cache-Control": "no-store", "Pragma": "no-cache", **headers})


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of the form that are not empty; raises `Refused`."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise Refused("invalid_request", description=f"Send {FORM}.")
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise Refused("invalid_request") from None
    fields = dict(pairs)
    judged = [value for name, value in fields.items() if name != NOT_JUDGED]
    if len(fields) != len(pairs) or any("\x00" in value or len(value) > LONGEST_FIELD for value in judged):
        raise Refused("invalid_request")
    return {name: value for name, value in fields.items() if value}


def client_credentials(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    """Return a client's name and secret from the header or the form (RFC 6749, 2.3.1); raises `Refused`."""
    header = request.headers.get("authorization", "")
    if header.lower().startswith("basic "):
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_client", 401) from None
        # both are form-encoded first; our own hold no per cent sign
        return unquote(name), unquote(secret)
    return fields.get("client_id", ""), fields.get("client_secret", "")
