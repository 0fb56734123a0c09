"""Which quarters of an hour name a pupil: what the sealer writes so that access records are found by pupil."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from iap_api.access import ledger
from iap_api.access.quarters import LENGTH, Quarters, quarter_of
from iap_api.access.sealer import seal
from iap_api.access.tables import LedgerQuarter
from iap_api.core.database import Database
from iap_api.core.migrating import upgrade
from tests.core.fresh import by_hand, opened, own_database

SCHOOL, OTHER, AMIRA, BEN = (UUID(int=number) for number in (1, 2, 3, 4))
NINE = datetime(2026, 11, 24, 9, 14, 59, 999999, tzinfo=UTC)


async def write(database: Database, at: datetime, pupils: Iterable[UUID], school_id: UUID = SCHOOL) -> None:
    entry = ledger.entry(school_id, "read", "pupil", account_id=None, pupil_ids=pupils)
    async with database.transaction() as session:
        await ledger.write(session, [{**entry, "at": at}])


async def sealed(database: Database, quarters: Quarters | None = None) -> None:
    async with database.work() as transaction:
        await seal(transaction, database.dialect, quarters)


async def noted(database: Database) -> set[tuple[UUID, datetime, UUID]]:
    async with database.transaction(read_only=True) as session:
        rows = (await session.execute(select(LedgerQuarter))).scalars().all()
    assert all(one.until_at - one.from_at == LENGTH for one in rows)
    return {(one.pupil_id, one.from_at, one.school_id) for one in rows}


@pytest.mark.parametrize(("minute", "begins"), [(0, 0), (14, 0), (15, 15), (44, 30), (45, 45), (59, 45)])
def test_a_quarter_of_an_hour_begins_on_the_quarter(minute: int, begins: int) -> None:
    at = datetime(2026, 11, 24, 9, minute, 59, 999999, tzinfo=UTC)
    assert quarter_of(at) == datetime(2026, 11, 24, 9, begins, tzinfo=UTC)


async def test_every_pupil_named_is_noted_once_for_each_quarter_and_school(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        quarters = Quarters()
        for at in (NINE, NINE, NINE + timedelta(microseconds=1)):
            await write(database, at, [AMIRA, BEN])
            await write(database, at, [AMIRA], OTHER)
            await write(database, at, [])
            await sealed(database, quarters)
            quarters.keep()
        nine, later = quarter_of(NINE), quarter_of(NINE) + LENGTH
        assert later == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
        assert await noted(database) == {
            (AMIRA, nine, SCHOOL), (BEN, nine, SCHOOL), (AMIRA, nine, OTHER),
            (AMIRA, later, SCHOOL), (BEN, later, SCHOOL), (AMIRA, later, OTHER),
        }  # fmt: skip


async def test_two_sealers_that_know_nothing_of_each_other_note_the_same(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        for _ in range(2):
            await write(database, NINE, [AMIRA])
            await sealed(database)
        assert await noted(database) == {(AMIRA, quarter_of(NINE), SCHOOL)}


async def test_a_turn_that_was_rolled_back_is_not_remembered(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        quarters = Quarters()
        await write(database, NINE, [AMIRA])
        transaction = await database.begin()
        await seal(transaction, database.dialect, quarters)
        await transaction.abandon()
        quarters.forget()
        assert await noted(database) == set()
        await sealed(database, quarters)
        assert await noted(database) == {(AMIRA, quarter_of(NINE), SCHOOL)}


async def test_a_list_read_again_in_the_same_quarter_costs_no_statement(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        quarters = Quarters()
        entry: Any = type("Named", (), {"school_id": SCHOOL, "at": NINE, "pupil_ids": AMIRA.bytes + BEN.bytes})()
        async with database.work() as transaction:
            await quarters.note(transaction, database.dialect, [entry])
        quarters.keep()
        asked = []
        transaction = await database.begin()
        transaction.rows = transaction.write_many = lambda *given: asked.append(given)  # type: ignore[method-assign,assignment]
        await quarters.note(transaction, database.dialect, [entry])
        await transaction.abandon()
        assert asked == []


async def test_what_was_sealed_before_the_migration_is_found_after_it(database_url: str, tmp_path: Path) -> None:
    async with own_database(database_url, tmp_path, migrated=False) as url:
        await asyncio.to_thread(upgrade, url, "0001")
        hexes = (f"'\\x{AMIRA.hex}{BEN.hex}'", f"'{NINE.isoformat()}'", f"'{SCHOOL}'", f"'{OTHER}'")
        if url.startswith("sqlite"):
            hexes = (f"X'{AMIRA.hex}{BEN.hex}'", "'2026-11-24 09:14:59.999999'", f"'{SCHOOL.hex}'", f"'{OTHER.hex}'")
        packed, at, school, ident = hexes
        await by_hand(
            url,
            "INSERT INTO ledger_entries (id, school_id, at, kind, resource, pupil_ids, fields, permission, request_id,"
            f" number, digest) VALUES ({ident}, {school}, {at}, 'read', 'pupil', {packed}, '', '', '', 1, {packed})",
        )
        await asyncio.to_thread(upgrade, url, "head")
        rows = await by_hand(url, "SELECT pupil_id, school_id, from_at FROM ledger_quarters")
        found = {(UUID(str(row[0])), UUID(str(row[1])), str(row[2])[:16]) for row in rows}
        assert found == {(one, SCHOOL, "2026-11-24 09:00") for one in (AMIRA, BEN)}
