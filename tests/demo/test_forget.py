"""Starting over empties the demo, and nothing but the demo, on both databases."""

from pathlib import Path

import pytest

from iap_api.demo.forget import NotTheDemo, forget
from iap_api.pupils.tables import Pupil
from tests.core.fresh import by_hand, own_database, settings_with
from tests.demo.conftest import DAY, seeded_on

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
}
KINDS = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def like(kind: str, request: pytest.FixtureRequest) -> str:
    """A URL of that kind of database."""
    return "sqlite://" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))


@KINDS
async def test_the_demo_is_forgotten(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with seeded_on(DAY, like(kind, request), tmp_path) as demo:
        assert len(await demo.rows(Pupil)) == 331
        await demo.database.close()
        await forget(demo.settings)
        assert await by_hand(demo.settings.database_url, TABLES[kind]) == []
        await forget(demo.settings)


@KINDS
async def test_another_programs_tables_stay(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with own_database(like(kind, request), tmp_path, migrated=False) as url:
        await by_hand(url, "CREATE TABLE wages (name text)", "INSERT INTO wages VALUES ('somebody')")
        with pytest.raises(NotTheDemo):
            await forget(settings_with(url, tmp_path))
        assert len(await by_hand(url, "SELECT * FROM wages")) == 1


@KINDS
async def test_a_real_trust_stays(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    async with own_database(like(kind, request), tmp_path) as url:
        key = "019ab000000070008000000000000001"
        await by_hand(
            url,
            f"INSERT INTO places (id, kind, name) VALUES ('{key}', 'trust', 'A real trust')",
            f"INSERT INTO trusts (id, name, version, created_at, updated_at) VALUES ('{key}', 'A real trust', 1,"
            " '2026-11-24 06:00:00.000000', '2026-11-24 06:00:00.000000')",
        )
        with pytest.raises(NotTheDemo):
            await forget(settings_with(url, tmp_path))
        assert len(await by_hand(url, "SELECT * FROM trusts")) == 1
