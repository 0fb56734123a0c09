"""The limit: a bare ASGI application, asyncpg and orjson; no sign-in, no policy, no ledger.

Each connection prepares each statement once: asyncpg keeps what it has prepared.
"""

import os
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench.sql import BOOKING, IDENTITY, INSERT, LIST, ONE, SECTIONS, SETTINGS
from iap_api.core.tables import new_id
from iap_api.pupils.year_group import nc_year

_HEADERS = [(b"content-type", b"application/json")]
_pool: Any = None


async def _started() -> None:
    global _pool
    _pool = await asyncpg.create_pool(
        os.environ["BENCH_URL"], min_size=32, max_size=32, reset=_nothing, server_settings=SETTINGS
    )


async def _nothing(_connection: Any) -> None:
    """Nothing to reset: no session state is set."""


def _item(row: Any, today: date) -> dict[str, Any]:
    values = [str(one) if isinstance(one, UUID) else one for one in row]
    values[8] = values[8] or nc_year(row[6], today)
    item = dict(zip(IDENTITY, values, strict=False))
    at = len(IDENTITY)
    for name, members in SECTIONS.items():
        item[name] = dict(zip(members, values[at : at + len(members)], strict=True))
        at += len(members)
    return item


async def _list(school_id: UUID) -> bytes:
    async with _pool.acquire() as connection:
        rows = await connection.fetch(LIST, school_id)
    today = datetime.now(UTC).date()
    items = [_item(row, today) for row in rows[:50]]
    following = f"/v1/pupils?after={items[-1]['id']}" if len(rows) > 50 else None
    return orjson.dumps({"items": items, "next": following})


async def _one(school_id: UUID, pupil_id: UUID) -> bytes:
    async with _pool.acquire() as connection:
        row = await connection.fetchrow(ONE, school_id, pupil_id)
    return orjson.dumps(_item(row, datetime.now(UTC).date()))


async def _book(school_id: UUID, account_id: UUID, body: bytes) -> bytes:
    sent = orjson.loads(body)
    made = new_id()
    values = [
        made, datetime.now(UTC), school_id, UUID(sent["space_id"]), datetime.fromisoformat(sent["starts_at"]),
        datetime.fromisoformat(sent["ends_at"]), sent["purpose"], [UUID(one) for one in sent["pupil_ids"]],
        [UUID(one) for one in sent["staff_ids"]], account_id,
    ]  # fmt: skip
    async with _pool.acquire() as connection:
        await connection.fetch(INSERT, *values)
    shown = {
        "id": str(made), "version": 1, "school_id": str(school_id), **sent, "note": None, "status": "booked",
        "whole_base": False, "others": 0, "takes_from": [], "booked_by": str(account_id), "subject": None,
        "series_id": None, "series_on": None, "decided_by": None, "checked_in_at": None, "closure_id": None,
        "cancelled_at": None,
    }  # fmt: skip
    return orjson.dumps({name: shown[name] for name in BOOKING})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer /v1/pupils, /v1/pupils/<id> and POST /v1/bookings for the school and account named in two headers."""
    if scope["type"] == "lifespan":
        await receive()
        await _started()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = dict(scope["headers"])
    school_id = UUID(headers[b"x-school"].decode())
    status = 200
    if scope["method"] == "POST":
        body = (await receive())["body"]
        sent, status = await _book(school_id, UUID(headers[b"x-account"].decode()), body), 201
    elif scope["path"] == "/v1/pupils":
        sent = await _list(school_id)
    else:
        sent = await _one(school_id, UUID(scope["path"][11:]))
    length = (b"content-length", str(len(sent)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, length]})
    await send({"type": "http.response.body", "body": sent})
