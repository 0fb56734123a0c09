"""Calendar feeds as those meet them who want the base's bookings in the calendar they look at anyway."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from iap_api.access.tables import Account, HeldRole
from iap_api.core import clock
from iap_api.spaces.calendars.feed_tables import CalendarFeed
from tests.core.fresh import settings_with
from tests.core.heard import heard
from tests.core.recorded import entries_of, named_in
from tests.core.served import served
from tests.spaces.calendars.subscribing import book, events, fetch, subscribe, tomorrow
from tests.world import World


async def test_the_base_lead_puts_the_base_into_the_calendar_on_her_phone_and_sees_who_is_where_by_initials(
    world: World,
) -> None:
    """The teacher in charge, at home on Sunday evening, pastes one address into her phone's calendar and is done."""
    lead = world.base_lead
    booked = await book(lead, world.sensory, world.amira, world.ben, note="Bring the weighted blanket for Amira.")
    feed = await subscribe(lead, base_id=world.bubble)
    (event,) = await events(world, feed)
    assert (event["SUMMARY"], event["LOCATION"]) == ("Regulation: AO, BO", "Sensory room")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (booked["id"], 0, "CONFIRMED")
    assert event["DTSTART"].dt == tomorrow(10)
    assert event["DTSTART"].params["TZID"] == "Europe/London"

    moved = {"starts_at": tomorrow(11).isoformat(), "ends_at": tomorrow(11, 30).isoformat()}
    assert (await lead.change(f"/v1/bookings/{booked['id']}", moved)).status_code == 200
    (event,) = await events(world, feed)
    assert (event["UID"], event["SEQUENCE"]) == (booked["id"], 1)
    assert event["DTSTART"].dt == tomorrow(11)

    assert (await lead.verb(f"/v1/bookings/{booked['id']}", "cancel")).status_code == 200
    (event,) = await events(world, feed)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (booked["id"], 2, "CANCELLED")


async def test_no_name_upn_or_note_is_in_a_calendar(world: World) -> None:
    await book(world.senco, world.sensory, world.amira, note="Okafor family asked for this.")
    answer = await fetch(world, await subscribe(world.senco, space_id=world.sensory))
    said = answer.text.lower()
    assert "sensory room" in said
    for word in ("amira", "okafor", "family", "upn", str(world.amira)):
        assert word not in said


async def test_a_child_beyond_the_makers_reach_is_a_number(world: World) -> None:
    await book(world.senco, world.sensory, world.amira, world.mainstream)
    seen = {}
    for name in ("senco", "teaching_assistant"):
        (event,) = await events(world, await subscribe(world.people[name], space_id=world.sensory))
        seen[name] = str(event["SUMMARY"])
    # two children with the same initials stay two; to the base, the child who is not placed there is one more
    assert seen == {"senco": "Regulation: AO, MO", "teaching_assistant": "Regulation: AO +1"}


async def test_a_base_shows_its_spaces_and_the_hall_when_its_children_are_there(world: World) -> None:
    nia = world.pupil("Nia", world.north, world.base("The Nest", world.north))
    await world.save()
    await book(world.senco, world.dome, world.amira)
    for other, hour in ((world.mainstream, 12), (nia, 14)):
        await book(world.senco, world.dome, other, starts_at=tomorrow(hour))
    await book(world.senco, world.stem, world.ben, starts_at=tomorrow(13))
    found = await events(world, await subscribe(world.senco, base_id=world.bubble))
    assert [str(one["LOCATION"]) for one in found] == ["Solar dome", "STEM room"]


async def test_a_class_teacher_has_a_calendar_of_their_own_hours_and_of_nobody_elses(world: World) -> None:
    teacher, mine = world.class_teacher, world.staff["class_teacher"]
    history = {"purpose": "reintegration_lesson", "subject": "history"}
    await book(world.senco, world.classroom, world.amira, staff_ids=[str(mine)], **history)
    await book(world.senco, world.sensory, world.ben, starts_at=tomorrow(12))
    # with a child who is nobody of theirs: a teacher reads no such booking, and no feed of it
    await book(world.senco, world.classroom, world.cara, staff_ids=[str(mine)], starts_at=tomorrow(14))
    feed = await subscribe(teacher, staff_id=mine)
    assert [str(one["SUMMARY"]) for one in await events(world, feed)] == ["History in class: AO"]
    for kind, other in (
        ("staff_id", world.staff["therapist"]), ("space_id", world.sensory), ("base_id", world.bubble),
    ):  # fmt: skip
        refused = await teacher.post("/v1/calendar-feeds", {kind: str(other)})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{kind}")


@pytest.mark.parametrize("body", [{}, {"space_id": "s", "base_id": "b"}])
async def test_a_feed_is_of_exactly_one_thing(world: World, body: dict[str, str]) -> None:
    named = {"s": str(world.sensory), "b": str(world.bubble)}
    refused = await world.senco.post("/v1/calendar-feeds", {name: named[value] for name, value in body.items()})
    assert refused.status_code == 422


async def test_a_feed_does_not_begin_expired_and_answers_on_its_last_day_and_no_longer(world: World) -> None:
    yesterday = clock.today() - timedelta(days=1)
    refused = await world.senco.post(
        "/v1/calendar-feeds", {"space_id": str(world.sensory), "expires_on": str(yesterday)}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/expires_on")
    feed = await subscribe(world.senco, space_id=world.sensory, expires_on=clock.today())
    assert (await fetch(world, feed)).status_code == 200
    await alter(world, feed, expires_on=yesterday)
    assert (await fetch(world, feed)).status_code == 404


async def alter(world: World, feed: dict[str, Any], **values: Any) -> None:
    async with world.app.state.database.transaction() as session:
        await session.execute(update(CalendarFeed).where(col(CalendarFeed.id) == UUID(feed["id"])).values(**values))


async def test_the_address_is_shown_once_and_kept_as_a_digest(world: World) -> None:
    body = {"space_id": str(world.sensory)}
    first = await world.senco.post("/v1/calendar-feeds", body, Idempotency_Key="phone-1")
    again = await world.senco.post("/v1/calendar-feeds", body, Idempotency_Key="phone-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["address"]) == (first.json()["id"], None)
    secret = first.json()["address"].removeprefix("/v1/calendars/").removesuffix(".ics")
    assert len(base64.urlsafe_b64decode(secret)) * 8 == 192
    async with world.app.state.database.transaction(read_only=True) as session:
        kept = (
            await session.execute(select(CalendarFeed).where(col(CalendarFeed.id) == UUID(first.json()["id"])))
        ).scalar_one()
    assert kept.digest == hashlib.sha256(secret.encode()).digest()
    read = (await world.senco.get(f"/v1/calendar-feeds/{kept.id}")).json()
    assert "address" not in read
    assert secret not in str(read)


async def test_a_leaked_address_is_dead_from_the_next_request_on(world: World) -> None:
    """An address was posted in a chat: the assistant who notices revokes it at once, whoever made it."""
    feed = await subscribe(world.base_lead, base_id=world.bubble)
    assert (await fetch(world, feed)).status_code == 200
    revoked = await world.teaching_assistant.verb(f"/v1/calendar-feeds/{feed['id']}", "revoke")
    assert revoked.status_code == 200, revoked.text
    assert revoked.json()["revoked_by"] == str(world.teaching_assistant.account.id)
    assert (await fetch(world, feed)).status_code == 404
    again = await world.base_lead.verb(f"/v1/calendar-feeds/{feed['id']}", "revoke")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/calendar-feed-revoked")


@pytest.mark.parametrize("happening", ["role ended", "account disabled", "role at the next base"])
async def test_a_feed_ends_when_whoever_made_it_may_read_there_no_longer(world: World, happening: str) -> None:
    feed = await subscribe(world.base_lead, space_id=world.sensory)
    assert (await fetch(world, feed)).status_code == 200
    mine = world.base_lead.account.id
    nest = world.base("The Nest", world.north)
    await world.save()
    change = {
        "role ended": update(HeldRole).where(col(HeldRole.account_id) == mine).values(ended_at=clock.now()),
        "account disabled": update(Account).where(col(Account.id) == mine).values(disabled_at=clock.now()),
        "role at the next base": update(HeldRole).where(col(HeldRole.account_id) == mine).values(place_id=nest),
    }[happening]
    async with world.app.state.database.transaction() as session:
        await session.execute(change)
    assert (await fetch(world, feed)).status_code == 404


async def test_a_wrong_a_revoked_and_an_expired_address_are_told_the_same(world: World) -> None:
    feed = await subscribe(world.senco, space_id=world.sensory)
    told = []
    for values in ({"revoked_at": clock.now()}, {"revoked_at": None, "expires_on": clock.today() - timedelta(days=1)}):
        await alter(world, feed, **values)
        told.append(await fetch(world, feed))
    told.append(await world.client.get("/v1/calendars/never-made.ics"))
    told.append(await world.client.get(f"/v1/calendars/{'é' * 300}.ics"))
    bodies = [{name: value for name, value in one.json().items() if name != "request_id"} for one in told]
    assert [one.status_code for one in told] == [404] * 4
    assert all(one == bodies[0] for one in bodies)
    assert bodies[0]["instance"] == "/v1/calendars/"


async def test_row_security_closes_behind_the_one_statement_that_reads_whose_feed_it_is(
    world: World, database_url: str
) -> None:
    feed = await subscribe(world.senco, space_id=world.sensory)
    statements: list[str] = []
    with heard(statements.append):
        assert (await fetch(world, feed)).status_code == 200
    said = [one for one in statements if "iap.fence" in one or "calendar_feeds" in one or "bookings" in one]
    assert "calendar_feeds" in said[0]
    if database_url.startswith("postgres"):
        assert "set_config('iap.fence', ''" in said[1]
    assert "bookings" in said[-2]
    assert "UPDATE calendar_feeds" in said[-1]


async def test_the_secret_is_in_no_log_line_no_metric_and_no_record(
    world: World, database_url: str, tmp_path: Path
) -> None:
    feed = await subscribe(world.senco, space_id=world.sensory)
    await book(world.senco, world.sensory, world.amira)
    secret = feed["address"].split("/")[-1].removesuffix(".ics")
    addresses = (
        feed["address"], f"{feed['address']}?x=1", f"{feed['address']}/more", f"/v1/calendars/{secret}",
        f"/v1/calendars/{secret}x.ics",
    )  # fmt: skip
    async with (
        served(settings_with(database_url, tmp_path), tmp_path) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        answers = [await client.get(address) for address in addresses]
        answers.append(await client.post(feed["address"]))
        answers.append(await client.request("GET", feed["address"], headers={"Content-Encoding": "gzip"}))
        metrics = (await client.get("/metrics")).text
        log_file = server.log_file
    assert [one.status_code for one in answers] == [200, 422, 404, 404, 404, 405, 415]
    heard = log_file.read_text("utf-8")
    assert heard.count("/v1/calendars/{secret}.ics") >= 3
    for said in (heard, metrics, *(one.text + str(one.headers) for one in answers)):
        assert secret not in said
    async with world.app.state.database.transaction(read_only=True) as session:
        for table in ("ledger_entries", "kept_keys", "former_values", "calendar_feeds"):
            assert secret not in str((await session.execute(text(f"SELECT * FROM {table}"))).all())


async def test_each_fetch_that_shows_children_is_recorded_as_read_by_whoever_made_the_feed(world: World) -> None:
    await book(world.senco, world.sensory, world.amira)
    feed = await subscribe(world.base_lead, space_id=world.sensory)
    first = await fetch(world, feed)
    unchanged = await fetch(world, feed, If_None_Match=first.headers["ETag"])
    assert unchanged.status_code == 304
    reads = [one for one in await entries_of(world, world.base_lead) if one.kind == "read"]
    # the feed itself was read once, when it was made, and names nobody
    assert [(one.resource, str(one.resource_id), named_in(one)) for one in reads] == [
        ("calendar_feed", feed["id"], {world.amira})
    ]
    assert reads[0].permission == "booking_read"
    assert reads[0].request_id == first.headers["X-Request-Id"]


async def test_an_unchanged_calendar_costs_a_304_and_a_changed_one_is_sent(world: World) -> None:
    feed = await subscribe(world.senco, space_id=world.sensory)
    tag = (await fetch(world, feed)).headers["ETag"]
    assert (await fetch(world, feed, If_None_Match=tag)).status_code == 304
    await book(world.senco, world.sensory, world.amira)
    changed = await fetch(world, feed, If_None_Match=tag)
    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)
    assert changed.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert changed.headers["Cache-Control"] == "private, no-store"


async def test_the_day_of_the_last_use_is_shown(world: World) -> None:
    feed = await subscribe(world.senco, space_id=world.sensory)
    path = f"/v1/calendar-feeds/{feed['id']}"
    assert (await world.senco.get(path)).json()["last_used_on"] is None
    assert (await fetch(world, feed)).status_code == 200
    assert (await world.senco.get(path)).json()["last_used_on"] == str(clock.today())
    await alter(world, feed, last_used_on=clock.today() - timedelta(days=3))
    tag = (await fetch(world, feed)).headers["ETag"]
    await fetch(world, feed, If_None_Match=tag)
    assert (await world.senco.get(path)).json()["last_used_on"] == str(clock.today())


async def test_a_calendar_holds_thirty_days_back_and_a_hundred_and_eighty_ahead(world: World) -> None:
    for days in (-31, -29, 179, 181):
        await book(world.senco, world.sensory, world.amira, starts_at=tomorrow(10, days=days))
    found = await events(world, await subscribe(world.senco, space_id=world.sensory))
    assert [one["DTSTART"].dt.date() - clock.today() for one in found] == [timedelta(days=-29), timedelta(days=179)]


async def test_whose_feeds_are_listed(world: World) -> None:
    of_base = await subscribe(world.senco, base_id=world.bubble)
    of_dome = await subscribe(world.senco, space_id=world.dome)
    of_teacher = await subscribe(world.class_teacher, staff_id=world.staff["class_teacher"])
    of_south = await subscribe(world.south_senco, base_id=world.harbour)
    seen = {}
    for name in ("teaching_assistant", "class_teacher", "therapist", "senco", "data_protection_officer"):
        items = (await world.people[name].get("/v1/calendar-feeds")).json()["items"]
        seen[name] = {one["id"] for one in items}
    north = {of_base["id"], of_dome["id"], of_teacher["id"]}
    assert seen == {
        "teaching_assistant": {of_base["id"]}, "class_teacher": {of_teacher["id"]}, "therapist": set(),
        "senco": north, "data_protection_officer": north | {of_south["id"]},
    }  # fmt: skip
    chosen = await world.senco.get(f"/v1/calendar-feeds?space_id={world.dome}")
    assert [one["id"] for one in chosen.json()["items"]] == [of_dome["id"]]
