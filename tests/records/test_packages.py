"""The package as the officer makes it: looked through, what is about others withheld, released once and for good."""

import hashlib
import io
import json
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlmodel import col

from iap_api.core.errors import Conflict
from iap_api.pupils.tables import Placement, Registration
from iap_api.records.request_tables import Redaction, SubjectPackage
from tests.core.recorded import entries_of, named_in
from tests.records.requests import (
    all_decided,
    asked,
    built,
    days_ago,
    did,
    downloaded,
    every_mark,
    marks,
    record,
    recorded,
    released,
    step,
)
from tests.records.sealed import all_sealed
from tests.world import LONG_AGO, World

FELL_OUT = "Fell out with Ben at break, then asked for the quiet corner."
CALM = "Calm all morning."


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def pages(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", " ")


async def check_in(world: World, note: str) -> str:
    body = {"pupil_id": str(world.amira), "zones": ["yellow"], "note": note}
    answer = await world.teaching_assistant.post("/v1/zone-check-ins", body)
    assert answer.status_code == 201, answer.text
    return f"/records/zone_check_ins/rows/{answer.json()['id']}/note"


async def test_a_mother_is_given_everything_about_her_daughter_and_nothing_about_ben(world: World) -> None:
    quarrel, calm = await check_in(world, FELL_OUT), await check_in(world, CALM)
    path, contents = await built(world, world.amira)
    assert contents["undecided"] == 1
    (found,) = await marks(world, path)
    assert (found["pointer"], found["found"], found["status"]) == (quarrel, "the name of another pupil", "proposed")
    assert "Ben" not in json.dumps(found), "what stands there is in the working copy alone"

    working = await downloaded(world, path)
    assert FELL_OUT in working["record.json"].decode()
    assert "WORKING COPY" in pages(working["index.pdf"])
    await step(world, path, "check-identity", {"checked_on": "2026-11-24", "how": "known in person"})
    refused = await did(world, path, "ready")
    assert kind_of(refused) == (409, "redactions-undecided")
    assert refused.json()["undecided"] == 1

    await step(world, f"/v1/redactions/{found['id']}", "decide", {"decision": "withheld"})
    await step(world, path, "ready")
    assert (await step(world, path, "release"))["status"] == "released"
    given = await downloaded(world, path)
    text = given["record.json"].decode()
    rows = json.loads(text)["records"]["zone_check_ins"]["rows"]
    assert rows[quarrel.split("/")[4]]["note"] == "[withheld]"
    assert rows[calm.split("/")[4]]["note"] == CALM
    assert json.loads(text)["withheld"] == [quarrel]
    said = pages(given["index.pdf"])
    assert "WORKING COPY" not in said
    for words in ("Amira Okafor", CALM, "[withheld]", "Places withheld: 1", "North Quay Primary"):
        assert words in said
    for name in ("Ben", "Fell out"):
        assert name not in text
        assert name not in said


async def test_what_was_handed_over_is_pinned_and_nothing_else_can_be_had_from_then_on(world: World) -> None:
    await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    await all_decided(world, path)
    await released(world, path)
    officer = world.data_protection_officer
    await check_in(world, "Written after the release.")
    first, second = [(await officer.get(f"{path}/package")).content for _ in range(2)]
    assert first == second
    contents = (await officer.get(f"{path}/package/contents")).json()
    assert contents["digest"] == hashlib.sha256(first).hexdigest()
    assert contents["released_at"] is not None
    assert kind_of(await did(world, path, "package")) == (409, "request-state")
    for mark in await marks(world, path):
        answer = await did(world, f"/v1/redactions/{mark['id']}", "decide", {"decision": "shown"})
        assert kind_of(answer) == (409, "request-state")
    async with world.app.state.database.transaction(read_only=True) as session:
        mine = select(SubjectPackage).where(col(SubjectPackage.pupil_id) == world.amira)
        kept = (await session.execute(mine)).scalar_one()
    assert (kept.working, kept.archive) == (None, first)


async def test_the_database_keeps_no_working_copy_beside_what_was_handed_over(world: World) -> None:
    path, _ = await built(world, world.amira)
    await released(world, path)
    again = update(SubjectPackage).where(col(SubjectPackage.pupil_id) == world.amira)
    for values in ({"working": b"{}"}, {"archive": None}, {"released_at": None}):
        with pytest.raises(Conflict):
            async with world.app.state.database.transaction() as session:
                await session.execute(again.values(values))


async def test_the_download_tells_nothing_by_its_name_and_is_kept_by_nobody_on_the_way(world: World) -> None:
    path, _ = await built(world, world.amira)
    answer = await world.data_protection_officer.get(f"{path}/package", Accept="application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="working-copy.zip"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert set(await downloaded(world, path)) == {"index.pdf", "record.json"}
    await released(world, path)
    answer = await world.data_protection_officer.get(f"{path}/package")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="record.zip"'


async def test_every_download_is_recorded(world: World) -> None:
    path, _ = await built(world, world.amira)
    await downloaded(world, path)
    last = (await entries_of(world, world.data_protection_officer))[-1]
    assert (last.kind, last.resource, named_in(last)) == ("package.downloaded", "subject_package", {world.amira})
    assert last.school_id == world.north


async def test_the_headteacher_reads_the_request_and_not_the_copy(world: World) -> None:
    path, _ = await built(world, world.amira)
    assert (await world.headteacher.get(path)).status_code == 200
    for part in ("/package", "/package/contents", "/redactions"):
        assert (await world.headteacher.get(f"{path}{part}")).status_code == 403


async def test_there_is_nothing_to_download_before_it_is_built_or_once_the_request_is_off(world: World) -> None:
    officer = world.data_protection_officer
    path = await recorded(world, world.amira)
    assert (await officer.get(f"{path}/package")).status_code == 404
    await step(world, path, "start")
    assert kind_of(await did(world, path, "ready")) == (409, "package-missing")
    mark = {"pointer": f"/records/pupils/rows/{world.amira}/address", "reason": "serious_harm"}
    assert kind_of(await officer.post(f"{path}/redactions", mark)) == (409, "package-missing")
    await step(world, path, "package")
    assert (await officer.get(f"{path}/package")).status_code == 200
    await step(world, path, "withdraw", {})
    for part in ("/package", "/package/contents"):
        assert (await officer.get(f"{path}{part}")).status_code == 404


async def test_every_letter_and_every_sign_is_printed_as_it_was_written(world: World) -> None:
    notes = ["<b>5 < 6 & 7</b> <para>", "Łucja, Zoë and Юлия; Ωμέγα", "x" * 300]
    for note in notes:
        await check_in(world, note)
    path, _ = await built(world, world.amira)
    said = pages((await downloaded(world, path))["index.pdf"])
    assert notes[0] in said
    assert notes[1] in said
    assert said.replace(" ", "").count("x") >= 300


# Other people


async def test_of_other_pupils_in_the_same_room_only_the_number_is_given(world: World) -> None:
    together = {
        "space_id": str(world.sensory), "purpose": "regulation", "starts_at": "2027-03-01T10:00:00Z",
        "ends_at": "2027-03-01T10:20:00Z", "pupil_ids": [str(world.amira), str(world.ben)],
    }  # fmt: skip
    booking = (await world.teaching_assistant.post("/v1/bookings", together)).json()["id"]
    changed = {"pupil_ids": [str(world.amira), str(world.ben), str(world.cara)]}
    assert (await world.teaching_assistant.change(f"/v1/bookings/{booking}", changed)).status_code == 200
    path, _ = await built(world, world.amira)
    found = await record(world, path)
    (row,) = found["records"]["bookings"]["rows"].values()
    assert row["pupil_ids"] == [str(world.amira), "and 2 other pupils"]
    former = [one["values"] for one in found["records"]["former_values"]["rows"].values()]
    assert [str(world.amira), "and 1 other pupils"] in [one.get("pupil_ids") for one in former]
    assert str(world.ben) not in json.dumps(found)
    assert str(world.cara) not in json.dumps(found)


async def test_the_name_of_a_child_who_visits_from_another_trusts_school_is_proposed(world: World) -> None:
    vera = world.pupil("Vera", world.partner)
    world.add(Registration(school_id=world.north, pupil_id=vera, from_on=LONG_AGO, kind="placed"))
    world.add(Placement(school_id=world.north, base_id=world.bubble, pupil_id=vera, from_on=LONG_AGO))
    await world.save()
    pinched = await check_in(world, "Only Vera pinched her.")
    path, _ = await built(world, world.amira)
    (mark,) = await marks(world, path)
    assert (mark["pointer"], mark["found"]) == (pinched, "the name of another pupil")


async def test_how_to_reach_a_contact_where_a_child_lives_and_who_asked_before_are_proposed(world: World) -> None:
    contact = {"name": "Kofi Mensah", "relationship": "CAR", "priority": 1, "phone": "020 7946 0000"}
    made = await world.office.post(f"/v1/pupils/{world.amira}/contacts", contact)
    assert made.status_code == 201, made.text
    assert (
        await world.office.change(f"/v1/contacts/{made.json()['id']}", {"phone": "020 7946 1111"})
    ).status_code == 200
    assert (await world.office.change(f"/v1/pupils/{world.amira}", {"address": "7 Quay Street"})).status_code == 200
    before = await recorded(world, world.amira, kind="objection", requester_name="Kofi Mensah", asked_for="No photos.")
    path, _ = await built(world, world.amira)
    pointers = {one["pointer"] for one in await marks(world, path, "&status=proposed")}
    earlier = before.rsplit("/", 1)[1]
    expected = {
        f"/records/contacts/rows/{made.json()['id']}/phone",
        f"/records/pupils/rows/{world.amira}/address",
        f"/records/subject_requests/rows/{earlier}",
    }
    assert expected <= pointers
    former = pointers - expected
    assert [one.endswith("/values/phone") and one.startswith("/records/former_values/") for one in former] == [True]
    assert not [one for one in pointers if path.rsplit("/", 1)[1] in one], "who asks now knows their own name"


async def test_the_mothers_copy_tells_nothing_of_the_fathers_request_and_of_the_order_to_keep_the_record(
    world: World,
) -> None:
    officer = world.data_protection_officer
    his = await recorded(world, world.amira, kind="objection", requester_name="Kofi Mensah", asked_for="No photos.")
    await step(world, his, "pause", {"why": "identity", "from_on": days_ago(1), "asked": "Please bring a passport."})
    await step(world, his, "check-identity", {"checked_on": days_ago(0), "how": "driving licence of the father"})
    await step(world, his, "refuse", {"reason": "A court order bars him."})
    hold = {"pupil_id": str(world.amira), "reason": "Claim of the father", "review_on": "2030-01-01"}
    made = await officer.post("/v1/legal-holds", hold)
    assert made.status_code == 201, made.text
    assert (
        await officer.change(f"/v1/legal-holds/{made.json()['id']}", {"review_on": "2031-01-01"})
    ).status_code == 200
    await officer.post("/v1/subject-requests/find-pupil", {"given_name": "Amira", "family_name": "Okafor",
                                                           "born_on": "2017-05-04"})  # fmt: skip
    path = await recorded(world, world.amira)
    await step(world, path, "start")
    await all_sealed(world)
    await step(world, path, "package")
    await all_decided(world, path)
    await released(world, path)
    given = await downloaded(world, path)
    document = json.loads(given["record.json"])
    assert list(document["records"]["subject_requests"]["rows"]) == [path.rsplit("/", 1)[1]]
    assert not {"subject_request_pauses", "legal_holds"} & set(document["records"])
    for text in (given["record.json"].decode(), pages(given["index.pdf"])):
        said = text.lower().replace("_", " ")
        for words in ("father", "kofi", "court order", "passport", "objection", his.rsplit("/", 1)[1],
                      "legal hold", "an order to keep", "looked amira up", "refused", "stopped the clock"):  # fmt: skip
            assert words not in said
    sentences = [one for day in document["accesses"] for one in day["sentences"]]
    assert any(one.endswith("began to work on a request about Amira’s data.") for one in sentences), "their own is told"


async def test_a_copy_tells_by_no_word_that_there_is_a_child_protection_file(world: World) -> None:
    path_of_pupil = f"/v1/pupils/{world.amira}"
    for where in ({"safeguarding_flag": True, "safeguarding_where": "CPOMS, since 2025"}, {"safeguarding_flag": False},
                  {"safeguarding_flag": True, "safeguarding_where": "CPOMS, since 2026"}):  # fmt: skip
        tag = (await world.safeguarding_lead.get(path_of_pupil)).headers["ETag"]
        answer = await world.safeguarding_lead.put(f"{path_of_pupil}/safeguarding", where, If_Match=tag)
        assert answer.status_code == 200, answer.text
    await all_sealed(world)
    path, _ = await built(world, world.amira)
    found = [one for one in await every_mark(world, path) if one["reason"] == "child_abuse_data"]
    places = {one["pointer"].split("/")[2]: one["pointer"] for one in found}
    assert len(found) == 5, "the flag, where the file is kept, and three rows of former values"
    assert places["former_values"].count("/") == 4, "the whole row: that it was changed tells too"
    await all_decided(world, path)
    await released(world, path)
    given = await downloaded(world, path)
    assert "CPOMS" not in given["record.json"].decode()
    for text in (given["record.json"].decode(), pages(given["index.pdf"])):
        # what every copy says of files that are kept elsewhere tells of nobody
        said = text.replace("(registers, e-mail, the child-protection file)", "").replace("_", " ").lower()
        for words in ("safeguarding flag", "safeguarding where", "child-protection", "child abuse"):
            assert words not in said
    sentences = [one for day in json.loads(given["record.json"])["accesses"] for one in day["sentences"]]
    assert any(one.endswith("changed Amira’s main record.") for one in sentences)


async def test_the_flag_is_asked_about_where_it_is_down_too(world: World) -> None:
    path, contents = await built(world, world.ben)
    assert contents["undecided"] == 0
    (mark,) = await every_mark(world, path)
    assert (mark["pointer"], mark["status"]) == (f"/records/pupils/rows/{world.ben}/safeguarding_flag", "withheld")


async def test_a_sentence_of_who_has_seen_the_record_can_be_marked_and_waits_when_it_says_something_else(
    world: World,
) -> None:
    await world.base_lead.get(f"/v1/pupils/{world.amira}")
    await all_sealed(world)
    path, _ = await built(world, world.amira)
    place = {"pointer": "/accesses/0/sentences/0", "reason": "serious_harm"}
    answer = await world.data_protection_officer.post(f"{path}/redactions", place)
    assert answer.status_code == 201, answer.text
    (before,) = [one for one in (await record(world, path))["accesses"][0]["sentences"] if "(base_lead)" in one]
    await world.base_lead.get(f"/v1/pupils/{world.amira}")
    await all_sealed(world)
    for _ in range(2):
        await step(world, path, "package")
        (mark,) = await marks(world, path)
        assert mark["status"] == "proposed"
    await all_decided(world, path)
    await released(world, path)
    given = await downloaded(world, path)
    assert json.loads(given["record.json"])["accesses"][0]["sentences"][0] == "[withheld]"
    assert before.split(" at ")[0] in given["record.json"].decode(), "the other sentences stay"
    assert "(base_lead)" not in given["record.json"].decode()
    assert "(base_lead)" not in pages(given["index.pdf"])


async def test_what_a_school_of_another_trust_holds_is_that_schools_to_give_out(world: World) -> None:
    own = world.account("school_officer", "data_protection_officer", world.south)
    world.add(Registration(school_id=world.south, pupil_id=world.amira, from_on=LONG_AGO, kind="placed"))
    await world.save()
    await check_in(world, CALM)
    path = f"/v1/subject-requests/{(await own.post('/v1/subject-requests', asked(world.amira))).json()['id']}"
    assert (await own.verb(path, "start")).status_code == 200
    contents = (await own.verb(path, "package")).json()
    assert {one["table"]: one["rows"] for one in contents["parts"]} == {
        "pupils": 1, "registrations": 1, "subject_requests": 1, "former_values": 1,
    }  # fmt: skip


# Marks


async def test_the_officer_marks_a_whole_row_and_what_lies_in_it_is_gone_with_it(world: World) -> None:
    row = (await check_in(world, FELL_OUT)).rsplit("/", 1)[0]
    path, _ = await built(world, world.amira)
    answer = await world.data_protection_officer.post(
        f"{path}/redactions", {"pointer": row, "reason": "serious_harm", "note": "The clinician asked for it."}
    )
    assert answer.status_code == 201, answer.text
    assert (answer.json()["status"], answer.json()["found"]) == ("withheld", "marked by hand")
    await all_decided(world, path, "shown")
    await released(world, path)
    found = await record(world, path)
    assert found["records"]["zone_check_ins"]["rows"][row.rsplit("/", 1)[1]] == "[withheld]"
    said = pages((await downloaded(world, path))["index.pdf"])
    assert "[withheld]" in said


@pytest.mark.parametrize(
    "pointer",
    ["/records/pupils", "/records/pupils/rows", "/records/pupils/title/x", "/records/pupils/rows/nobody/address",
     "/records/pupils/rows/{amira}/nothing", "/accesses/0",
     "/accesses/0/sentences", "/accesses/999/sentences/0", "records/pupils/rows/{amira}/address",
     "/records/pupils/rows/{amira}/sen_needs/01", "/records/pupils/rows/{amira}/sen_needs/-1"],
)  # fmt: skip
async def test_a_mark_names_a_row_of_the_package_or_something_in_one(world: World, pointer: str) -> None:
    path, _ = await built(world, world.amira)
    mark = {"pointer": pointer.replace("{amira}", str(world.amira)), "reason": "about_somebody_else"}
    assert (await world.data_protection_officer.post(f"{path}/redactions", mark)).status_code == 422


async def test_a_place_is_marked_once(world: World) -> None:
    await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    (mark,) = await marks(world, path)
    again = {"pointer": mark["pointer"], "reason": "about_somebody_else"}
    assert kind_of(await world.data_protection_officer.post(f"{path}/redactions", again)) == (409, "marked-already")


async def test_a_decision_can_be_taken_back_until_the_answer_is_ready(world: World) -> None:
    await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    (mark,) = await marks(world, path)
    place = f"/v1/redactions/{mark['id']}"
    shown = await step(world, place, "decide", {"decision": "shown", "note": "She was there."})
    assert (shown["status"], shown["decided_by"]) == ("shown", str(world.data_protection_officer.account.id))
    assert (await step(world, place, "decide", {"decision": "withheld"}))["status"] == "withheld"
    await step(world, path, "ready")
    assert kind_of(await did(world, place, "decide", {"decision": "shown"})) == (409, "request-state")
    await step(world, path, "start")
    assert (await step(world, place, "decide", {"decision": "shown"}))["status"] == "shown"


async def test_nobody_makes_ready_on_a_list_of_marks_that_has_changed_since(world: World) -> None:
    await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    officer = world.data_protection_officer
    (mark,) = await marks(world, path)
    seen = (await officer.get(path)).headers["ETag"]
    await step(world, f"/v1/redactions/{mark['id']}", "decide", {"decision": "shown"})
    assert kind_of(await officer.post(f"{path}/ready", If_Match=seen)) == (412, "stale")


async def test_built_again_it_takes_in_what_is_new_and_keeps_decisions_about_the_same_words(world: World) -> None:
    quarrel = await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    await all_decided(world, path, "shown")
    second = await check_in(world, "Ben and she made up.")
    contents = await step(world, path, "package")
    assert contents["undecided"] == 1
    by_pointer = {one["pointer"]: one["status"] for one in await marks(world, path)}
    assert by_pointer == {quarrel: "shown", second: "proposed"}
    check = f"/v1/zone-check-ins/{quarrel.split('/')[4]}"
    changed = await world.teaching_assistant.change(check, {"note": "Ben hit her."})
    assert changed.status_code == 200, changed.text
    await step(world, path, "package")
    by_pointer = {one["pointer"]: one["status"] for one in await marks(world, path)}
    assert by_pointer[quarrel] == "proposed", "other words wait for a decision of their own"


async def test_a_proposal_goes_when_the_words_are_gone(world: World) -> None:
    quarrel = await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    check = f"/v1/zone-check-ins/{quarrel.split('/')[4]}"
    assert (await world.teaching_assistant.change(check, {"note": CALM})).status_code == 200
    await step(world, path, "package")
    pointers = [one["pointer"] for one in await marks(world, path)]
    # the words are in the former values now
    assert quarrel not in pointers
    assert [one.startswith("/records/former_values/") for one in pointers] == [True]


async def test_a_mark_of_another_trust_is_not_there(world: World) -> None:
    await check_in(world, FELL_OUT)
    path, _ = await built(world, world.amira)
    (mark,) = await marks(world, path)
    stranger = world.account("stranger", "data_protection_officer", world.place("trust", "Other Trust", None))
    await world.save()
    assert (await stranger.get(f"/v1/redactions/{mark['id']}")).status_code == 404
    answer = await stranger.post(f"/v1/redactions/{mark['id']}/decide", {"decision": "shown"}, If_Match="*")
    assert answer.status_code == 404
    async with world.app.state.database.transaction(read_only=True) as session:
        kept = (await session.execute(select(Redaction).where(col(Redaction.id) == UUID(mark["id"])))).scalar_one()
    assert kept.status == "proposed"


# Who has seen it


async def test_the_package_tells_who_has_seen_the_record_in_the_same_words(world: World) -> None:
    await world.base_lead.get(f"/v1/pupils/{world.amira}")
    await all_sealed(world)
    path, _ = await built(world, world.amira)
    found = (await record(world, path))["accesses"]
    plain = await world.data_protection_officer.get(f"/v1/access-records/plain?pupil_id={world.amira}")
    first = plain.json()["items"][0]
    assert found[0]["on"] == first["on"]
    assert found[0]["sentences"][0] == first["sentences"][0]
    assert first["sentences"][0].endswith("the teacher in charge of The Bubble (base_lead) read Amira’s main record.")
