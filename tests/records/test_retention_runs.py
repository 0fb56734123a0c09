"""A retention run as the officer and the headteacher see it: looked at, approved by two, carried out by the worker."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, text

from iap_api.access.provider_tables import Identity, IdentityProvider
from iap_api.access.tables import Account, HeldRole, SignIn
from iap_api.access.tokens import issue
from iap_api.core import clock
from iap_api.pupils.tables import Placement, Pupil, Registration
from iap_api.records.erasure import ErasingNotApproved, PupilHeld
from iap_api.records.retention_runs import ApprovedAlready, NeedsTwo, RunState
from tests.core.recorded import entries_of, named_in
from tests.records.desk import LONG_AGO, approved, erased, erasure_asked, grown_up, looked_at, path_of, worked_off
from tests.world import Person, World


def kinds(run: dict[str, Any], pupil_id: UUID) -> dict[str, int]:
    return {line["record_class"]: line["rows"] for line in run["lines"] if line["pupil_id"] == str(pupil_id)}


async def run_sql(world: World, statement: str, **ids: UUID) -> Any:
    """Run SQL past the application; returns the first value, if it returns any."""
    named = {name: one for name, one in ids.items() if f":{name}" in statement}
    written = text(statement).bindparams(*(bindparam(name, type_=Uuid()) for name in named))
    async with world.app.state.database.transaction() as session:
        result = await session.execute(written, named)
        return result.scalar_one() if result.returns_rows else None


async def count(world: World, table: str, pupil_id: UUID) -> int:
    column = "id" if table == "pupils" else "pupil_id"
    return int(await run_sql(world, f"SELECT count(*) FROM {table} WHERE {column} = :pupil", pupil=pupil_id))


async def test_the_officer_looks_first_two_people_approve_and_then_the_record_goes(world: World) -> None:
    olwen = await grown_up(world)
    run = await looked_at(world)
    assert kinds(run, olwen) == {"pupil_record": 2}
    assert (run["whole"], run["pupils"], run["status"]) == ([str(olwen)], 1, "proposed")

    path = path_of(run)
    assert (await world.headteacher.verb(path, "approve")).status_code == 200
    assert (await world.data_protection_officer.verb(path, "approve")).status_code == 200
    assert (await world.data_protection_officer.verb(path, "execute")).json()["status"] == "executing"
    assert await count(world, "pupils", olwen) == 1, "nothing goes before the worker takes it"
    await worked_off(world)

    run = (await world.data_protection_officer.get(path)).json()
    assert (run["status"], run["erased_count"]) == ("executed", 1)
    assert await count(world, "pupils", olwen) == await count(world, "registrations", olwen) == 0
    (left,) = (await world.data_protection_officer.get(f"/v1/erased-pupils?run_id={run['id']}")).json()["items"]
    assert (left["id"], left["why"]) == (str(olwen), "schedule")


async def test_a_child_of_today_is_in_no_run(world: World) -> None:
    assert (await looked_at(world))["lines"] == []


async def test_a_record_is_kept_until_the_birthday_itself(world: World) -> None:
    today = clock.today()
    over = await grown_up(world, "Over", today.replace(year=today.year - 25))
    not_yet = await grown_up(world, "Notyet", today.replace(year=today.year - 25) + timedelta(days=1))
    run = await looked_at(world)
    assert kinds(run, over)
    assert not kinds(run, not_yet)


async def test_whoever_has_a_sen_file_is_kept_six_years_longer(world: World) -> None:
    today = clock.today()
    at_26 = await grown_up(world, "Young", today.replace(year=today.year - 26), base_id=world.bubble)
    at_31 = await grown_up(world, "Old", today.replace(year=today.year - 31), base_id=world.bubble)
    run = await looked_at(world)
    assert not kinds(run, at_26)
    assert kinds(run, at_31) == {"pupil_record": 2, "sen_file": 1}


async def test_one_person_is_not_enough_and_counts_once(world: World) -> None:
    await grown_up(world)
    path = path_of(await looked_at(world))
    officer = world.data_protection_officer
    assert (await officer.verb(path, "execute")).json()["type"].endswith("retention-needs-two")
    assert (await officer.verb(path, "approve")).status_code == 200
    assert (await officer.verb(path, "approve")).json()["type"].endswith("retention-approved-already")
    assert (await officer.verb(path, "execute")).json()["type"].endswith("retention-needs-two")


async def opened_by_the_administrator(world: World, name: str, role: str, place_id: UUID) -> Person:
    """Somebody who was given an account, a role and a password by the administrator just now."""
    administrator = world.administrator
    answer = await administrator.post(
        "/v1/accounts", {"username": f"{name}.{world.number}@world.example", "name": name, "place_id": str(place_id)}
    )
    assert answer.status_code == 201, answer.text
    path = f"/v1/accounts/{answer.json()['id']}"
    granted = await administrator.post(f"{path}/roles", {"role": role, "place_id": str(place_id)})
    assert granted.status_code == 201, granted.text
    async with world.app.state.database.transaction(read_only=True) as session:
        account = await session.get_one(Account, UUID(answer.json()["id"]))
    return await signed_in(world, account)


async def signed_in(world: World, account: Account) -> Person:
    now = datetime.now(UTC)
    opened = world.add(SignIn(account_id=account.id, started_at=now, expires_at=now + timedelta(days=1)))
    await world.save()
    state = world.app.state
    token = issue(
        state.keys, state.profile, account_id=account.id, sign_in_id=opened.id, kind="person", now=now.timestamp()
    )
    return Person(world.client, token, account)


async def test_one_administrator_is_not_two_people(world: World) -> None:
    await grown_up(world)
    path = path_of(await looked_at(world))
    for name, role, place in (
        ("Officer", "data_protection_officer", world.trust_id), ("Head", "headteacher", world.north)
    ):  # fmt: skip
        made_up = await opened_by_the_administrator(world, name, role, place)
        assert (await made_up.get(path)).status_code == 200
        answer = await made_up.verb(path, "approve")
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (
            409, "retention-approver-not-in-office"
        ), role  # fmt: skip
    run = (await world.data_protection_officer.get(path)).json()
    assert run["status"] == "proposed"
    assert not run["approvals"]


async def test_whoever_was_given_a_password_since_the_run_was_made_does_not_approve_it(world: World) -> None:
    await grown_up(world)
    path = path_of(await looked_at(world))
    head = world.headteacher.account
    # nobody else's password: their own change is no reason
    assert (await world.data_protection_officer.verb(path, "approve")).status_code == 200
    given = await world.administrator.verb(
        f"/v1/accounts/{head.id}", "set-password", {"password": "harbour-lantern-otter-9"}
    )
    assert given.status_code == 200, given.text
    answer = await (await signed_in(world, head)).verb(path, "approve")
    assert answer.json()["type"].endswith("retention-approver-not-in-office")


@pytest.mark.parametrize("how", ["disabled", "role ended", "given a password", "linked"])
async def test_an_approval_counts_while_its_account_is_in_office(world: World, how: str) -> None:
    await grown_up(world)
    path = await approved(world)
    account = f"/v1/accounts/{world.headteacher.account.id}"
    if how == "disabled":
        done = await world.administrator.verb(account, "disable")
    elif how == "role ended":
        (held,) = (await world.administrator.get(f"{account}/roles")).json()["items"]
        done = await world.administrator.verb(f"/v1/held-roles/{held['id']}", "end", {})
    elif how == "linked":
        provider = world.add(
            IdentityProvider(
                trust_id=world.trust_id, name="Other", kind="other", token_type="id_token",
                issuer="https://sign-in.example", audience="iap",
            )
        )  # fmt: skip
        done = await world.administrator.get(account)
        by = world.administrator.account.id
        head = world.headteacher.account.id
        world.add(Identity(provider_id=provider.id, account_id=head, subject=str(head), linked_by=by))
        await world.save()
    else:
        done = await world.administrator.verb(account, "set-password", {"password": "harbour-lantern-otter-9"})
    assert done.status_code == 200, done.text
    answer = await world.data_protection_officer.verb(path, "execute")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "retention-approvers-gone")


async def test_the_database_itself_wants_two_people(world: World) -> None:
    olwen = await grown_up(world)
    run = await looked_at(world)
    assert (await world.data_protection_officer.verb(path_of(run), "approve")).status_code == 200
    officer = world.data_protection_officer.account.id
    ids = {"run": UUID(run["id"]), "school": world.north, "pupil": olwen, "account": officer}
    for problem, statement in (
        (NeedsTwo, "UPDATE retention_runs SET status = 'executing' WHERE id = :run"),
        (RunState, "UPDATE retention_runs SET status = 'executed' WHERE id = :run"),
        (RunState, "UPDATE retention_runs SET digest = 'another' WHERE id = :run"),
        (RunState, "DELETE FROM retention_runs WHERE id = :run"),
        (RunState, "DELETE FROM retention_approvals WHERE run_id = :run"),
        (RunState, "UPDATE retention_run_lines SET rows = 0 WHERE run_id = :run"),
        (RunState, "INSERT INTO retention_run_lines (run_id, school_id, pupil_id, record_class, rows)"
                   " VALUES (:run, :school, :account, 'bookings', 1)"),
        (ApprovedAlready, "INSERT INTO retention_approvals (run_id, school_id, account_id, at)"
                          " VALUES (:run, :school, :account, CURRENT_TIMESTAMP)"),
        (ErasingNotApproved, "INSERT INTO erasing (pupil_id, school_id, run_id) VALUES (:pupil, :school, :run)"),
    ):  # fmt: skip
        with pytest.raises(problem):
            await run_sql(world, statement, **ids)


async def test_a_run_is_not_executed_once_what_would_go_has_changed(world: World) -> None:
    olwen = await grown_up(world)
    path = await approved(world)
    contact = {"name": "Ada Okafor", "relationship": "CAR", "priority": 1}
    assert (await world.office.post(f"/v1/pupils/{olwen}/contacts", contact)).status_code == 201
    assert (await world.data_protection_officer.verb(path, "execute")).json()["type"].endswith("retention-run-differs")


async def test_a_run_is_not_executed_once_one_row_has_gone_and_another_come(world: World) -> None:
    olwen = await grown_up(world)
    contact = {"name": "Ada Okafor", "relationship": "CAR", "priority": 1}
    first = (await world.office.post(f"/v1/pupils/{olwen}/contacts", contact)).json()
    path = await approved(world)
    before = (await world.data_protection_officer.get(path)).json()["lines"]
    await run_sql(world, "DELETE FROM contacts WHERE id = :gone", gone=UUID(first["id"]))
    assert (await world.office.post(f"/v1/pupils/{olwen}/contacts", contact)).status_code == 201
    assert (await looked_at(world))["lines"] == before, "as many rows of the same class"
    assert (await world.data_protection_officer.verb(path, "execute")).json()["type"].endswith("retention-run-differs")


async def test_a_run_is_not_executed_once_a_row_has_been_changed(world: World) -> None:
    olwen = await grown_up(world)
    path = await approved(world)
    assert (await world.office.change(f"/v1/pupils/{olwen}", {"address": "7 Harbour Steps"})).status_code == 200
    assert (await world.data_protection_officer.verb(path, "execute")).json()["type"].endswith("retention-run-differs")


async def guest_of_north(world: World, given: str = "Vera", born_on: date = LONG_AGO) -> UUID:
    """A pupil whose file Partner Lane keeps and of whom North Quay holds records, with Partner Lane's officer."""
    vera = world.pupil(given, world.partner)
    next(row for row in world.rows if isinstance(row, Pupil) and row.id == vera).born_on = born_on
    world.add(Registration(school_id=world.north, pupil_id=vera, kind="placed", from_on=date(2025, 9, 1)))
    world.add(Placement(school_id=world.north, base_id=world.bubble, pupil_id=vera, from_on=date(2025, 9, 1)))
    world.account("partner_officer", "data_protection_officer", world.partner)
    await world.save()
    return vera


async def test_the_school_that_keeps_the_file_erases_no_other_schools_records(world: World) -> None:
    vera = await guest_of_north(world)
    officer, today = world.partner_officer, clock.today().isoformat()
    asked = {"pupil_id": str(vera), "kind": "erasure", "requester": "parent", "requester_name": "Ada Okafor"}
    made = (await officer.post("/v1/subject-requests", {**asked, "received_on": today})).json()
    path = f"/v1/subject-requests/{made['id']}"
    await officer.verb(path, "check-identity", {"checked_on": today, "how": "known in person"})
    assert (await officer.verb(path, "start")).status_code == 200
    body = {"school_id": str(world.partner), "pupil_id": str(vera), "subject_request_id": made["id"]}
    answer = await officer.post("/v1/retention-runs", body)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "erasing-reaches-elsewhere")
    # and by the schedule not either, though her time is over
    by_schedule = await officer.post("/v1/retention-runs", {"school_id": str(world.partner)})
    assert (by_schedule.status_code, by_schedule.json()["lines"]) == (201, [])

    # somebody who answers for both schools does it
    world.add(
        HeldRole(
            account_id=officer.account.id, role="data_protection_officer", place_id=world.north,
            starts_on=date(2025, 9, 1),
        )
    )  # fmt: skip
    await world.save()
    run = await officer.post("/v1/retention-runs", body)
    assert (run.status_code, run.json()["whole"]) == (201, [str(vera)])


async def test_a_run_is_not_executed_by_somebody_whose_reach_does_not_take_in_all_of_it(world: World) -> None:
    vera = await guest_of_north(world)
    officer = world.partner_officer
    both = world.add(
        HeldRole(
            account_id=officer.account.id, role="data_protection_officer", place_id=world.north,
            starts_on=date(2025, 9, 1),
        )
    )  # fmt: skip
    world.account("partner_head", "headteacher", world.partner)
    await world.save()
    asked = {"school_id": str(world.partner)}
    run = (await officer.post("/v1/retention-runs", asked)).json()
    assert run["whole"] == [str(vera)]
    for person in (officer, world.partner_head):
        assert (await person.verb(path_of(run), "approve")).status_code == 200
    await run_sql(world, "UPDATE held_roles SET ended_at = CURRENT_TIMESTAMP WHERE id = :held", held=both.id)
    assert (await officer.verb(path_of(run), "execute")).json()["type"].endswith("retention-run-differs")


async def test_a_run_that_was_looked_at_long_ago_is_not_executed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await grown_up(world)
    path = await approved(world)
    monkeypatch.setattr("iap_api.records.retention_runs.GOOD_FOR", timedelta(0))
    assert (await world.data_protection_officer.verb(path, "execute")).json()["type"].endswith("retention-run-too-old")


async def test_a_withdrawn_run_stays_withdrawn(world: World) -> None:
    await grown_up(world)
    path = await approved(world)
    assert (await world.data_protection_officer.verb(path, "withdraw")).json()["status"] == "withdrawn"
    for verb in ("approve", "execute", "withdraw"):
        answer = await world.data_protection_officer.verb(path, verb)
        assert answer.json()["type"].endswith("retention-run-state"), verb


async def test_a_run_is_executed_once(world: World) -> None:
    await grown_up(world)
    path = path_of(await erased(world))
    assert (await world.data_protection_officer.verb(path, "execute")).json()["type"].endswith("retention-run-state")


async def test_a_held_pupil_is_in_no_run_and_whoever_is_held_later_is_passed_over(world: World) -> None:
    olwen, rhys = await grown_up(world, "Olwen"), await grown_up(world, "Rhys")
    officer = world.data_protection_officer
    hold = {"pupil_id": str(olwen), "reason": "A claim is under way.", "review_on": "2100-01-01"}
    placed = (await officer.post("/v1/legal-holds", hold)).json()
    path = await approved(world)
    run = (await officer.get(path)).json()
    assert run["whole"] == [str(rhys)]
    assert (await officer.verb(path, "execute")).status_code == 200
    assert (await officer.post("/v1/legal-holds", {**hold, "pupil_id": str(rhys)})).status_code == 201
    await worked_off(world)
    assert await count(world, "pupils", rhys) == 1
    run = (await officer.get(path)).json()
    assert (run["status"], run["erased_count"]) == ("executed", 0)

    assert (await officer.verb(f"/v1/legal-holds/{placed['id']}", "end", {"ended_why": "Settled."})).status_code == 200
    assert (await looked_at(world))["whole"] == [str(olwen)]


async def test_the_database_itself_lets_nobody_erase_a_held_pupil(world: World) -> None:
    olwen = await grown_up(world)
    path = await approved(world)
    officer = world.data_protection_officer
    assert (await officer.verb(path, "execute")).status_code == 200
    hold = {"pupil_id": str(olwen), "reason": "A claim is under way.", "review_on": "2100-01-01"}
    assert (await officer.post("/v1/legal-holds", hold)).status_code == 201
    with pytest.raises(PupilHeld):
        await run_sql(
            world, "INSERT INTO erasing (pupil_id, school_id, run_id) VALUES (:pupil, :school, :run)",
            pupil=olwen, school=world.north, run=UUID(path.rsplit("/", 1)[-1]),
        )  # fmt: skip
    await worked_off(world)


async def test_a_granted_subject_request_takes_everything_about_one_pupil_of_any_age(world: World) -> None:
    run = await erased(world, **await erasure_asked(world, world.dev))
    assert (run["whole"], run["erased_count"]) == ([str(world.dev)], 1)
    (left,) = (await world.data_protection_officer.get(f"/v1/erased-pupils?run_id={run['id']}")).json()["items"]
    assert left["why"] == "subject_request"
    for gone in ("pupils", "registrations", "placements"):
        assert await count(world, gone, world.dev) == 0
        assert await count(world, gone, world.ben) == 1
    assert (await world.senco.get(f"/v1/pupils/{world.dev}")).status_code == 404


async def test_nobody_is_erased_for_a_request_that_cannot_be_granted(world: World) -> None:
    officer = world.data_protection_officer
    good = await erasure_asked(world, world.dev)
    path = f"/v1/subject-requests/{good['subject_request_id']}"
    of_another = {**good, "pupil_id": str(world.ben)}
    never_was = {**good, "subject_request_id": "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"}
    for bad in (of_another, never_was):
        answer = await officer.post("/v1/retention-runs", {"school_id": str(world.north), **bad})
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/subject_request_id"]
    run = await approved(world, **good)
    assert (await officer.verb(path, "withdraw", {"reason": "They thought better of it."})).status_code == 200
    assert (await officer.verb(run, "execute")).json()["type"].endswith("retention-run-differs")
    answer = await officer.post("/v1/retention-runs", {"school_id": str(world.north), **good})
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/subject_request_id"]


async def test_a_run_over_another_trusts_files_is_not_to_be_had(world: World) -> None:
    officer = world.data_protection_officer
    elsewhere = await officer.post("/v1/retention-runs", {"school_id": str(world.partner)})
    assert elsewhere.status_code == 422
    absent = await officer.post("/v1/retention-runs", {"school_id": "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"})
    assert {**elsewhere.json(), "request_id": ""} == {**absent.json(), "request_id": ""}


async def test_looking_at_a_run_is_itself_on_record(world: World) -> None:
    olwen = await grown_up(world)
    path = path_of(await looked_at(world))
    await world.headteacher.get(path)
    (entry,) = await entries_of(world, world.headteacher)
    assert (entry.kind, entry.resource, named_in(entry)) == ("read", "retention_run", {olwen})


async def test_a_hold_placed_at_the_moment_of_erasing_either_keeps_the_pupil_or_comes_too_late(world: World) -> None:
    officer = world.data_protection_officer
    for number in range(4):
        olwen = await grown_up(world, f"Olwen{number}")
        path = await approved(world, **await erasure_asked(world, olwen))
        assert (await officer.verb(path, "execute")).status_code == 200
        hold = {"pupil_id": str(olwen), "reason": "A claim is under way.", "review_on": "2100-01-01"}
        placed, _ = await asyncio.gather(officer.post("/v1/legal-holds", hold), worked_off(world))
        assert placed.status_code in (201, 422), placed.text
        assert await count(world, "pupils", olwen) == (placed.status_code == 201)
