"""The second fence: row security, with the policy's own row filters switched off by the test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import make_url, text, true
from sqlmodel import SQLModel

from iap_api.access.reading import EVERY, Reading
from iap_api.core import clock
from iap_api.profiles import group_profiles, overdue
from iap_api.pupils import scope
from iap_api.pupils.tables import Caseload, Placement, Registration
from iap_api.shipped import load_into
from migrations.rules.fences import OUTSIDE
from tests.conftest import FULL, migrate
from tests.core.fresh import by_hand, own_database, running, settings_with
from tests.house import neighbourhood
from tests.house.contract import OPERATIONS
from tests.house.spots import Neighbourhood
from tests.world import LONG_AGO, Person, World

TURNS = 10_000 if FULL else 200
# the rows of these lists are of tables outside row security
LISTS_OUTSIDE = {
    "list_trusts", "list_schools", "list_code_sets", "list_accounts", "list_instruments", "list_identity_providers",
    "list_clients", "list_held_roles", "list_retention_rules", "list_school_days",
    "list_strategies", "list_catalogue",
}  # fmt: skip
# asked by instrument, and its rows have no ids of their own: it has a test of its own
ASKED_OTHERWISE = {"list_overdue_profiles"}
LISTS = sorted(
    one.path
    for one in OPERATIONS.values()
    if one.method == "GET" and one.id.startswith("list_") and not one.parameters
    and one.id not in LISTS_OUTSIDE | ASKED_OTHERWISE
)  # fmt: skip


INNER_LISTS = sorted(
    one.path
    for one in OPERATIONS.values()
    if one.method == "GET" and one.id.startswith("list_") and one.parameters and "account_id" not in one.path
)


@dataclass
class Fenced:
    """A neighbourhood behind a pool of one connection, and the database's URL for its owner."""

    near: Neighbourhood
    url: str
    visitor: UUID
    early: UUID
    not_now: list[UUID] = field(default_factory=list)
    rows: dict[str, tuple[str, UUID | None, tuple[UUID, ...]]] = field(default_factory=dict)
    registered: set[tuple[UUID, UUID]] = field(default_factory=set)

    def may_be_seen(self, ident: str, school_id: UUID) -> bool:
        """Whether a row is the school's own, or about a pupil with a current registration there."""
        _table, owner, pupils = self.rows[ident]
        return owner == school_id or any((pupil, school_id) in self.registered for pupil in pupils)


@pytest_asyncio.fixture(scope="module")
async def fenced(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fenced]:
    """Everything at every distance, and a child of South Quay who is placed in The Bubble."""
    folder: Path = tmp_path_factory.mktemp("fenced")
    async with (
        own_database(postgres_url, folder) as url,
        running(settings_with(url, folder, pool_size=1)) as (app, client),
    ):
        async with app.state.database.transaction() as session:
            await load_into(session)
        near = await neighbourhood.build(app, client)
        w = near.world
        visitor = w.pupil("Vera", w.south)
        w.add(Registration(school_id=w.north, pupil_id=visitor, kind="placed", from_on=LONG_AGO))
        w.add(Placement(school_id=w.north, base_id=w.bubble, pupil_id=visitor, from_on=LONG_AGO))
        early = w.pupil("Early", w.south)
        soon = clock.today() + timedelta(days=7)
        w.add(Registration(school_id=w.north, pupil_id=early, kind="placed", from_on=soon))
        w.add(Placement(school_id=w.north, base_id=w.bubble, pupil_id=early, from_on=LONG_AGO))
        await w.save()
        made = Fenced(near, url, visitor, early)
        for name, days in {"Past": (-200, -2), "To come": (3, None)}.items():
            made.not_now.append(w.pupil(name, w.south))
            first, last = (None if one is None else clock.today() + timedelta(days=one) for one in days)
            w.add(
                Registration(school_id=w.north, pupil_id=made.not_now[-1], kind="placed", from_on=first, until_on=last)
            )
        w.account("north_officer", "data_protection_officer", w.north)
        w.account("south_officer", "data_protection_officer", w.south)
        w.account("outreach", "therapist", w.north)
        w.caseload("outreach", w.southerner, w.south, "granted")
        w.account("outreach_until_yesterday", "therapist", w.north)
        w.add(
            Caseload(
                school_id=w.south, account_id=w.people["outreach_until_yesterday"].account.id, pupil_id=w.southerner,
                why="granted", from_on=LONG_AGO, until_on=clock.today() - timedelta(days=1),
            )
        )  # fmt: skip
        await w.save()
        await _survey(made)
        yield made


async def _survey(fenced: Fenced) -> None:
    """Read, as the owner and past every fence, whose each row is."""
    for name, table in SQLModel.metadata.tables.items():
        columns = table.columns
        if "id" not in columns or name in OUTSIDE:
            continue
        owner = "school_id" if "school_id" in columns else "NULL::uuid"
        pupils = (
            "ARRAY[id]" if name == "pupils" else "pupil_ids" if name == "bookings"
            else "ARRAY[pupil_id]" if "pupil_id" in columns else "ARRAY[]::uuid[]"
        )  # fmt: skip
        for row in await by_hand(fenced.url, f"SELECT id, {owner}, {pupils} FROM {name}"):
            fenced.rows[str(row[0])] = name, row[1], tuple(one for one in row[2] if one)
    current = "from_on <= current_date AND (until_on IS NULL OR until_on >= current_date)"
    here = " UNION ".join(
        f"SELECT pupil_id, school_id FROM {table} WHERE {current}" for table in ("registrations", "placements")
    )
    fenced.registered = {(row[0], row[1]) for row in await by_hand(fenced.url, here)}


@pytest.fixture
def first_fence_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every reading shows every row: what is kept back now, the database keeps back."""
    readings = list(EVERY)
    kept = [(one, one.visible) for one in readings]
    assert len(readings) > 20
    for one in readings:
        object.__setattr__(one, "visible", lambda _kinds: true())
    monkeypatch.setattr(scope, "_seen_by", lambda _kinds, _pupil_id: true())
    Reading.plan.cache_clear()
    scope._reachable.cache_clear()
    yield
    for one, visible in kept:
        object.__setattr__(one, "visible", visible)
    Reading.plan.cache_clear()
    scope._reachable.cache_clear()


async def _ids(person: Person, path: str) -> list[str]:
    found: list[str] = []
    following: str | None = f"{path}?limit=200"
    while following:
        answer = await person.get(following)
        assert answer.status_code == 200, answer.text
        found += [one["id"] for one in answer.json()["items"]]
        following = answer.json()["next"]
    return found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("first_fence_off")
async def test_with_the_first_fence_off_a_school_still_sees_no_row_of_another(fenced: Fenced, path: str) -> None:
    w = fenced.near.world
    readers = [(person, school) for person, school in _staff(w) if (await person.get(path)).status_code != 403]
    assert readers
    for person, school_id in readers:
        seen = await _ids(person, path)
        if not set(seen) <= set(fenced.rows):
            await _survey(fenced)  # what was read is on record since
        wrong = [fenced.rows[one][0] for one in seen if not fenced.may_be_seen(one, school_id)]
        assert not wrong, person.account.name
    # the first fence is off: a teaching assistant of The Bubble is now shown the whole school
    if path == "/v1/pupils":
        assert str(w.mainstream) in await _ids(w.teaching_assistant, path)


@pytest.mark.parametrize("path", INNER_LISTS)
@pytest.mark.usefixtures("first_fence_off")
async def test_nor_does_a_list_inside_another_thing_show_any(fenced: Fenced, path: str) -> None:
    w = fenced.near.world
    kind = path.split("{")[1].split("}")[0].removesuffix("_id")
    shown = 0
    for person, school_id in _staff(w):
        for spot, one in fenced.near.ids[kind].items():
            answer = await person.get(path.replace(f"{{{kind}_id}}", str(one)))
            assert answer.status_code in (200, 403, 404), answer.text
            items = answer.json()["items"] if answer.status_code == 200 else []
            if not {item["id"] for item in items} <= set(fenced.rows):
                await _survey(fenced)
            assert all(fenced.may_be_seen(item["id"], school_id) for item in items), (person.account.name, spot)
            shown += len(items)
    assert shown


@pytest.mark.usefixtures("first_fence_off")
async def test_nor_do_the_overdue_profiles_and_those_of_a_group(fenced: Fenced) -> None:
    w, instrument = fenced.near.world, fenced.near.ids["instrument"]["trust"]
    groups = [f"/v1/group-profiles?instrument_id={instrument}&school_id={school}" for school in (w.north, w.south)]
    shown: dict[UUID, set[str]] = {w.north: set(), w.south: set()}
    statements = (overdue._due, group_profiles._members)
    try:
        for one in statements:
            one.cache_clear()
        for person, school_id in _staff(w):
            for path in (f"/v1/overdue-profiles?instrument_id={instrument}&limit=200", *groups):
                answer = await person.get(path)
                assert answer.status_code in (200, 403), answer.text
                told = answer.json() if answer.status_code == 200 else {}
                pupils = {one["pupil_id"] for one in told.get("items", [])} | {
                    *told.get("without_profile_pupil_ids", [])
                }
                assert all(fenced.may_be_seen(one, school_id) for one in pupils), (person.account.name, path)
                shown[school_id] |= pupils
    finally:
        for one in statements:
            one.cache_clear()
    # the first fence is off, so each school is shown all of its own, whatever the role reaches
    assert all(shown.values())


def _staff(w: World) -> list[tuple[Person, UUID]]:
    north = (w.senco, w.therapist, w.office, w.base_lead, w.headteacher, w.safeguarding_lead, w.class_teacher,
             w.north_officer)  # fmt: skip
    south = (w.south_senco, w.south_office, w.south_officer)
    return [*((one, w.south) for one in south), *((one, w.north) for one in north)]


async def test_without_either_fence_the_lists_do_leak(fenced: Fenced, first_fence_off: None) -> None:
    w = fenced.near.world
    tables = [row[0] for row in await by_hand(fenced.url, FENCED)]
    await by_hand(fenced.url, *(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY" for name in tables))
    try:
        leaking = {
            path
            for path in LISTS
            if (answer := await w.senco.get(f"{path}?limit=200")).status_code == 200
            and any(not fenced.may_be_seen(one["id"], w.north) for one in answer.json()["items"])
        }
    finally:
        await by_hand(fenced.url, *(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY" for name in tables))
    assert {"/v1/pupils", "/v1/bookings", "/v1/reviews", "/v1/staff", "/v1/zone-check-ins"} <= leaking


@pytest.mark.usefixtures("first_fence_off")
async def test_a_visiting_child_is_seen_and_the_rest_of_that_school_is_not(fenced: Fenced) -> None:
    w = fenced.near.world
    seen = await _ids(w.senco, "/v1/pupils")
    assert str(fenced.visitor) in seen
    assert not {str(w.southerner), *map(str, fenced.not_now)} & set(seen)


async def test_a_base_that_has_a_child_already_sees_the_child_before_the_papers_are_done(fenced: Fenced) -> None:
    w = fenced.near.world
    assert str(fenced.early) in await _ids(w.teaching_assistant, "/v1/pupils")


@pytest.mark.usefixtures("first_fence_off")
async def test_a_caseload_opens_one_child_of_another_school_until_its_last_day(fenced: Fenced) -> None:
    w = fenced.near.world
    assert str(w.southerner) in await _ids(w.outreach, "/v1/pupils")
    assert str(w.southerner) not in await _ids(w.outreach_until_yesterday, "/v1/pupils")


@pytest.mark.usefixtures("first_fence_off")
async def test_one_pooled_connection_alternating_between_two_schools_mixes_nothing_up(fenced: Fenced) -> None:
    w = fenced.near.world
    readers = [(w.senco, w.north), (w.south_senco, w.south)]
    wrong = 0
    for turn in range(TURNS):
        person, school_id = readers[turn % 2]
        path = LISTS[turn // 2 % len(LISTS)]
        answer = await person.get(f"{path}?limit=200")
        if answer.status_code != 403:
            assert answer.status_code == 200, (path, answer.text)
            wrong += sum(not fenced.may_be_seen(one["id"], school_id) for one in answer.json()["items"])
    assert wrong == 0


FENCED = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   AND relrowsecurity AND relforcerowsecurity
"""


async def test_every_table_is_fenced_or_stands_outside_for_a_written_reason(fenced: Fenced) -> None:
    behind = {row[0] for row in await by_hand(fenced.url, FENCED)}
    assert behind | set(OUTSIDE) == set(SQLModel.metadata.tables) | {"alembic_version"}
    assert not behind & set(OUTSIDE)
    assert all(len(reason) > 20 for reason in OUTSIDE.values())
    with_policy = {row[0] for row in await by_hand(fenced.url, "SELECT DISTINCT tablename FROM pg_policies")}
    assert with_policy == behind


async def test_the_api_owns_nothing_and_passes_no_fence(fenced: Fenced) -> None:
    database = fenced.near.world.app.state.database
    async with database.transaction() as session:
        rights = await session.execute(
            text(
                "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb,"
                " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = current_user"
            )
        )
        assert tuple(rights.one()) == (False, False)


@pytest.mark.parametrize("command", ["SELECT count(*) FROM {table}", "UPDATE {table} SET school_id = school_id"])
async def test_a_transaction_that_named_no_school_finds_nothing(fenced: Fenced, command: str) -> None:
    database = fenced.near.world.app.state.database
    tables = [row[0] for row in await by_hand(fenced.url, FENCED)]
    for table in tables:
        transaction = await database.begin()
        try:
            found = await transaction.session.execute(text(command.format(table=table)))
            count: Any = found.scalar_one() if command.startswith("SELECT") else found.rowcount
        finally:
            await transaction.abandon()
        assert count == 0, table


async def test_a_row_cannot_be_written_into_another_school(fenced: Fenced) -> None:
    w = fenced.near.world
    database = w.app.state.database
    transaction = await database.begin()
    try:
        await transaction.session.execute(
            text("SELECT set_config('iap.school_ids', :north, true)"), {"north": str(w.north)}
        )
        with pytest.raises(Exception, match="row-level security"):
            await transaction.session.execute(
                text(
                    "INSERT INTO spaces (id, version, created_at, updated_at, school_id, name, kind, places)"
                    " SELECT gen_random_uuid(), 1, now(), now(), :south, 'Den', 'retreat', 1"
                ),
                {"south": w.south},
            )
    finally:
        await transaction.abandon()


async def test_the_worlds_of_two_trusts_do_not_meet(fenced: Fenced, first_fence_off: None) -> None:
    other = fenced.near.elsewhere
    seen = await _ids(other.trust_inclusion_lead, "/v1/pupils")
    assert str(other.amira) in seen
    assert {fenced.rows[one][1] for one in seen} == {other.north, other.south}


async def test_the_fence_holds_the_owner_of_the_tables_too(postgres_url: str) -> None:
    owner, name = "iap_owner_of_tests", f"owned_{uuid4().hex}"
    await by_hand(
        postgres_url,
        f"DO $$ BEGIN CREATE ROLE {owner} LOGIN PASSWORD '{owner}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"CREATE DATABASE {name} OWNER {owner}",
    )
    url = (
        make_url(postgres_url).set(username=owner, password=owner, database=name).render_as_string(hide_password=False)
    )
    try:
        await asyncio.to_thread(migrate, url)
        await by_hand(url, "INSERT INTO former_values VALUES (gen_random_uuid(), gen_random_uuid(), 'pupil',"
                      " gen_random_uuid(), 1, now(), gen_random_uuid(), '{}')")  # fmt: skip
        counted = "SELECT count(*) FROM former_values"
        assert (await by_hand(url, counted))[0][0] == 0
        assert (await by_hand(url, "SET iap.fence = 'system'", counted))[0][0] == 1
    finally:
        await by_hand(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
