"""Who counts as one of the two people behind a retention run: somebody in office before it was made, and still so.

One administrator could otherwise open two accounts, grant them the roles, and be two people by themself.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission, Reach
from iap_api.access.provider_tables import Identity
from iap_api.access.roles import Role
from iap_api.access.tables import Account, HeldRole, LedgerEntry, Place
from iap_api.core import clock
from iap_api.records.tables import RetentionRun

APPROVERS = [role.value for role in Role if Permission.retention_approve.reaches[role] >= Reach.school]


async def who_count(caller: Caller, run: RetentionRun, account_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some accounts that count as approvers of a run, locked until the transaction ends.

    An account counts if it is enabled, holds today a role that may approve over the run's school and was granted
    before the run was made, and nobody else has given it a password or a way to sign in since.
    """
    wanted = sorted(set(account_ids))
    session = caller.session
    # whoever disables an account or ends a role waits for us, or is seen by us
    enabled = (
        select(col(Account.id)).where(col(Account.id).in_(wanted), col(Account.disabled_at).is_(None))
        .order_by(col(Account.id)).with_for_update(read=True)
    )  # fmt: skip
    there = set((await session.execute(enabled)).scalars())
    in_office = set((await session.execute(_in_office(run, wanted, clock.today()))).scalars())
    async with caller.beyond_fence():
        handed_over = set((await session.execute(_given_a_password(run, wanted))).scalars())
    linked = select(col(Identity.account_id)).where(
        col(Identity.account_id).in_(wanted),
        col(Identity.linked_by) != col(Identity.account_id),
        col(Identity.created_at) >= run.created_at,
    )
    return there & in_office - handed_over - set((await session.execute(linked)).scalars())


def _in_office(run: RetentionRun, wanted: list[UUID], today: date) -> Select[Any]:
    its_trust = select(col(Place.trust_id)).where(col(Place.id) == run.school_id).scalar_subquery()
    return (
        select(col(HeldRole.account_id))
        .where(
            col(HeldRole.account_id).in_(wanted),
            col(HeldRole.role).in_(APPROVERS),
            or_(col(HeldRole.place_id) == run.school_id, col(HeldRole.place_id) == its_trust),
            col(HeldRole.created_at) < run.created_at,
            col(HeldRole.starts_on) <= today,
            or_(col(HeldRole.ends_on).is_(None), col(HeldRole.ends_on) >= today),
            col(HeldRole.ended_at).is_(None),
        )
        .order_by(col(HeldRole.id))
        .with_for_update(read=True)
    )


def _given_a_password(run: RetentionRun, wanted: list[UUID]) -> Select[Any]:
    # in two halves, for the index on the time has sealed entries only
    since = or_(
        col(LedgerEntry.number).is_(None),
        and_(col(LedgerEntry.number).is_not(None), col(LedgerEntry.at) >= run.created_at),
    )
    return select(col(LedgerEntry.resource_id)).where(
        since,
        col(LedgerEntry.at) >= run.created_at,
        col(LedgerEntry.kind) == "account.password_set",
        col(LedgerEntry.resource_id).in_(wanted),
        col(LedgerEntry.account_id) != col(LedgerEntry.resource_id),
    )
