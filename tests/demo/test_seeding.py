"""Seeding: the same world each time, kept by the second, and never put into somebody else's database."""

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from iap_api.access.passwords import fits
from iap_api.access.tables import Account, Place
from iap_api.core.database import Database
from iap_api.demo.seed import AnotherTrust, seed
from iap_api.profiles.tables import Profile
from iap_api.pupils.tables import Placement, Pupil, ZoneCheckIn
from iap_api.reviews.tables import Review
from iap_api.schools.tables import Trust
from iap_api.toolbox.tables import Use
from tests.core.fresh import own_database, settings_with
from tests.demo.conftest import DAY, seeded_on

# What loading the software or hashing a password makes anew each time.
NOT_OURS = {
    "accounts": {"password_hash"}, "instruments": {"id", "created_at", "updated_at"}, "profiles": {"instrument_id"},
    "therapy_notes": {"sealed", "key_id"},
}  # fmt: skip
IN_ANOTHER_PROCESS = """
import asyncio, datetime, sys
from iap_api.core.settings import Settings
from iap_api.demo.seed import seed
settings = Settings(environment="demo", database_url=sys.argv[1], data_dir=sys.argv[2])
asyncio.run(seed(settings, today=datetime.date.fromisoformat(sys.argv[3])))
"""


def digests(url: str) -> dict[str, str]:
    """One digest for each table: every row, every column but those of NOT_OURS, in the order of the keys."""
    found = {}
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            names = ", ".join(f'"{one}"' for one in columns if one not in NOT_OURS.get(table, set()))
            rows = sorted(map(repr, connection.execute(f"SELECT {names} FROM {table}")))
            found[table] = f"{len(rows)} rows " + hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


async def test_the_same_day_gives_the_same_world_row_for_row(tmp_path: Path) -> None:
    async with seeded_on(DAY, "sqlite://", tmp_path) as here, own_database("sqlite://", tmp_path) as there:
        await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", IN_ANOTHER_PROCESS, there, str(tmp_path), DAY.isoformat()],
            env={**os.environ, "PYTHONHASHSEED": "7"},
            check=True,
            timeout=120,
        )
        first, second = digests(here.settings.database_url), digests(there)
        assert first == second
        assert first["presences"].split()[0] > "5000", "the triggers worked in both"


@pytest.mark.parametrize("day", [date(2026, 9, 1), date(2027, 8, 31), date(2028, 2, 29)])
async def test_on_any_day_of_the_year_there_is_a_year_behind_and_nothing_from_the_future(
    day: date, tmp_path: Path
) -> None:
    async with seeded_on(day, "sqlite://", tmp_path) as demo:
        assert len(await demo.rows(Placement, Placement.until_on.is_(None))) == 12  # type: ignore[union-attr]
        assert len(await demo.rows(Profile, Profile.status == "draft")) == 2
        reviews = await demo.rows(Review)
        assert [review for review in reviews if review.status in ("due", "scheduled") and review.due_on < day]
        assert max(review.closed_at.date() for review in reviews if review.closed_at) < day
        check_ins = [one.at.date() for one in await demo.rows(ZoneCheckIn)]
        assert (max(check_ins) - min(check_ins)).days > 280
        assert max(check_ins) < day
        assert max(use.ended_at.date() for use in await demo.rows(Use)) < day
        completed = await demo.rows(Profile, Profile.status == "completed")
        assert max(profile.completed_at.date() for profile in completed) < day
        born = {pupil.id: pupil.born_on for pupil in await demo.rows(Pupil)}
        for profile in completed:
            had_birthday = (profile.observed_on.month, profile.observed_on.day) >= (
                born[profile.pupil_id].month, born[profile.pupil_id].day,
            )  # fmt: skip
            assert profile.age_years == profile.observed_on.year - born[profile.pupil_id].year - (not had_birthday)
            assert 4 <= profile.age_years <= 11


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_second_start_keeps_the_data_and_a_new_password_counts(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    like = "sqlite://" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    async with seeded_on(DAY, like, tmp_path) as demo:
        before = {account.username: account.password_hash for account in await demo.rows(Account)}
        assert await seed(demo.settings, today=date(2026, 11, 25)) is False
        assert {account.username: account.password_hash for account in await demo.rows(Account)} == before
        assert len(await demo.rows(Pupil)) == 331

        other = demo.settings.model_copy(
            update={"demo_password": type(demo.settings.demo_password)("three-words-here")}
        )
        assert await seed(other, today=date(2026, 11, 25)) is False
        for account in await demo.rows(Account):
            assert await fits(account.password_hash, "three-words-here")


async def test_the_demo_is_not_put_into_a_real_trusts_database(tmp_path: Path) -> None:
    async with own_database("sqlite://", tmp_path) as url:
        settings = settings_with(url, tmp_path)
        database = Database(settings)
        trust_id = UUID("019ab000-0000-7000-8000-000000000001")
        async with database.transaction() as session:
            session.add(Place(id=trust_id, kind="trust", name="A real trust"))
            await session.flush()
            session.add(Trust(id=trust_id, name="A real trust"))
        with pytest.raises(AnotherTrust):
            await seed(settings)
        await database.close()
        assert digests(url)["pupils"].startswith("0 rows")
