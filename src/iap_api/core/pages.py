"""Keyset pages: how many, after which row, and the signed cursor that says so."""

import base64
import hashlib
import hmac
import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from iap_api.core.errors import Invalid

_DIGITS = re.compile(r"^[0-9]{1,9}\Z")


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not _DIGITS.match(value):
        raise ValueError("must be a whole number in digits")
    return value


Count = Annotated[int, BeforeValidator(_digits)]


class Page(BaseModel):
    """Which part of a list is asked for; filters are added by subclasses."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[Count, Field(ge=1, le=200, description="How many items at most.")] = 50
    after: Annotated[
        str | None, Field(max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="The cursor from `next`.")
    ] = None

    def filters(self) -> dict[str, Any]:
        """Return the filters that were given, without the page itself."""
        return {name: value for name, value in self if name not in ("limit", "after") and value is not None}


class Cursors:
    """Signs and reads cursors; each is bound to its caller, its list and its filters."""

    def __init__(self, secret: str) -> None:
        """Take the secret of this installation."""
        self._key = hashlib.sha256(b"cursor:" + secret.encode()).digest()

    def _mac(self, last: bytes, bound_to: str) -> bytes:
        return hmac.digest(self._key, last + bound_to.encode(), "sha256")[:16]

    def sign(self, last: UUID, bound_to: str) -> str:
        """Return the cursor for the page after the row `last`."""
        return base64.urlsafe_b64encode(last.bytes + self._mac(last.bytes, bound_to)).rstrip(b"=").decode()

    def read(self, cursor: str, bound_to: str) -> UUID:
        """Return the row a cursor stands after; raises `Invalid` if it is not ours for this list and caller."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        # the text itself is compared: Base64 reads several texts as the same bytes
        if len(raw) != 32 or not hmac.compare_digest(self.sign(UUID(bytes=raw[:16]), bound_to), cursor):
            raise Invalid(errors=[("/after", "is not a cursor of this list: start again without it")])
        return UUID(bytes=raw[:16])

    def sign_day(self, day: date, last: UUID, bound_to: str) -> str:
        """Return the cursor for the page after the row `last` of a list that goes by days."""
        place = day.toordinal().to_bytes(4) + last.bytes
        return base64.urlsafe_b64encode(place + self._mac(place, bound_to)).decode()

    def read_day(self, cursor: str, bound_to: str) -> tuple[date, UUID]:
        """Return the day and the row a cursor stands after; raises `Invalid` as `read` does."""
        try:
            raw = base64.urlsafe_b64decode(cursor)
        except ValueError:
            raw = b""
        place = raw[:20]
        whole = base64.urlsafe_b64encode(place + self._mac(place, bound_to)).decode()
        if len(raw) != 36 or not hmac.compare_digest(whole, cursor):
            raise Invalid(errors=[("/after", "is not a cursor of this list: start again without it")])
        return date.fromordinal(int.from_bytes(place[:4])), UUID(bytes=place[4:])
