"""The ledger as the data protection officer relies on it: who saw or changed what about whom, and never a value."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.tables import FormerValue, LedgerEntry
from tests.core.fresh import by_hand, opened_by_owner, own_world
from tests.core.recorded import entries_of, fill_roll, named_in
from tests.world import World


def whole(entry: LedgerEntry) -> str:
    """Everything an entry holds, as text, its bytes as they stand."""
    return repr(entry.model_dump())


# What a read leaves


async def test_reading_one_pupil_leaves_one_entry(world: World) -> None:
    answer = await world.base_lead.get(f"/v1/pupils/{world.amira}")
    (entry,) = await entries_of(world, world.base_lead)
    assert (entry.kind, entry.resource, entry.resource_id) == ("read", "pupil", world.amira)
    assert (entry.school_id, entry.permission, entry.fields) == (world.north, "pupil_read", "")
    assert named_in(entry) == {world.amira}
    assert entry.request_id == answer.headers["X-Request-Id"]


async def test_a_list_of_fifty_leaves_one_entry_that_names_the_fifty_and_nobody_who_was_not_shown(
    world: World,
) -> None:
    await fill_roll(world, world.south, 60)
    answer = await world.south_senco.get("/v1/pupils?limit=50")
    shown = {item["id"] for item in answer.json()["items"]}
    (entry,) = await entries_of(world, world.south_senco)
    assert len(shown) == 50
    assert {str(one) for one in named_in(entry)} == shown
    assert len(entry.pupil_ids) == 50 * 16


async def test_a_list_over_two_schools_leaves_one_entry_in_each_schools_chain(world: World) -> None:
    await world.trust_inclusion_lead.get("/v1/pupils")
    found = {entry.school_id: named_in(entry) for entry in await entries_of(world, world.trust_inclusion_lead)}
    north = {world.amira, world.ben, world.cara, world.dev, world.mainstream}
    assert found == {world.north: north, world.south: {world.southerner}}


async def test_a_search_leaves_who_was_found_and_not_what_was_typed(world: World) -> None:
    await world.senco.post("/v1/pupils/search", {"name": "amira"})
    (entry,) = await entries_of(world, world.senco)
    assert named_in(entry) == {world.amira}
    assert "amira" not in whole(entry).lower()


async def test_nothing_shown_leaves_nothing(world: World) -> None:
    assert (await world.senco.get(f"/v1/pupils/{world.southerner}")).status_code == 404
    assert (await world.senco.get(f"/v1/pupils?class_id={world.class_3}")).json()["items"] == []
    assert (await world.senco.get("/v1/spaces")).status_code == 200
    assert (await world.senco.post("/v1/pupils/search", {"name": "nobody of that name"})).status_code == 200
    assert await entries_of(world, world.senco) == []


# What a change leaves


async def test_a_change_leaves_the_names_of_fields_in_the_ledger_and_their_former_values_beside_it(
    world: World,
) -> None:
    changed = await world.senco.change(
        f"/v1/pupils/{world.amira}", {"preferred_name": "Ami", "address": "7 Quay Street", "given_name": "Amirah"}
    )
    assert changed.status_code == 200, changed.text
    entries = await entries_of(world, world.senco, changed.headers["X-Request-Id"])
    (entry,) = entries
    assert (entry.kind, entry.resource, entry.permission) == ("updated", "pupil", "pupil_write")
    assert entry.fields == "address,given_name,preferred_name,search_name"
    for value in ("Ami", "amira", "Quay", "okafor"):
        assert value not in whole(entry)
    async with world.app.state.database.transaction(read_only=True) as session:
        kept = select(FormerValue).where(col(FormerValue.resource_id) == world.amira)
        former = (await session.execute(kept)).scalars().one()
    assert json.loads(former.values) == {
        "preferred_name": None, "address": None, "given_name": "Amira", "search_name": "amira okafor"
    }  # fmt: skip
    assert (former.version, former.account_id, former.school_id) == (1, world.senco.account.id, world.north)


async def test_each_step_of_a_booking_leaves_one_entry_naming_its_pupils(world: World) -> None:
    made = await world.teaching_assistant.post(
        "/v1/bookings",
        {"space_id": str(world.sensory), "starts_at": "2026-11-25T09:00:00Z", "ends_at": "2026-11-25T09:30:00Z",
         "purpose": "regulation", "pupil_ids": [str(world.amira), str(world.ben)], "note": "after the fire drill"},
    )  # fmt: skip
    path = made.headers["Location"]
    await world.teaching_assistant.patch(path, {"pupil_ids": [str(world.cara)]}, If_Match=made.headers["ETag"])
    ended = await world.teaching_assistant.verb(path, "cancel")
    assert ended.status_code == 200
    steps = [(entry.kind, named_in(entry)) for entry in await entries_of(world, world.teaching_assistant)]
    assert steps == [
        ("created", {world.amira, world.ben}),
        ("updated", {world.amira, world.ben, world.cara}),
        ("read", {world.cara}),
        ("ended", {world.cara}),
    ]
    assert not [one for one in await entries_of(world, world.teaching_assistant) if "drill" in whole(one)]


async def test_a_change_of_nothing_and_a_replayed_creation_show_a_pupil_and_leave_a_read(world: World) -> None:
    assert (await world.senco.change(f"/v1/pupils/{world.amira}", {})).status_code == 200
    assert [entry.kind for entry in await entries_of(world, world.senco)] == ["read", "read"]
    said = {"pupil_id": str(world.amira), "zones": ["yellow"]}
    for status in (201, 200):
        answer = await world.teaching_assistant.post("/v1/zone-check-ins", said, Idempotency_Key="k")
        assert answer.status_code == status
    steps = await entries_of(world, world.teaching_assistant)
    assert [(entry.kind, named_in(entry)) for entry in steps] == [("created", {world.amira}), ("read", {world.amira})]
    booked = await world.senco.post(
        "/v1/bookings",
        {"space_id": str(world.sensory), "starts_at": "2026-11-25T09:00:00Z", "ends_at": "2026-11-25T09:30:00Z",
         "purpose": "regulation", "pupil_ids": [str(world.cara)]},
    )  # fmt: skip
    same = await world.senco.patch(booked.headers["Location"], {}, If_Match=booked.headers["ETag"])
    (entry,) = await entries_of(world, world.senco, same.headers["X-Request-Id"])
    assert (entry.kind, named_in(entry)) == ("read", {world.cara})


async def test_a_refused_change_leaves_nothing(world: World) -> None:
    path = f"/v1/spaces/{world.sensory}"
    assert (await world.senco.patch(path, {"places": 4}, If_Match='"9.abc"')).status_code == 412
    assert (await world.teaching_assistant.patch(path, {"places": 4}, If_Match='"1.abc"')).status_code == 403
    assert await entries_of(world, world.senco) == []
    assert await entries_of(world, world.teaching_assistant) == []


# No entry, no answer


async def test_when_the_ledger_cannot_be_written_nothing_is_shown_and_nothing_saved(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        if url.startswith("sqlite"):
            await by_hand(
                url,
                "CREATE TRIGGER ledger_away BEFORE INSERT ON ledger_entries"
                " BEGIN SELECT RAISE(ABORT, 'no room for Amira'); END",
            )
        else:
            await by_hand(
                url,
                "CREATE FUNCTION ledger_away() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'no room for Amira'; END $$",
                "CREATE TRIGGER ledger_away BEFORE INSERT ON ledger_entries"
                " FOR EACH ROW EXECUTE FUNCTION ledger_away()",
            )
        for path in (f"/v1/pupils/{world.amira}", "/v1/pupils"):
            read = await world.senco.get(path)
            assert read.status_code == 503
            assert read.headers["Retry-After"] == "1"
            assert "Amira" not in read.text
        tag = (await world.senco.get(f"/v1/spaces/{world.sensory}")).headers["ETag"]
        changed = await world.senco.patch(f"/v1/spaces/{world.sensory}", {"places": 9}, If_Match=tag)
        made = await world.senco.post(
            "/v1/spaces",
            {"school_id": str(world.north), "name": "Den", "kind": "retreat", "places": 1},
            Idempotency_Key="den",
        )
        for refused in (changed, made):
            assert refused.status_code >= 500
            assert "Amira" not in refused.text
        saved = await by_hand(
            url,
            "SELECT (SELECT count(*) FROM spaces WHERE places = 9 OR name = 'Den'), (SELECT count(*) FROM kept_keys),"
            " (SELECT count(*) FROM former_values)",
        )
        assert [tuple(row) for row in saved] == [(0, 0, 0)]


# Nobody alters it


async def test_no_entry_can_be_altered_or_deleted_by_sql(world: World) -> None:
    await world.senco.get(f"/v1/pupils/{world.amira}")
    (entry,) = await entries_of(world, world.senco)
    database = world.app.state.database
    hexed = f"'{entry.id.hex}'"
    attempts = [
        f"UPDATE ledger_entries SET account_id = NULL WHERE id = {hexed}",
        f"UPDATE ledger_entries SET number = 1, kind = 'updated' WHERE id = {hexed}",
        f"UPDATE ledger_entries SET number = number WHERE id = {hexed}",
        f"UPDATE ledger_entries SET number = NULL, digest = NULL WHERE id = {hexed}",
        f"DELETE FROM ledger_entries WHERE id = {hexed}",
    ]
    if database.dialect == "postgresql":
        attempts.append("TRUNCATE ledger_entries")
    async with opened_by_owner(world.app) as owners:
        for attempt in attempts:
            with pytest.raises(DBAPIError, match="ledger-only-grows"):
                async with owners.transaction() as session:
                    await session.execute(text(attempt))
    (still,) = await entries_of(world, world.senco)
    said = ("school_id", "at", "account_id", "kind", "resource", "resource_id", "pupil_ids", "fields", "permission")
    assert [getattr(still, name) for name in said] == [getattr(entry, name) for name in said]


# iap-api ledger verify


def verify(world: World, url: str) -> tuple[int, str]:
    settings = world.app.state.settings
    given = {
        "IAP_DATABASE_URL": url, "IAP_SECRET": settings.secret.get_secret_value(),
        "IAP_SIGNING_KEY": settings.signing_key.get_secret_value(), "IAP_DATA_DIR": str(settings.data_dir),
    }  # fmt: skip
    command = [sys.executable, "-m", "iap_api", "ledger", "verify"]
    ended = subprocess.run(
        command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout


async def test_the_command_walks_every_chain_and_names_the_first_broken_link(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        for _ in range(3):
            await world.senco.get(f"/v1/pupils/{world.amira}")
            await world.south_senco.get(f"/v1/pupils/{world.southerner}")
        for _ in range(250):
            if not (await by_hand(url, "SELECT count(*) FROM ledger_entries WHERE number IS NULL"))[0][0]:
                break
            await asyncio.sleep(0.02)
        north, south = f"{world.north}  3 entries  ", f"{world.south}  3 entries  "
        ended, told = verify(world, url)
        assert (ended, sorted(told.splitlines())) == (0, sorted([north + "whole", south + "whole"]))
        off = (
            ["DROP TRIGGER ledger_never_altered"]
            if url.startswith("sqlite")
            else ["DROP TRIGGER ledger_only_grows ON ledger_entries"]
        )
        await by_hand(
            url, *off,
            f"UPDATE ledger_entries SET kind = 'reae' WHERE number = 2 AND school_id = '{world.north.hex}'",
        )  # fmt: skip
        ended, told = verify(world, url)
        assert (ended, sorted(told.splitlines())) == (1, sorted([north + "BROKEN at entry 2", south + "whole"]))
        assert "Amira" not in told
