"""Cover and leavers: a supply TA for a day, a practitioner for a term, and somebody who leaves on Friday."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import LedgerEntry
from iap_api.core import clock
from tests.access.administration import grant, pointers
from tests.access.door import HASH, PASSWORD, Door
from tests.house.contract import OPERATIONS
from tests.world import Person, World

LONDON = ZoneInfo("Europe/London")
SetClock = Callable[[str], None]


@pytest.fixture
def london(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the school's clock to a moment in London; tokens go by the machine's own."""

    def to(moment: str) -> None:
        instant = datetime.fromisoformat(moment).replace(tzinfo=LONDON).timestamp()
        monkeypatch.setattr(clock, "time", lambda: instant)

    return to


async def noted(world: World, resource_id: str) -> list[tuple[str, str]]:
    """What the ledger says of one record: what happened, and to which of its members."""
    wanted = select(LedgerEntry).where(col(LedgerEntry.resource_id) == UUID(resource_id)).order_by(col(LedgerEntry.id))
    async with world.app.state.database.transaction(read_only=True) as session:
        rows = (await session.execute(wanted)).scalars().all()
    return [(row.kind, row.fields) for row in rows]


async def newcomer(world: World, door: Door, name: str) -> Person:
    """Somebody with an account and no role yet, signed in."""
    made = world.account(name, "lunch_monitor", world.north, password_hash=HASH)
    await world.save()
    token = (await door.password(made.account.username)).json()["access_token"]
    return Person(door.client, token, made.account)


async def test_a_supply_ta_works_on_her_day_from_midnight_to_midnight(
    world: World, door: Door, london: SetClock
) -> None:
    supply = await newcomer(world, door, "supply")
    granted = await grant(
        world, supply, "teaching_assistant", world.bubble, starts_on="2026-06-15", ends_on="2026-06-15"
    )
    assert granted.status_code == 201, granted.text
    # in June London is an hour ahead of UTC: by UTC her day would begin and end an hour late
    for moment, status in (
        ("2026-06-14T12:00", 403), ("2026-06-14T23:59:59", 403), ("2026-06-15T00:00", 200), ("2026-06-15T08:40", 200),
        ("2026-06-15T23:59:59", 200), ("2026-06-16T00:00", 403), ("2026-06-16T08:40", 403),
    ):  # fmt: skip
        london(moment)
        listed = await supply.get("/v1/pupils")
        assert listed.status_code == status, moment
        assert (await supply.get(f"/v1/pupils/{world.amira}")).status_code == status, moment
        assert (await supply.post("/v1/zone-check-ins", {})).status_code == (422 if status == 200 else 403), moment
        assert len((await supply.get("/v1/me")).json()["roles"]) == (1 if status == 200 else 0)
    assert await noted(world, granted.json()["id"]) == [("role.granted", "ends_on,place_id,role,starts_on")]


async def test_cover_is_asked_to_stay_another_day_and_then_is_not_needed(
    world: World, door: Door, london: SetClock
) -> None:
    supply = await newcomer(world, door, "supply")
    london("2026-06-12T15:00")
    days = {"starts_on": "2026-06-15", "ends_on": "2026-06-15"}
    path = (await grant(world, supply, "teaching_assistant", world.bubble, **days)).headers["Location"]
    moved = await world.administrator.change(path, {"starts_on": "2026-06-16", "ends_on": "2026-06-16"})
    assert (moved.json()["starts_on"], moved.json()["ends_on"]) == ("2026-06-16", "2026-06-16")
    london("2026-06-15T09:00")
    assert (await supply.get("/v1/pupils")).status_code == 403
    london("2026-06-16T09:00")
    assert (await supply.get("/v1/pupils")).status_code == 200
    longer = await world.administrator.change(path, {"ends_on": "2026-06-18"})
    assert longer.json()["ends_on"] == "2026-06-18"
    for wrong, pointer in (
        ({"starts_on": "2026-06-17"}, "/starts_on"), ({"ends_on": "2026-06-15"}, "/ends_on"),
        ({"role": "senco"}, "/role"), ({"place_id": str(world.harbour)}, "/place_id"),
    ):  # fmt: skip
        assert pointers(await world.administrator.change(path, wrong)) == [pointer]
    london("2026-06-17T10:30")
    assert (await supply.get("/v1/pupils")).status_code == 200
    assert (await world.administrator.verb(path, "end", {})).status_code == 200
    assert (await supply.get("/v1/pupils")).status_code == 403
    assert (await world.administrator.change(path, {"ends_on": "2026-06-19"})).status_code == 409
    role_id = path.rsplit("/", 1)[1]
    assert await noted(world, role_id) == [
        ("role.granted", "ends_on,place_id,role,starts_on"), ("role.changed", "ends_on,starts_on"),
        ("role.changed", "ends_on"), ("role.ended", "ended_at,ended_by,ends_on"),
    ]  # fmt: skip


async def test_nobody_lengthens_their_own_role(world: World) -> None:
    me = world.administrator
    mine = (await me.get(f"/v1/accounts/{me.account.id}/roles")).json()["items"][0]["id"]
    longer = await me.change(f"/v1/held-roles/{mine}", {"ends_on": None})
    assert longer.json()["type"] == "/problems/own-account"


async def test_a_leaver_still_signs_in_after_the_last_day_and_finds_nothing(
    world: World, door: Door, london: SetClock
) -> None:
    leaver = await newcomer(world, door, "leaver")
    london("2026-07-17T09:00")
    granted = await grant(world, leaver, "senco", world.north, starts_on="2026-07-01")
    path = granted.headers["Location"]
    assert (await leaver.get("/v1/pupils")).status_code == 200
    assert (await world.administrator.verb(path, "end", {"ends_on": "2026-07-24"})).status_code == 200
    london("2026-07-24T23:59")
    assert (await leaver.get("/v1/pupils")).status_code == 200
    london("2026-07-25T00:00")
    again = (await door.password(leaver.account.username, PASSWORD)).json()["access_token"]
    for token in (leaver.token, again):
        person = Person(door.client, token, leaver.account)
        me = (await person.get("/v1/me")).json()
        assert (me["roles"], me["permissions"], me["school_ids"]) == ([], {}, [])
        told = (await person.get("/v1/me/explain?resource=pupil")).json()
        assert told["words"] == "No pupils: no role held today opens them. Changes nothing."
        lists = [one for one in OPERATIONS.values() if one.method == "GET" and not one.parameters and not one.public]
        refused = [one.path for one in lists if (await person.get(one.path)).status_code == 403]
        assert set(refused) == {one.path for one in lists} - {"/v1/me", "/v1/me/explain"}
        assert len(refused) > 20
        assert (await person.get(f"/v1/pupils/{world.amira}")).status_code == 403


async def test_a_practitioner_from_outside_sees_a_child_until_the_day_agreed(world: World, london: SetClock) -> None:
    outside = world.account("speech_therapist", "therapist", world.north)
    await world.save()
    london("2026-06-15T10:00")
    entry = {
        "account_id": str(outside.account.id), "pupil_id": str(world.ben), "why": "granted", "from_on": "2026-06-16",
        "until_on": "2026-07-03",
    }  # fmt: skip
    made = await world.senco.post("/v1/caseloads", entry)
    assert made.status_code == 201, made.text
    path = f"/v1/pupils/{world.ben}"
    for moment, status in (
        ("2026-06-15T23:59:59", 404), ("2026-06-16T00:00", 200), ("2026-07-03T23:59:59", 200),
        ("2026-07-04T00:00", 404), ("2026-07-04T09:00", 404),
    ):  # fmt: skip
        london(moment)
        assert (await outside.get(path)).status_code == status, moment
        assert (await outside.get(f"{path}/contacts")).status_code == status, moment
        listed = [one["id"] for one in (await outside.get("/v1/pupils")).json()["items"]]
        assert listed == ([str(world.ben)] if status == 200 else []), moment
        checked = await outside.post("/v1/zone-check-ins", {"pupil_id": str(world.ben), "zones": ["green"]})
        assert checked.status_code == (201 if status == 200 else 422), moment
    # a child who was never theirs, and this one now: the same answer
    absent, ended = await outside.get(f"/v1/pupils/{world.amira}"), await outside.get(path)
    for answer in (absent, ended):
        assert answer.json()["type"] == "/problems/not-found"
    assert ("created", "") in await noted(world, made.json()["id"])


async def test_a_grant_made_today_for_today_is_held_at_once_and_gone_tomorrow(world: World, door: Door) -> None:
    supply = await newcomer(world, door, "supply")
    today = clock.today()
    for first, last, status in ((-1, -1, 403), (1, 1, 403), (0, 0, 200)):
        days = {
            "starts_on": (today + timedelta(days=first)).isoformat(),
            "ends_on": (today + timedelta(days=last)).isoformat(),
        }
        granted = await grant(world, supply, "teaching_assistant", world.bubble, **days)
        assert granted.status_code == 201, granted.text
        assert (await supply.get("/v1/pupils")).status_code == status, (first, last)
