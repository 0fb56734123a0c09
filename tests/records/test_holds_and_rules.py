"""Legal holds and retention rules as the data-protection officer keeps them, and rectifications beside the original."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import FormerValue
from iap_api.core import clock
from iap_api.pupils.tables import Registration, ZoneCheckIn
from iap_api.records.plan import all_of
from tests.core.recorded import entries_of, named_in
from tests.records.desk import erased, grown_up, looked_at
from tests.world import Person, World


async def rule(person: Person, record_class: str) -> dict[str, Any]:
    items = (await person.get("/v1/retention-rules")).json()["items"]
    return next(dict(one) for one in items if one["record_class"] == record_class)


async def test_the_trust_keeps_a_class_longer_and_runs_follow(world: World) -> None:
    officer = world.data_protection_officer
    olwen = await grown_up(world, born_on=date(1996, 1, 1), base_id=world.bubble)
    found = await rule(officer, "sen_file")
    assert (found["years_after_birth"], found["default_years"], found["verified"]) == (31, 31, True)
    assert "sen_file" not in {line["record_class"] for line in (await looked_at(world))["lines"]}

    path = f"/v1/retention-rules/{found['id']}"
    shorter = await officer.change(path, {"years_after_birth": 26, "reason": "Our solicitors say so."})
    assert shorter.status_code == 200, shorter.text
    assert shorter.json()["version"] == 2
    assert (await looked_at(world))["whole"] == [str(olwen)]
    assert (await rule(world.headteacher, "sen_file"))["years_after_birth"] == 26


async def test_a_rule_is_changed_within_its_bounds_and_by_whoever_saw_it_last(world: World) -> None:
    officer = world.data_protection_officer
    path = f"/v1/retention-rules/{(await rule(officer, 'pupil_record'))['id']}"
    seen = (await officer.get(path)).headers["ETag"]
    for years in (7, 150):
        answer = await officer.change(path, {"years_after_birth": years, "reason": "No."})
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/years_after_birth"]
    assert (await officer.change(path, {"years_after_birth": 30, "reason": "A claim."})).status_code == 200
    late = await officer.patch(path, {"years_after_birth": 40, "reason": "Another."}, If_Match=seen)
    assert late.status_code == 412


async def test_rules_are_read_page_by_page(world: World) -> None:
    found, path = [], "/v1/retention-rules?limit=1"
    while path:
        page = (await world.headteacher.get(path)).json()
        found += [one["record_class"] for one in page["items"]]
        path = page["next"]
    assert sorted(found) == ["bookings", "daily_record", "pupil_record", "sen_file"]


async def test_daily_records_may_go_before_the_pupil_does_and_the_rest_stays(world: World) -> None:
    officer = world.data_protection_officer
    olwen = await grown_up(world, born_on=date(2002, 1, 1), base_id=world.bubble)
    note = {"pupil_id": str(olwen), "zones": ["blue"], "note": "Cross after dinner."}
    check_in = (await world.senco.post("/v1/zone-check-ins", note)).json()
    path = f"/v1/zone-check-ins/{check_in['id']}"
    assert (await world.senco.change(path, {"note": "Cross before dinner."})).status_code == 200
    daily = f"/v1/retention-rules/{(await rule(officer, 'daily_record'))['id']}"
    assert (await officer.change(daily, {"years_after_birth": 18, "reason": "Enough."})).status_code == 200

    run = await erased(world)
    assert (run["whole"], run["lines"]) == (
        [], [{"pupil_id": str(olwen), "record_class": "daily_record", "rows": 1}]
    )  # fmt: skip
    assert (await world.senco.get(path)).status_code == 404
    assert (await world.senco.get(f"/v1/pupils/{olwen}")).status_code == 200
    async with world.app.state.database.transaction(read_only=True) as session:
        former = select(FormerValue).where(col(FormerValue.resource_id) == UUID(check_in["id"]))
        assert not (await session.execute(former)).all()
    assert not (await officer.get("/v1/erased-pupils")).json()["items"]


async def test_a_hold_is_placed_looked_at_again_and_ended_once(world: World) -> None:
    officer = world.data_protection_officer
    body = {"pupil_id": str(world.amira), "reason": "A claim is under way.", "review_on": "2100-01-01"}
    made = await officer.post("/v1/legal-holds", body)
    assert made.status_code == 201, made.text
    path = f"/v1/legal-holds/{made.json()['id']}"
    assert (await officer.change(path, {"review_on": "2100-02-01"})).json()["review_on"] == "2100-02-01"
    due = (await world.headteacher.get("/v1/legal-holds?review_before=2100-03-01")).json()["items"]
    assert [one["id"] for one in due] == [made.json()["id"]]
    assert (await officer.verb(path, "end", {"ended_why": "Settled."})).status_code == 200
    for again in (await officer.verb(path, "end", {"ended_why": "Again."}),
                  await officer.change(path, {"review_on": "2100-04-01"})):  # fmt: skip
        assert again.json()["type"].endswith("legal-hold-ended")
    assert not (await world.headteacher.get("/v1/legal-holds?review_before=2100-03-01")).json()["items"]
    noted = [(one.kind, named_in(one)) for one in await entries_of(world, officer) if one.resource == "legal_hold"]
    assert ("created", {world.amira}) in noted
    assert ("ended", {world.amira}) in noted


async def test_a_school_holds_what_it_has_about_a_pupil_whose_file_another_trust_keeps(world: World) -> None:
    for given, until_on in (("Vera", None), ("Willa", date(2026, 1, 1))):
        pupil = world.pupil(given, world.partner)
        world.add(
            Registration(
                school_id=world.north, pupil_id=pupil, kind="placed", from_on=date(2025, 9, 1), until_on=until_on
            )
        )
        await world.save()
        body = {"pupil_id": str(pupil), "reason": "A claim against us.", "review_on": "2100-01-01"}
        placed = await world.data_protection_officer.post("/v1/legal-holds", body)
        assert placed.status_code == 201, (given, placed.text)
        assert placed.json()["school_id"] == str(world.north)
        async with world.app.state.database.transaction() as session:
            assert not await all_of(session, pupil), "held for whoever would erase"
    stranger = world.pupil("Xenia", world.partner)
    await world.save()
    body = {"pupil_id": str(stranger), "reason": "A claim.", "review_on": "2100-01-01"}
    answer = await world.data_protection_officer.post("/v1/legal-holds", body)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/pupil_id"]


async def test_a_hold_is_looked_at_on_a_day_to_come(world: World) -> None:
    body = {"pupil_id": str(world.amira), "reason": "A claim.", "review_on": "2020-01-01"}
    answer = await world.data_protection_officer.post("/v1/legal-holds", body)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/review_on"]


def wrong(world: World, **more: Any) -> dict[str, Any]:
    return {
        "pupil_id": str(world.amira), "resource": "pupils", "resource_id": str(world.amira), "field": "address",
        "said_wrong": "That is where we lived before.", "statement": "We live at 7 Harbour Steps.",
        "asked_by": "The mother", **more,
    }  # fmt: skip


async def test_a_rectification_stands_beside_the_original_and_never_over_it(world: World) -> None:
    officer = world.data_protection_officer
    before = (await world.senco.get(f"/v1/pupils/{world.amira}")).json()
    made = await officer.post("/v1/rectifications", wrong(world))
    assert made.status_code == 201, made.text
    path = f"/v1/rectifications/{made.json()['id']}"
    decided = {"decision": "statement_added", "decision_reason": "Both are kept: the old address was right then."}
    assert (await officer.verb(path, "decide", decided)).json()["decision"] == "statement_added"
    again = await officer.verb(path, "decide", {**decided, "decision": "refused"})
    assert again.json()["type"].endswith("rectification-decided")
    shown = (await world.headteacher.get(f"/v1/rectifications?pupil_id={world.amira}")).json()["items"]
    assert [(one["statement"], one["decision"]) for one in shown] == [
        ("We live at 7 Harbour Steps.", "statement_added")
    ]
    assert (await world.senco.get(f"/v1/pupils/{world.amira}")).json() == before


async def test_a_rectification_names_a_member_of_a_record_about_that_pupil(world: World) -> None:
    for pointer, more in (
        ("/resource", {"resource": "accounts"}),
        ("/resource", {"resource": "ledger_entries"}),
        ("/field", {"field": "shoe_size"}),
        ("/resource_id", {"resource_id": str(world.ben)}),
        ("/pupil_id", {"pupil_id": "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"}),
    ):
        answer = await world.data_protection_officer.post("/v1/rectifications", wrong(world, **more))
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer], more


async def test_the_school_whose_record_it_is_answers_for_it_and_no_other(world: World) -> None:
    world.add(Registration(school_id=world.north, pupil_id=world.southerner, kind="placed", from_on=date(2025, 9, 1)))
    norths = world.add(
        ZoneCheckIn(school_id=world.north, pupil_id=world.southerner, at=clock.now(), zones=["blue"],
                    said_by="adult", recorded_by=world.senco.account.id)
    )  # fmt: skip
    world.account("north_officer", "data_protection_officer", world.north)
    world.account("south_officer", "data_protection_officer", world.south)
    await world.save()
    of_check_in = wrong(
        world, pupil_id=str(world.southerner), resource="zone_check_ins", resource_id=str(norths.id), field="zones"
    )
    made = await world.north_officer.post("/v1/rectifications", of_check_in)
    assert made.status_code == 201, made.text
    assert made.json()["school_id"] == str(world.north)
    decided = {"decision": "refused", "decision_reason": "Two adults saw it."}
    path = f"/v1/rectifications/{made.json()['id']}"
    assert (await world.north_officer.verb(path, "decide", decided)).status_code == 200
    # the trust's officer reaches both schools, and it is still North Quay's
    of_trust = await world.data_protection_officer.post("/v1/rectifications", of_check_in)
    assert of_trust.json()["school_id"] == str(world.north)

    of_file = wrong(world, pupil_id=str(world.southerner), resource_id=str(world.southerner))
    for officer, body in ((world.south_officer, of_check_in), (world.north_officer, of_file)):
        answer = await officer.post("/v1/rectifications", body)
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/resource_id"]
    assert (await world.south_officer.post("/v1/rectifications", of_file)).status_code == 201
