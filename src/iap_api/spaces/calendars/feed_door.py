"""The door of a calendar feed: the secret in its address lets in, as whoever made it and no further than they may."""

from typing import Any
from uuid import UUID

from sqlalchemy import Date, LargeBinary, TextualSelect, Uuid, bindparam, text
from starlette.requests import Request

from iap_api.access.caller import Caller
from iap_api.access.guard import Guard
from iap_api.access.policy import Permission
from iap_api.access.preamble import FENCE, HELD, held_in
from iap_api.access.scope import scope_of
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.log import log
from iap_api.core.transactions import Prepared, Transaction
from iap_api.spaces.calendars.calendar_feeds import digest_of
from iap_api.spaces.calendars.feed_scope import KINDS, Shown, within

# one statement whatever is wrong: an unknown, a revoked and an expired secret cost the same and are told the same
_OPENED = """
WITH feed AS (
    SELECT id, school_id, made_by, space_id, staff_id, base_id, last_used_on
    FROM calendar_feeds
    WHERE digest = :digest AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= :today)
),
{held}
SELECT a.kind AS account_kind, a.place_id, held.role, held.kind, held.id, held.school_id, held.trust_id,
    feed.id AS feed_id, feed.made_by, feed.space_id, feed.staff_id, feed.base_id, feed.last_used_on{fence}
FROM feed
JOIN accounts a ON a.id = feed.made_by AND a.disabled_at IS NULL AND a.kind = 'person'
JOIN held ON true
"""
_CLOSE_FENCE = Prepared(text("SELECT set_config('iap.fence', '', true)"))
_IDS = ("place_id", "id", "school_id", "trust_id", "feed_id", "made_by", *KINDS)
_USED = Prepared(
    text(
        "UPDATE calendar_feeds SET last_used_on = :today WHERE id = :id"
        " AND (last_used_on IS NULL OR last_used_on < :today)"
    ).bindparams(bindparam("id", type_=Uuid()), bindparam("today", type_=Date()))
)


def _statement(fence: str) -> TextualSelect:
    whole = _OPENED.format(held=HELD.format(account="(SELECT made_by FROM feed)"), fence=fence)
    bound = (bindparam("digest", type_=LargeBinary()), bindparam("today", type_=Date()))
    types: dict[str, Any] = {**dict.fromkeys(_IDS, Uuid()), "last_used_on": Date()}
    return text(whole).bindparams(*bound).columns(**types)


_STATEMENTS = {"postgresql": Prepared(_statement(FENCE)), "sqlite": Prepared(_statement(""))}


class FeedCaller(Caller):
    """Whoever made the feed, through its address: `feed_id`, what it shows, and whether today is noted already."""

    __slots__ = ("feed_id", "noted_today", "shown")

    feed_id: UUID
    shown: Shown
    noted_today: bool


class FeedDoor:
    """A dependency that lets a request in by the secret in its path, or answers 404 as for an address never made.

    No throttle stands here: calendar services fetch the feeds of many schools from one address, and 192 random bits
    are not guessed.
    """

    async def __call__(self, request: Request) -> FeedCaller:
        """Return the caller whom `begin` let in."""
        caller: FeedCaller = request.scope["state"]["caller"]
        return caller

    async def begin(self, request: Request) -> FeedCaller:
        """Open the transaction, within the fence of whoever made the feed; raises `NotFound`."""
        app = request.app.state
        # whose feed it is is not known before it is read: the fence closes behind that one statement
        transaction = await app.database.begin(read_only=True, system=True)
        try:
            caller = await self._let_in(request, transaction, app)
        except BaseException as error:
            await transaction.abandon()
            app.database.explain(error)
            raise
        return caller

    async def _let_in(self, request: Request, transaction: Transaction, app: Any) -> FeedCaller:
        given = {"digest": digest_of(request.path_params["secret"]), "today": clock.today()}
        dialect = app.database.dialect
        rows = await transaction.rows(_STATEMENTS[dialect], given)
        if dialect == "postgresql":
            await transaction.rows(_CLOSE_FENCE, {})
        state = request.scope["state"]
        held = held_in(rows, None)
        scope = scope_of(Permission.booking_read, held, rows[0][8]) if rows else None
        if scope is not None:
            feed_id, made_by, *things, last_used_on = rows[0][7:13]
            state["account_id"] = str(made_by)
            caller = FeedCaller(
                request=request, transaction=transaction, dialect=dialect, account_id=made_by,
                sign_in_id=feed_id, account_kind="person", place_id=rows[0][1], held=held,
                permission=Permission.booking_read, scope=scope, cursors=app.cursors, secret=app.digest_key,
            )  # fmt: skip
            kind, wanted = next(one for one in zip(KINDS, things, strict=True) if one[1])
            shown = await within(caller, scope, kind, wanted)
            if shown is not None:
                caller.feed_id, caller.shown, caller.reads = feed_id, shown, True
                caller.noted_today = last_used_on == clock.today()
                state["caller"] = caller
                return caller
        log.warning("calendar_feed_refused", request_id=state["request_id"])
        raise NotFound()

    async def end(self, caller: FeedCaller, error: BaseException | None) -> None:
        """Commit the ledger's entry before the answer leaves, as the guard does, and note the day once."""
        await Guard(Permission.booking_read).end(caller, error)
        if error is None and not caller.noted_today:
            async with caller.request.app.state.database.work() as transaction:
                await transaction.rows(_USED, {"id": caller.feed_id, "today": clock.today()})
