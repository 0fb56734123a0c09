"""The official code sets: loaded from the shipped file, looked up by set and code, valid on a day."""

import json
import time
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.core.errors import Invalid
from iap_api.schools.tables import DatedCode

REMEMBERED_SECONDS = 60.0
Days = tuple[bool, date | None, date | None]
# plain values: a record of a session whose transaction fails could not be read any more
_remembered: WeakKeyDictionary[Any, tuple[float, dict[tuple[str, str], Days]]] = WeakKeyDictionary()


def shipped() -> list[dict[str, Any]]:
    """Return every code of the shipped sets as rows for the table of codes."""
    document = json.loads(files("iap_api.schools").joinpath("codes.json").read_text("utf-8"))
    rows: list[dict[str, Any]] = []
    for name, content in document.items():
        if not isinstance(content, dict) or not content.get("codes") or not isinstance(content["codes"][0], dict):
            continue
        known_from = content.get("effective_from")
        lists = [(content["codes"], True), (content.get("legacy", []), False)]
        position = 0
        for codes, active in lists:
            for one in codes:
                position += 1
                more = {key: value for key, value in one.items() if key not in ("code", "label", "active")}
                rows.append(
                    {
                        "set": name,
                        "code": str(one["code"]),
                        "label": one.get("label") or one.get("meaning") or str(one["code"]),
                        "position": position,
                        "active": active and one.get("active", True),
                        "valid_from": date.fromisoformat(known_from) if known_from else None,
                        "valid_until": None,
                        "verified": str(content.get("verified", "unverified")).split(" ")[0],
                        "detail": json.dumps(more, ensure_ascii=False),
                    }
                )
    return rows


async def load(session: AsyncSession) -> int:
    """Bring the table of codes to what is shipped; a withdrawn code stays, for old records carry it."""
    rows = shipped()
    for row in rows:
        await session.merge(DatedCode(**row))
    await session.flush()
    return len(rows)


async def _codes(session: AsyncSession) -> dict[tuple[str, str], Days]:
    bind = session.get_bind()
    kept = _remembered.get(bind)
    if kept and time.monotonic() - kept[0] < REMEMBERED_SECONDS:
        return kept[1]
    statement = select(
        col(DatedCode.set), col(DatedCode.code),
        col(DatedCode.active), col(DatedCode.valid_from), col(DatedCode.valid_until),
    )  # fmt: skip
    rows = (await session.execute(statement)).all()
    found = {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}
    if found:
        _remembered[bind] = (time.monotonic(), found)
    return found


async def check_codes(session: AsyncSession, named: Iterable[tuple[str, str, str]], on: date) -> None:
    """Check (pointer, set, code) triples; raises `Invalid` naming each pointer whose code is not in use on that day."""
    codes = await _codes(session)
    wrong = []
    for pointer, name, code in named:
        active, since, until = codes.get((name, code), (False, None, None))
        if not active or (since and on < since) or (until and on > until):
            wrong.append((pointer, f"is not a code of the set {name}"))
    if wrong:
        raise Invalid(errors=wrong)
