"""The first statement of every transaction: it asks what the account may do now and fences the connection in."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, TextualSelect, Uuid, bindparam, text

from iap_api.access.policy import Permission
from iap_api.access.roles import Role
from iap_api.access.scope import Held
from iap_api.core import clock
from iap_api.core.tables import Codes, UtcDateTime
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
SELECT a.kind AS account_kind, a.place_id, held.role, held.kind, held.id, held.school_id, held.trust_id,
    c.permissions, c.networks{fence}
FROM accounts a
LEFT JOIN clients c ON c.id = a.id
JOIN sign_ins s ON s.account_id = a.id AND s.id = :sign_in_id AND s.ended_at IS NULL AND s.expires_at > :now
LEFT JOIN held ON true
WHERE a.id = :account_id AND a.disabled_at IS NULL
    AND (a.kind = 'person' OR (c.revoked_at IS NULL AND c.ends_on >= :today))
"""
# row security reads this setting; it lasts for the transaction only, so a pooled connection forgets it
_FENCE = """,
    (SELECT set_config('iap.school_ids',
        coalesce((SELECT string_agg(DISTINCT school_id::text, ',') FROM held), ''), true))
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
        .columns(place_id=Uuid(), id=Uuid(), school_id=Uuid(), trust_id=Uuid(), permissions=Codes(), networks=Codes())
    )


_STATEMENTS = {"postgresql": Prepared(_statement(_FENCE)), "sqlite": Prepared(_statement(""))}
_ROLES = {role.value: role for role in Role}


class Entered(NamedTuple):
    """What an account is and may do now; `networks` are those from which a client is let in, none for anywhere."""

    kind: str
    place_id: UUID
    held: Sequence[Held]
    networks: Sequence[str]


@lru_cache(maxsize=256)
def _listed(names: tuple[str, ...]) -> frozenset[Permission]:
    # a name that this version does not know allows nothing
    return frozenset(Permission[name] for name in names if name in Permission.__members__)


def _held(rows: Sequence[Any], names: Sequence[str] | None) -> list[Held]:
    only = None if names is None else _listed(tuple(names))
    return [Held(_ROLES[row[2]], row[3], row[4], row[5], row[6], only) for row in rows if row[2] in _ROLES]


async def enter(
    transaction: Transaction, dialect: str, account_id: UUID, sign_in_id: UUID, day: date | None = None
) -> Entered | None:
    """Open the transaction for an account and return what it is and the roles it holds today.

    None means that the account is disabled or absent, that the client has expired or was revoked, or that the sign-in
    has ended: the token is worth nothing.
    """
    rows = await transaction.rows(
        _STATEMENTS[dialect],
        {"account_id": account_id, "sign_in_id": sign_in_id, "today": day or clock.today(), "now": clock.now()},
    )
    if not rows:
        return None
    first = rows[0]
    return Entered(first[0], first[1], _held(rows, first[7]), first[8] or ())
