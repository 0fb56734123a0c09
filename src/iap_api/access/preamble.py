"""The first statement of every transaction: it asks what the account may do now and fences the connection in."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Date, TextualSelect, Uuid, bindparam, text

from iap_api.access.roles import Role
from iap_api.access.scope import Held
from iap_api.core import clock
from iap_api.core.tables import UtcDateTime
from iap_api.core.transactions import Prepared, Transaction

_OPENED = """
WITH held AS (
    SELECT h.role, p.kind, p.id, p.school_id, p.trust_id
    FROM held_roles h
    JOIN places w ON w.id = h.place_id
    JOIN places p ON p.id = w.id
        OR (w.kind = 'trust' AND p.trust_id = w.id)
        OR (w.kind = 'school' AND p.school_id = w.id)
    WHERE h.account_id = :account_id AND h.starts_on <= :today AND (h.ends_on IS NULL OR h.ends_on >= :today)
        AND h.ended_at IS NULL
)
"""
_STATE = """
SELECT a.kind AS account_kind, a.place_id, held.role, held.kind, held.id, held.school_id, held.trust_id{fence}
FROM accounts a
JOIN sign_ins s ON s.account_id = a.id AND s.id = :sign_in_id AND s.ended_at IS NULL AND s.expires_at > :now
LEFT JOIN held ON true
WHERE a.id = :account_id AND a.disabled_at IS NULL
"""
# row security reads these settings; they last for the transaction only, so a pooled connection forgets them
_FENCE = """,
    (SELECT set_config('iap.school_ids',
        coalesce((SELECT string_agg(DISTINCT coalesce(school_id, id)::text, ',') FROM held), ''), true)
        || set_config('iap.account_id', a.id::text, true)
        || set_config('iap.today', CAST(:today AS date)::text, true))
"""


def _statement(fence: str) -> TextualSelect:
    return (
        text(_OPENED + _STATE.format(fence=fence))
        .bindparams(
            bindparam("account_id", type_=Uuid()),
            bindparam("sign_in_id", type_=Uuid()),
            bindparam("today", type_=Date()),
            bindparam("now", type_=UtcDateTime()),
        )
        .columns(place_id=Uuid(), id=Uuid(), school_id=Uuid(), trust_id=Uuid())
    )


_STATEMENTS = {"postgresql": Prepared(_statement(_FENCE)), "sqlite": Prepared(_statement(""))}
_ROLES = {role.value: role for role in Role}


async def enter(
    transaction: Transaction, dialect: str, account_id: UUID, sign_in_id: UUID, day: date | None = None
) -> tuple[str, UUID, Sequence[Held]] | None:
    """Open the transaction for an account and return its kind, its place and the roles it holds today.

    None means that the account is disabled or absent, or that the sign-in has ended: the token is worth nothing.
    """
    rows = await transaction.rows(
        _STATEMENTS[dialect],
        {"account_id": account_id, "sign_in_id": sign_in_id, "today": day or clock.today(), "now": clock.now()},
    )
    if not rows:
        return None
    held = [
        Held(_ROLES[row[2]], row[3], row[4], row[5], row[6]) for row in rows if row[2] is not None and row[2] in _ROLES
    ]
    return rows[0][0], rows[0][1], held
