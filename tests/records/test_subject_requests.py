"""Subject requests as the data protection officer keeps them: found, recorded, paused, extended, answered in time."""

from datetime import timedelta
from typing import Any

import pytest

from iap_api.core import clock
from iap_api.records.request_clock import due_on, educational_record_due_on
from iap_api.schools.school_days import SchoolCalendar
from tests.core.recorded import entries_of, named_in
from tests.records.requests import asked, days_ago, did, recorded, step
from tests.world import World

AMIRA = {"given_name": "Amira", "family_name": "Okafor", "born_on": "2017-05-04"}


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_mother_writes_and_the_officer_finds_the_child_and_starts_the_clock(world: World) -> None:
    officer = world.data_protection_officer
    assert (await officer.get(f"/v1/pupils/{world.amira}")).status_code == 403, "no everyday record"
    found = (await officer.post("/v1/subject-requests/find-pupil", AMIRA)).json()["items"]
    assert found == [{"id": str(world.amira), "given_name": "Amira", "family_name": "Okafor",
                      "school_id": str(world.north), "school_name": "North Quay Primary"}]  # fmt: skip
    answer = await officer.post("/v1/subject-requests", asked(world.amira, asked_for="Everything about my daughter."))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    due = due_on(clock.today() - timedelta(days=3))
    assert due is not None
    assert (made["status"], made["due_on"], made["late"], made["pauses"]) == ("received", due.isoformat(), False, [])
    assert made["school_id"] == str(world.north)
    read = await world.headteacher.get(f"/v1/subject-requests/{made['id']}")
    assert (read.status_code, read.json()["asked_for"]) == (200, "Everything about my daughter.")


# Finding the pupil


@pytest.mark.parametrize(
    "words",
    [
        {"given_name": "amira", "family_name": "OKAFOR", "born_on": "2017-05-04"},
        {"given_name": "Ami", "family_name": "Okafor", "born_on": "2017-05-04"},
    ],
)
async def test_a_child_is_found_by_the_name_they_are_called_by_and_capitals_do_not_count(
    world: World, words: dict[str, str]
) -> None:
    assert (await world.senco.change(f"/v1/pupils/{world.amira}", {"preferred_name": "Ami"})).status_code == 200
    found = await world.data_protection_officer.post("/v1/subject-requests/find-pupil", words)
    assert [one["id"] for one in found.json()["items"]] == [str(world.amira)]


@pytest.mark.parametrize(
    "words",
    [
        {"given_name": "Ami", "family_name": "Okafor", "born_on": "2017-05-04"},
        {"given_name": "Amira", "family_name": "Okaf", "born_on": "2017-05-04"},
        {"given_name": "Amira", "family_name": "Okafor", "born_on": "2017-05-05"},
        {"upn": "A000000000000"},
    ],
)
async def test_nobody_is_found_by_part_of_a_name_or_another_day(world: World, words: dict[str, str]) -> None:
    found = await world.data_protection_officer.post("/v1/subject-requests/find-pupil", words)
    assert (found.status_code, found.json()) == (200, {"items": []})


@pytest.mark.parametrize(
    "words",
    [{}, {"given_name": "Amira"}, {"given_name": "Amira", "family_name": "Okafor"}, {**AMIRA, "upn": "A000000000000"}],
)
async def test_half_a_question_is_none(world: World, words: dict[str, str]) -> None:
    assert (await world.data_protection_officer.post("/v1/subject-requests/find-pupil", words)).status_code == 422


async def test_a_child_is_found_by_upn_and_each_finding_is_recorded(world: World) -> None:
    upn = (await world.office.get(f"/v1/pupils/{world.amira}")).json()["roll"]["upn"]
    found = await world.data_protection_officer.post("/v1/subject-requests/find-pupil", {"upn": upn})
    assert [one["id"] for one in found.json()["items"]] == [str(world.amira)]
    (entry,) = await entries_of(world, world.data_protection_officer)
    assert (entry.kind, named_in(entry), entry.school_id) == ("pupil.found", {world.amira}, world.north)


async def test_a_child_is_found_among_many_of_one_birthday(world: World) -> None:
    for number in range(55):
        world.pupil(f"Twin{number}", world.north)
    zadie = world.pupil("Zadie", world.north)
    await world.save()
    found = await world.data_protection_officer.post(
        "/v1/subject-requests/find-pupil", {**AMIRA, "given_name": "Zadie"}
    )
    assert [one["id"] for one in found.json()["items"]] == [str(zadie)]


async def test_a_child_who_left_long_ago_is_found_and_one_of_another_school_is_not(world: World) -> None:
    own = world.account("school_officer", "data_protection_officer", world.north)
    await world.save()
    ended = await world.office.verb(f"/v1/pupils/{world.amira}", "end", {"ended_on": days_ago(1), "reason": "other"})
    assert ended.status_code == 200, ended.text
    assert len((await own.post("/v1/subject-requests/find-pupil", AMIRA)).json()["items"]) == 1
    sol = {**AMIRA, "given_name": "Sol"}
    assert (await own.post("/v1/subject-requests/find-pupil", sol)).json()["items"] == []
    assert len((await world.data_protection_officer.post("/v1/subject-requests/find-pupil", sol)).json()["items"]) == 1


# Recording


async def test_the_school_answers_for_its_own_pupils_alone(world: World) -> None:
    own = world.account("school_officer", "data_protection_officer", world.north)
    await world.save()
    assert (await own.post("/v1/subject-requests", asked(world.southerner))).status_code == 422
    path = await recorded(world, world.southerner)
    assert (await own.get(path)).status_code == 404
    assert (await world.headteacher.get(path)).status_code == 404
    listed = (await own.get("/v1/subject-requests")).json()["items"]
    assert listed == []


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"received_on": "2199-01-01"}, "/received_on"),
        ({"kind": "educational_record"}, "/maintained_school"),
        ({"kind": "educational_record", "maintained_school": False}, "/maintained_school"),
        ({"kind": "educational_record", "maintained_school": True, "requester": "pupil"}, "/requester"),
        ({"maintained_school": True}, "/maintained_school"),
    ],
)
async def test_what_cannot_be_asked_is_not_recorded(world: World, more: dict[str, Any], pointer: str) -> None:
    answer = await world.data_protection_officer.post("/v1/subject-requests", asked(world.amira, **more))
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


async def test_the_educational_record_has_fifteen_school_days_and_no_pause(world: World) -> None:
    path = await recorded(world, world.amira, kind="educational_record", maintained_school=True)
    made = (await world.data_protection_officer.get(path)).json()
    due = educational_record_due_on(clock.today() - timedelta(days=3), SchoolCalendar())
    assert (made["due_on"], made["counted_by"]) == (due.on.isoformat(), "weekdays")
    pause = {"why": "clarification", "from_on": days_ago(0), "asked": "Which years?"}
    assert kind_of(await did(world, path, "pause", pause)) == (409, "clock-runs-on")
    extension = {"told_on": days_ago(0), "reason": "Many."}
    assert kind_of(await did(world, path, "extend", extension)) == (409, "clock-runs-on")
    assert not {"pause", "extend"} & set(made["possible"])


@pytest.mark.parametrize(("in_term_for", "counted_by"), [(60, "school_calendar"), (10, "weekdays")])
async def test_the_fifteen_school_days_are_those_of_the_schools_own_calendar(
    world: World, in_term_for: int, counted_by: str
) -> None:
    received = clock.today() - timedelta(days=3)
    off, last = received + timedelta(days=1), received + timedelta(days=in_term_for)
    year = {
        "school_id": str(world.north), "name": "This year", "starts_on": received.isoformat(),
        "ends_on": last.isoformat(),
        "terms": [{"name": "Term", "starts_on": received.isoformat(), "ends_on": last.isoformat()}],
        "days_off": [
            {"kind": "holiday", "name": "Flood", "from_on": off.isoformat(),
             "until_on": (off + timedelta(days=6)).isoformat()}
        ],
    }  # fmt: skip
    assert (await world.headteacher.post("/v1/academic-years", year)).status_code == 201
    path = await recorded(world, world.amira, kind="educational_record", maintained_school=True)
    made = (await world.data_protection_officer.get(path)).json()
    without = educational_record_due_on(received, SchoolCalendar()).on
    # a week without school moves the day on by a week
    assert (made["due_on"], made["counted_by"]) == ((without + timedelta(days=7)).isoformat(), counted_by)
    other = await recorded(world, world.amira)
    assert (await world.data_protection_officer.get(other)).json()["counted_by"] is None


async def test_a_complaint_is_acknowledged_within_thirty_days(world: World) -> None:
    path = await recorded(world, world.amira, kind="complaint", asked_for="My address was given to a stranger.")
    made = (await world.data_protection_officer.get(path)).json()
    assert made["due_on"] is None
    assert made["acknowledge_by"] == (clock.today() + timedelta(days=27)).isoformat()
    done = await step(world, path, "acknowledge", {"acknowledged_on": days_ago(0)})
    assert done["acknowledged_on"] == days_ago(0)


async def test_what_is_late_and_what_is_due_is_listed(world: World) -> None:
    late = await recorded(world, world.amira, received_on=days_ago(60))
    await recorded(world, world.ben)
    officer = world.data_protection_officer
    listed = (await officer.get(f"/v1/subject-requests?due_before={days_ago(0)}")).json()["items"]
    assert [(f"/v1/subject-requests/{one['id']}", one["late"]) for one in listed] == [(late, True)]
    await step(world, late, "withdraw", {})
    assert (await officer.get(f"/v1/subject-requests?due_before={days_ago(0)}")).json()["items"] == []
    assert (await officer.get(late)).json()["late"] is False


async def test_who_asks_is_corrected_until_the_answer_is_ready(world: World) -> None:
    path = await recorded(world, world.amira, kind="objection")
    officer = world.data_protection_officer
    assert (await officer.change(path, {"requester_name": "Ada Okafor-Bell"})).json()["version"] == 2
    for verb in ("start", "ready"):
        await step(world, path, verb)
    assert kind_of(await officer.change(path, {"requester_name": "Nobody"})) == (409, "request-state")


# The clock


async def test_waiting_for_an_answer_stops_the_clock_and_the_answer_starts_it(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    await step(world, path, "start")
    paused = await step(
        world, path, "pause", {"why": "clarification", "from_on": days_ago(15), "asked": "Which years?"}
    )
    assert (paused["status"], paused["due_on"]) == ("paused", None)
    assert "ready" not in paused["possible"]
    assert kind_of(await did(world, path, "package")) == (409, "request-state")
    resumed = await step(world, path, "resume", {"until_on": days_ago(5)})
    plain = due_on(clock.today() - timedelta(days=20))
    assert plain is not None
    assert resumed["status"] == "in_progress"
    assert 10 <= (clock.today().fromisoformat(resumed["due_on"]) - plain).days <= 12
    assert resumed["pauses"] == [
        {"why": "clarification", "from_on": days_ago(15), "until_on": days_ago(5), "asked": "Which years?"}
    ]


async def test_the_month_begins_when_the_requester_has_shown_who_they_are(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    await step(world, path, "pause", {"why": "identity", "from_on": days_ago(20), "asked": "Please bring a passport."})
    checked = await step(world, path, "check-identity", {"checked_on": days_ago(2), "how": "passport seen"})
    due = due_on(clock.today() - timedelta(days=2))
    assert due is not None
    assert (checked["status"], checked["due_on"]) == ("in_progress", due.isoformat())
    assert (checked["identity_checked_on"], checked["pauses"][0]["until_on"]) == (days_ago(2), days_ago(2))


@pytest.mark.parametrize("from_on", [days_ago(21), days_ago(-1)])
async def test_nobody_waits_before_the_request_came_or_in_the_future(world: World, from_on: str) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    pause = {"why": "clarification", "from_on": from_on, "asked": "Which years?"}
    assert (await did(world, path, "pause", pause)).status_code == 422


async def test_nobody_waited_before_the_law_allowed_it(world: World) -> None:
    path = await recorded(world, world.amira, received_on="2026-02-01")
    pause = {"why": "clarification", "from_on": "2026-02-04", "asked": "Which years?"}
    answer = await did(world, path, "pause", pause)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/from_on")
    assert (await did(world, path, "pause", {**pause, "from_on": "2026-02-05"})).status_code == 200


async def test_the_clock_of_a_request_that_is_late_is_not_stopped_any_more(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(60))
    pause = {"why": "clarification", "from_on": days_ago(1), "asked": "Which years?"}
    assert (await did(world, path, "pause", pause)).status_code == 422


async def test_two_pauses_do_not_overlap(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    pause = {"why": "clarification", "from_on": days_ago(15), "asked": "Which years?"}
    await step(world, path, "pause", pause)
    assert kind_of(await did(world, path, "pause", pause)) == (409, "request-state")
    assert (await did(world, path, "resume", {"until_on": days_ago(16)})).status_code == 422
    await step(world, path, "resume", {"until_on": days_ago(10)})
    assert (await did(world, path, "pause", {**pause, "from_on": days_ago(11)})).status_code == 422
    await step(world, path, "pause", {**pause, "from_on": days_ago(10)})


async def test_more_time_is_taken_within_the_first_month_and_once(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    told = {"told_on": days_ago(0), "reason": "Two schools, and files on paper."}
    longer = await step(world, path, "extend", told)
    due = due_on(clock.today() - timedelta(days=20), extended=True)
    assert due is not None
    assert (longer["due_on"], longer["extension_reason"]) == (due.isoformat(), told["reason"])
    assert kind_of(await did(world, path, "extend", told)) == (409, "extension-too-late")


async def test_after_the_month_no_more_time_is_taken(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(60))
    told = {"told_on": days_ago(0), "reason": "Two schools."}
    assert kind_of(await did(world, path, "extend", told)) == (409, "extension-too-late")


async def test_an_extension_lasts_through_a_later_pause(world: World) -> None:
    path = await recorded(world, world.amira, received_on=days_ago(20))
    await step(world, path, "extend", {"told_on": days_ago(18), "reason": "Two schools."})
    await step(world, path, "pause", {"why": "clarification", "from_on": days_ago(8), "asked": "Which years?"})
    resumed = await step(world, path, "resume", {"until_on": days_ago(8)})
    due = due_on(clock.today() - timedelta(days=20), extended=True)
    assert due is not None
    assert resumed["due_on"] == due.isoformat()


# Steps


async def test_every_step_names_the_version_it_was_decided_on(world: World) -> None:
    path = await recorded(world, world.amira)
    assert kind_of(await world.data_protection_officer.post(f"{path}/start")) == (428, "if-match-needed")
    stale = await world.data_protection_officer.post(f"{path}/start", If_Match='"9.000000000000"')
    assert kind_of(stale) == (412, "stale")


async def test_a_request_without_a_copy_is_answered_without_one(world: World) -> None:
    path = await recorded(world, world.amira, kind="rectification")
    begun = await step(world, path, "start")
    assert not {"build_package", "mark", "decide"} & set(begun["possible"])
    assert kind_of(await did(world, path, "package")) == (409, "request-state")
    await step(world, path, "ready")
    assert kind_of(await did(world, path, "release")) == (409, "identity-not-checked")
    await step(world, path, "start")
    await step(world, path, "check-identity", {"checked_on": days_ago(0), "how": "known in person"})
    await step(world, path, "ready")
    done = await step(world, path, "release")
    assert (done["status"], done["possible"]) == ("released", [])
    for verb, body in (("start", None), ("refuse", {"reason": "No."}), ("withdraw", {})):
        assert kind_of(await did(world, path, verb, body)) == (409, "request-state")


async def test_a_refusal_keeps_its_reason(world: World) -> None:
    path = await recorded(world, world.amira)
    refused = await step(world, path, "refuse", {"reason": "The fourth time this month, for the same data."})
    assert (refused["status"], refused["ended_why"]) == ("refused", "The fourth time this month, for the same data.")
    assert refused["ended_by"] == str(world.data_protection_officer.account.id)


async def test_the_ledger_tells_of_every_step_and_holds_no_name(world: World) -> None:
    path = await recorded(world, world.amira, asked_for="Everything.")
    await step(world, path, "start")
    await step(world, path, "withdraw", {"reason": "She has what she needs."})
    found = await entries_of(world, world.data_protection_officer)
    assert [one.kind for one in found if one.kind != "read"] == [
        "created", "subject_request.started", "subject_request.withdrawn",
    ]  # fmt: skip
    assert all(named_in(one) == {world.amira} for one in found)
    assert "Ada" not in repr([one.model_dump() for one in found])


async def test_the_same_request_sent_twice_is_one(world: World) -> None:
    officer, body = world.data_protection_officer, asked(world.amira)
    first = await officer.post("/v1/subject-requests", body, Idempotency_Key="letter-1")
    again = await officer.post("/v1/subject-requests", body, Idempotency_Key="letter-1")
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
