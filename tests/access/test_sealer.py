"""The chains: numbered without a gap however many write, and every way of tampering found at the right link."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlmodel import col

from iap_api.access import ledger
from iap_api.access.sealer import FIRST, Sealer, first_broken_link, link, seal
from iap_api.access.tables import LedgerEntry, LedgerHead
from iap_api.core.database import Database
from iap_api.core.tables import new_id
from tests.core.fresh import as_owner, by_hand, opened
from tests.core.recorded import entries_of
from tests.world import World

SCHOOL, OTHER, PUPIL, ACCOUNT = (UUID(int=number) for number in (1, 2, 3, 4))


def one(school_id: UUID = SCHOOL, kind: str = "read") -> dict[str, Any]:
    return ledger.entry(
        school_id, kind, "pupil", account_id=ACCOUNT, resource_id=PUPIL, pupil_ids=[PUPIL, ACCOUNT],
        fields=["allergies"], permission="pupil_read", request_id="r",
    )  # fmt: skip


async def write(database: Database, *entries: dict[str, Any]) -> None:
    async with database.transaction() as session:
        await ledger.write(session, entries)


async def sealed(database: Database) -> int:
    async with database.work() as transaction:
        return await seal(transaction, database.dialect)


async def broken(database: Database, school_id: UUID = SCHOOL) -> int | None:
    async with database.transaction(read_only=True) as session:
        return await first_broken_link(session, school_id)


async def numbers(database: Database, school_id: UUID = SCHOOL) -> list[int | None]:
    async with database.transaction(read_only=True) as session:
        chain = select(col(LedgerEntry.number)).where(col(LedgerEntry.school_id) == school_id)
        return list((await session.execute(chain.order_by(col(LedgerEntry.number)))).scalars())


# Numbers


async def test_each_school_has_its_own_numbers_without_a_gap(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        await write(database, one(), one(OTHER), one())
        await write(database, one(OTHER))
        assert await sealed(database) == 4
        await write(database, one())
        assert await sealed(database) == 1
        assert await sealed(database) == 0
        assert await numbers(database) == [1, 2, 3]
        assert await numbers(database, OTHER) == [1, 2]
        assert (await broken(database), await broken(database, OTHER)) == (None, None)


async def test_an_entry_that_commits_late_is_numbered_late_and_never_missed(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        early, late = one(kind="created"), one()
        await write(database, late)
        assert await sealed(database) == 1
        await write(database, early)
        assert await sealed(database) == 1
        async with database.transaction(read_only=True) as session:
            chain = select(col(LedgerEntry.kind)).order_by(col(LedgerEntry.number))
            assert list((await session.execute(chain)).scalars()) == ["read", "created"]
        assert await broken(database) is None


async def test_what_was_rolled_back_takes_no_number(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        await write(database, one())

        async def stumble() -> None:
            async with database.transaction() as session:
                await ledger.write(session, [one()])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await stumble()
        await write(database, one())
        assert await sealed(database) == 2
        assert await numbers(database) == [1, 2]


async def test_twenty_writers_and_a_sealer_at_once_make_one_whole_chain(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        sealer = Sealer(database)
        sealer.start()

        async def writer(number: int) -> None:
            for turn in range(5):
                async with database.transaction() as session:
                    await ledger.write(session, [one(), one(OTHER)])
                    await asyncio.sleep(0.002 * ((number + turn) % 3))

        await asyncio.gather(*(writer(number) for number in range(20)))
        for _ in range(500):
            if None not in await numbers(database) + await numbers(database, OTHER):
                break
            await asyncio.sleep(0.02)
        await sealer.stop()
        assert await numbers(database) == list(range(1, 101))
        assert await numbers(database, OTHER) == list(range(1, 101))
        assert (await broken(database), await broken(database, OTHER)) == (None, None)


async def test_of_two_sealers_at_once_one_works_and_the_other_leaves_it_to_it(
    postgres_url: str, tmp_path: Path
) -> None:
    async with opened(postgres_url, tmp_path) as database:
        await write(database, *(one() for _ in range(30)))
        async with database.work() as mine:
            assert await seal(mine, "postgresql") == 30
            assert await sealed(database) == 0
        assert await sealed(database) == 0
        for _ in range(10):
            await write(database, *(one() for _ in range(10)))
            assert sum(await asyncio.gather(sealed(database), sealed(database), sealed(database))) == 10
        assert await numbers(database) == list(range(1, 131))
        assert await broken(database) is None


async def test_two_sealers_on_one_file_take_turns(tmp_path: Path) -> None:
    async with opened("sqlite://", tmp_path) as database:
        await write(database, *(one() for _ in range(30)))
        assert sorted(await asyncio.gather(sealed(database), sealed(database))) == [0, 30]
        assert await broken(database) is None


async def test_the_running_server_seals_what_a_read_left(world: World) -> None:
    await world.senco.get(f"/v1/pupils/{world.amira}")
    for _ in range(250):
        (entry,) = await entries_of(world, world.senco)
        if entry.number is not None:
            break
        await asyncio.sleep(0.02)
    assert entry.number is not None
    async with world.app.state.database.transaction(read_only=True) as session:
        assert await first_broken_link(session, world.north) is None


# Tampering, by somebody who owns the database and took the trigger off

TRIGGERS = {
    "sqlite": ("DROP TRIGGER ledger_never_altered", "DROP TRIGGER ledger_never_deleted"),
    "postgresql": ("DROP TRIGGER ledger_only_grows ON ledger_entries",),
}


@asynccontextmanager
async def chain_of_six(like: str, folder: Path) -> AsyncIterator[Database]:
    async with opened(like, folder) as database:
        await write(database, *(one() for _ in range(6)))
        await sealed(database)
        await by_hand(as_owner(like, database), *TRIGGERS[database.dialect])
        assert await broken(database) is None
        yield database


async def test_one_bit_changed_in_any_member_of_an_entry_is_found_there(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction(read_only=True) as session:
            third = (await session.execute(select(LedgerEntry).where(col(LedgerEntry.number) == 3))).scalar_one()
        assert third.digest is not None
        edits: dict[str, Any] = {
            "id": UUID(int=third.id.int ^ 1), "at": third.at + timedelta(microseconds=1),
            "account_id": UUID(int=ACCOUNT.int ^ 1), "kind": "seae", "resource": "qupil", "fields": "allergier",
            "resource_id": UUID(int=PUPIL.int ^ 1), "permission": "pupil_reae", "request_id": "s",
            "pupil_ids": third.pupil_ids[:-1] + bytes([third.pupil_ids[-1] ^ 1]),
            "digest": bytes([third.digest[0] ^ 1]) + third.digest[1:], "school_id": OTHER,
        }  # fmt: skip
        assert set(edits) == set(LedgerEntry.model_fields) - {"number"}
        for name, value in edits.items():
            former = getattr(third, name)
            found = third.id if name != "id" else value
            async with database.transaction() as session:
                await session.execute(
                    update(LedgerEntry).where(col(LedgerEntry.id) == third.id).values(**{name: value})
                )
            assert await broken(database) == 3, name
            async with database.transaction() as session:
                await session.execute(update(LedgerEntry).where(col(LedgerEntry.id) == found).values(**{name: former}))
            assert await broken(database) is None, name


async def test_an_entry_rewritten_with_a_digest_to_match_is_found_at_the_next(
    database_url: str, tmp_path: Path
) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction() as session:
            numbered = select(LedgerEntry).where(col(LedgerEntry.number).in_([2, 3])).order_by(col(LedgerEntry.number))
            second, third = (await session.execute(numbered)).scalars().all()
            third.fields = "rewritten"
            third.digest = link(second.digest or b"", 3, third)
            await session.flush()
        assert await broken(database) == 4


async def test_members_left_out_are_found(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        for name, value in (
            ("account_id", None), ("resource_id", None), ("fields", ""), ("pupil_ids", b""),
            ("pupil_ids", b"cut short"),
        ):  # fmt: skip
            async with database.transaction() as session:
                entry = (await session.execute(select(LedgerEntry).where(col(LedgerEntry.number) == 4))).scalar_one()
                former = getattr(entry, name)
                setattr(entry, name, value)
                await session.flush()
            assert await broken(database) == 4, name
            async with database.transaction() as session:
                await session.execute(update(LedgerEntry).where(col(LedgerEntry.number) == 4).values(**{name: former}))
        assert await broken(database) is None


@pytest.mark.parametrize(("gone", "found"), [((3,), 3), ((1,), 1), ((2, 3, 4), 2), ((6,), 6), ((5, 6), 5)])
async def test_entries_deleted_from_the_middle_or_the_tail_are_missed(
    database_url: str, tmp_path: Path, gone: tuple[int, ...], found: int
) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction() as session:
            await session.execute(delete(LedgerEntry).where(col(LedgerEntry.number).in_(gone)))
        assert await broken(database) == found


async def test_two_entries_swapped_are_found_at_the_first(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction() as session:
            for was, becomes in ((2, 99), (5, 2), (99, 5)):
                await session.execute(update(LedgerEntry).where(col(LedgerEntry.number) == was).values(number=becomes))
        assert await broken(database) == 2


async def test_an_entry_slipped_in_is_found(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction() as session:
            for number in (6, 5, 4):
                await session.execute(
                    update(LedgerEntry).where(col(LedgerEntry.number) == number).values(number=number + 1)
                )
            await session.execute(insert(LedgerEntry).values({**one(), "number": 4, "digest": b"x" * 32}))
        assert await broken(database) == 4
        async with database.transaction() as session:
            await session.execute(delete(LedgerEntry).where(col(LedgerEntry.number) == 4))
        assert await broken(database) == 4


async def test_an_entry_added_behind_the_last_is_found(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        async with database.transaction() as session:
            await session.execute(insert(LedgerEntry).values({**one(), "number": 7, "digest": b"x" * 32}))
        assert await broken(database) == 7


async def test_a_head_taken_away_or_set_back_is_found(database_url: str, tmp_path: Path) -> None:
    async with chain_of_six(database_url, tmp_path) as database:
        for values in ({"number": 5}, {"number": 7}, {"digest": FIRST}):
            async with database.transaction() as session:
                head = await session.get(LedgerHead, SCHOOL)
                assert head is not None
                former = {name: getattr(head, name) for name in values}
                await session.execute(update(LedgerHead).values(**values))
            assert await broken(database) is not None, values
            async with database.transaction() as session:
                await session.execute(update(LedgerHead).values(**former))
        assert await broken(database) is None
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM ledger_heads"))
        assert await broken(database) == 1


async def test_a_clock_set_back_changes_nothing_of_the_order(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database:
        await write(database, one())
        await sealed(database)
        back = one()
        await write(database, {**back, "at": back["at"] - timedelta(days=400), "id": new_id()})
        await sealed(database)
        assert await numbers(database) == [1, 2]
        assert await broken(database) is None
