"""What was answered is in the database: the commit comes before the answer, or the answer is a refusal."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from iap_api.core.errors import Conflict, Problem
from iap_api.core.refusals import refuse
from tests.conftest import API_ROLE
from tests.core.fresh import by_hand, own_world

DEFERRED = {
    "sqlite": (
        "CREATE TABLE keepers (id INTEGER PRIMARY KEY)",
        "CREATE TABLE kept_spaces (space_id CHAR(32) REFERENCES keepers (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER keep_space AFTER INSERT ON spaces WHEN NEW.name = 'Doomed'"
        " BEGIN INSERT INTO kept_spaces VALUES (NEW.id); END",
        "CREATE TRIGGER keep_changed_space AFTER UPDATE ON spaces WHEN NEW.name = 'Doomed'"
        " BEGIN INSERT INTO kept_spaces VALUES (NEW.id); END",
    ),
    "postgresql": (
        "CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'Doomed' THEN"
        " RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'violates constraint \"ck_doomed\" of Quillon'; END IF;"
        " RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER doom AFTER INSERT OR UPDATE ON spaces DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION doom()",
    ),
}


async def test_a_failure_at_commit_is_never_answered_as_made_or_changed(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        await by_hand(url, *DEFERRED[world.app.state.database.dialect])
        space: dict[str, Any] = {"school_id": str(world.north), "name": "Den", "kind": "retreat", "places": 1}
        assert (await world.senco.post("/v1/spaces", space)).status_code == 201
        made = await world.senco.post("/v1/spaces", {**space, "name": "Doomed"}, Idempotency_Key="doomed")
        tag = (await world.senco.get(f"/v1/spaces/{world.sensory}")).headers["ETag"]
        changed = await world.senco.patch(f"/v1/spaces/{world.sensory}", {"name": "Doomed"}, If_Match=tag)
        for answer in (made, changed):
            assert answer.status_code in (409, 422), answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert "Location" not in answer.headers
            assert "ETag" not in answer.headers
            assert "Quillon" not in answer.text
        # a commit that failed must leave no lock behind: SQLite would keep the transaction open
        for _ in range(6):
            assert (await world.senco.post("/v1/spaces", space)).status_code == 201
        left = await by_hand(
            url,
            "SELECT (SELECT count(*) FROM spaces WHERE name = 'Doomed'), (SELECT count(*) FROM kept_keys),"
            " (SELECT count(*) FROM former_values),"
            " (SELECT count(*) FROM ledger_entries WHERE kind IN ('created', 'updated'))",
        )
        assert [tuple(row) for row in left] == [(0, 0, 0, 7)]


async def test_what_was_answered_is_seen_by_everybody_at_once(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        for number in range(5):
            space = {"school_id": str(world.north), "name": f"Den {number}", "kind": "retreat", "places": 1}
            assert (await world.senco.post("/v1/spaces", space)).status_code == 201
            seen = await by_hand(url, f"SELECT count(*) FROM spaces WHERE name = 'Den {number}'")
            assert seen[0][0] == 1


class Doomed(Conflict):
    kind, title = "doomed-in-a-test", "Doomed"
    advice = "A problem of this test, for a rule of its own."


async def test_a_named_rule_broken_in_the_database_becomes_the_problem_it_stands_for(
    database_url: str, tmp_path: Path
) -> None:
    refuse("ck_dooms_fate", Doomed)
    async with own_world(database_url, tmp_path) as (world, url):
        await by_hand(
            url,
            "CREATE TABLE dooms (id INTEGER CONSTRAINT pk_dooms PRIMARY KEY,"
            " fate INTEGER CONSTRAINT ck_dooms_fate CHECK (fate > 0),"
            " other INTEGER CONSTRAINT ck_dooms_other CHECK (other > 0), space_id CHAR(32), code INTEGER,"
            " CONSTRAINT uq_dooms_code UNIQUE (code))",
            *([f"GRANT ALL ON dooms TO {API_ROLE}"] if url.startswith("postgres") else []),
        )
        told: dict[str, str] = {}
        for values in (
            "1, 0, 1, NULL, 1",
            "1, 1, 0, NULL, 1",
            "1, 1, 1, NULL, 1",
            "1, 1, 1, NULL, 2",
            "2, 1, 1, NULL, 1",
        ):
            try:
                async with world.app.state.database.transaction() as session:
                    await session.execute(text(f"INSERT INTO dooms VALUES ({values})"))
                told[values] = "saved"
            except Problem as problem:
                told[values] = problem.kind
        assert list(told.values()) == ["doomed-in-a-test", "conflict", "saved", "id-taken", "conflict"]


async def test_the_reading_connection_cannot_write(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, _):
        with pytest.raises(Exception, match=r"(?i)read-?only"):
            async with world.app.state.database.transaction(read_only=True) as session:
                await session.execute(text("UPDATE spaces SET places = 99"))
        assert (await world.senco.get(f"/v1/spaces/{world.sensory}")).json()["places"] == 3
