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

# the roles that {account} holds today, each opened out to the schools and bases below its place
HELD = """held AS (
    SELECT h.role, p.kind, p.id, p.school_id, p.trust_id
    FROM held_roles h
    JOIN places w ON w.id = h.place_id
    JOIN places p ON p.id = w.id
        OR (w.kind = 'trust' AND p.trust_id = w.id)
        OR (w.kind = 'school' AND p.school_id = w.id)
    WHERE h.account_id = {account} AND h.starts_on <= :today AND (h.ends_on IS NULL OR h.ends_on >= :today)
        AND h.ended_at IS NULL
)
"""
_OPENED = "WITH " + HELD.format(account=":account_id")
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
# row security reads these settings; they last for the transaction only, so a pooled connection forgets them
FENCE = """,
    (SELECT set_config('iap.school_ids',
        coalesce((SELECT string_agg(DISTINCT coalesce(school_id, id)::text, ',') FROM held), ''), true)
        || set_config('iap.account_id', a.id::text, true)
        || set_config('iap.today', CAST(:today AS date)::text, true))
"""


# the same roles as a client's own request would open them out, asked by whoever looks after it
_OF_CLIENT = """
SELECT a.kind AS account_kind, a.place_id, held.role, held.kind, held.id, held.school_id, held.trust_id, c.permissions
FROM held
JOIN clients c ON c.id = :account_id AND c.revoked_at IS NULL AND c.ends_on >= :today
JOIN accounts a ON a.id = c.id AND a.disabled_at IS NULL
"""
_BOUND: dict[str, Any] = {"account_id": Uuid(), "sign_in_id": Uuid(), "today": Date(), "now": UtcDateTime()}
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("place_id", "id", "school_id", "trust_id"), Uuid()),
    **dict.fromkeys(("permissions", "networks"), Codes()),
}


def _statement(wanted: str) -> TextualSelect:
    bound = [bindparam(name, type_=kind) for name, kind in _BOUND.items() if f":{name}" in _OPENED + wanted]
    return text(_OPENED + wanted).bindparams(*bound).columns(**_TYPES)


_STATEMENTS = {
    dialect: Prepared(_statement(_STATE.format(fence=fence)))
    for dialect, fence in (("postgresql", FENCE), ("sqlite", ""))
}
_CLIENT = Prepared(_statement(_OF_CLIENT))
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


def held_in(rows: Sequence[Any], names: Sequence[str] | None) -> list[Held]:
    """Return the roles in rows whose third to seventh columns are those of `HELD`; `names` is a client's own list."""
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
    return Entered(first[0], first[1], held_in(rows, first[7]), first[8] or ())


async def roles_of_client(transaction: Transaction, client_id: UUID) -> Sequence[Held]:
    """Return the roles that a client holds today, as its own requests would find them; none if it is shut out."""
    rows = await transaction.rows(_CLIENT, {"account_id": client_id, "today": clock.today()})
    return held_in(rows, rows[0][7]) if rows else ()
