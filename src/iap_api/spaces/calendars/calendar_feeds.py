"""Calendar feeds over HTTP: secret addresses at which a calendar program reads bookings; made, listed and revoked."""

import hashlib
import secrets
from typing import Annotated

import msgspec
from fastapi import Query, Response
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.calendars.feed_scope import KINDS, feed_visible, within
from iap_api.spaces.calendars.feed_shapes import (
    CalendarFeedCreate,
    CalendarFeedFilters,
    CalendarFeedMade,
    CalendarFeedRead,
)
from iap_api.spaces.calendars.feed_tables import CalendarFeed

routes = Routes("/v1/calendar-feeds", "calendar feeds")
SECRET_BYTES = 24


class FeedRevoked(Conflict):
    status, kind, title = 409, "calendar-feed-revoked", "That calendar feed was revoked"
    advice = "Its address answers nothing any more: make a new feed where one is still needed."


feeds = Reading(
    CalendarFeedRead,
    CalendarFeed,
    visible=feed_visible,
    resource="calendar_feed",
    school=col(CalendarFeed.school_id),
    filters={
        "space_id": lambda value: col(CalendarFeed.space_id) == value,
        "staff_id": lambda value: col(CalendarFeed.staff_id) == value,
        "base_id": lambda value: col(CalendarFeed.base_id) == value,
    },
)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret: it has 192 random bits, so a plain digest cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


@routes.get("", response_model=Listed[CalendarFeedRead], summary="List calendar feeds")
async def list_calendar_feeds(
    caller: Annotated[Caller, may(Permission.calendar_feed_read)], filters: Annotated[CalendarFeedFilters, Query()]
) -> Response:
    """The feeds within reach, revoked and expired ones too, with the day each was last read; never an address."""
    return await feeds.page(caller, filters)


@routes.post("", response_model=CalendarFeedMade, status_code=201, summary="Make a calendar feed")
async def create_calendar_feed(
    caller: Annotated[Caller, may(Permission.calendar_feed_write)], body: CalendarFeedCreate
) -> Response:
    """Make a secret address at which a calendar program reads the bookings of a space, a member of staff or a base.

    The answer shows the address once; a repetition with the same Idempotency-Key shows the feed without it. Whoever
    has the address reads what you may read there, with pupils' initials instead of names, for as long as you may.
    """
    feed_id, fresh = await caller.once(body)
    address = None
    if fresh:
        named = [(kind, wanted) for kind in KINDS if (wanted := getattr(body, kind)) is not None]
        if len(named) != 1:
            raise Invalid(errors=[("", "name exactly one of space_id, staff_id and base_id")])
        if body.expires_on is not None and body.expires_on < clock.today():
            raise Invalid(errors=[("/expires_on", "lies before today")])
        ((kind, wanted),) = named
        shown = await within(caller, caller.scope, kind, wanted)
        if shown is None:
            raise Invalid(errors=[(f"/{kind}", "is not within your reach")])
        secret = secrets.token_urlsafe(SECRET_BYTES)
        feed = CalendarFeed(
            id=feed_id, school_id=shown.school_id, digest=digest_of(secret), made_by=caller.account_id,
            **body.model_dump(),
        )  # fmt: skip
        await caller.create(feed, shown.school_id, resource="calendar_feed")
        address = f"/v1/calendars/{secret}.ics"
    location = f"/v1/calendar-feeds/{feed_id}"
    return _with_address(await feeds.one(caller, feed_id, status=201 if fresh else 200, location=location), address)


def _with_address(answer: Response, address: str | None) -> Response:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    shown = {**msgspec.json.decode(bytes(answer.body)), "address": address}
    return Response(msgspec.json.encode(shown), answer.status_code, headers)


@routes.get("/{calendar_feed_id}", response_model=CalendarFeedRead, summary="Read a calendar feed")
async def read_calendar_feed(
    caller: Annotated[Caller, may(Permission.calendar_feed_read)], calendar_feed_id: Id
) -> Response:
    """One feed, without its address."""
    return await feeds.one(caller, calendar_feed_id)


@routes.post(
    "/{calendar_feed_id}/revoke",
    response_model=CalendarFeedRead,
    summary="Revoke a calendar feed",
    openapi_extra=problems(FeedRevoked),
)
async def revoke_calendar_feed(
    caller: Annotated[Caller, may(Permission.calendar_feed_write)], calendar_feed_id: Id
) -> Response:
    """End a feed: its address answers 404 from the next request on, and what a program has copied stays there.

    Everybody who works with what it shows may do so, for it only takes away: a leaked address is not to wait.
    """
    feed: CalendarFeed = await for_change(caller, CalendarFeed, calendar_feed_id, feed_visible)
    if feed.revoked_at is not None:
        raise FeedRevoked()
    values = {"revoked_at": clock.now(), "revoked_by": caller.account_id}
    await caller.change(feed, values, feed.school_id, resource="calendar_feed", kind="ended")
    return await feeds.one(caller, calendar_feed_id)
