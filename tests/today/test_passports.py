"""A supply teacher has five minutes before the bell: one page in Amira's own words, for today and no longer."""

import io
from datetime import timedelta
from typing import Any

import httpx
from pypdf import PdfReader
from sqlmodel import col, select

from iap_api.core import clock
from iap_api.pupils.tables import Caseload, Placement
from tests.core.recorded import entries_of
from tests.pupils.test_registration_requests import ask, upn_of
from tests.reviews.meetings import agree, held
from tests.toolbox.things import ear_defenders, issued, toolbox
from tests.world import Person, World

HOW = "Two minutes, then choose."
WORDS = {
    "call_me": "Ami", "about_me": "I draw dragons.\nI know every bus.", "hard_for_me": "Assembly. It echoes.",
    "you_can_tell": "I go quiet & pull my sleeves.", "helps": "The swing, then <nobody> talking.",
    "does_not_help": "Counting down from three.",
}  # fmt: skip


async def written(person: Person, pupil: Any, **words: Any) -> dict[str, Any]:
    answer = await person.post("/v1/passports", {"pupil_id": str(pupil), **(words or WORDS)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def page(person: Person, pupil: Any, form: str = "json") -> httpx.Response:
    return await person.get(f"/v1/pupils/{pupil}/passport?format={form}")


def refused(answer: httpx.Response, pointer: str) -> None:
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def supply_teacher(world: World, *pupils: Any, days_ago: int = 0) -> Person:
    """Somebody of an agency, let in for one day by the base lead."""
    supply = world.account(f"supply {days_ago}", "class_teacher", world.north)
    on = clock.today() - timedelta(days=days_ago)
    for pupil in pupils:
        world.add(Caseload(school_id=world.north, account_id=supply.account.id, pupil_id=pupil, why="granted",
                           from_on=on, until_on=on))  # fmt: skip
    return supply


async def test_the_supply_teacher_reads_it_today_and_not_tomorrow(world: World) -> None:
    await written(world.teaching_assistant, world.amira)
    today, yesterday = supply_teacher(world, world.amira), supply_teacher(world, world.amira, days_ago=1)
    await world.save()
    answer = await page(today, world.amira)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.json()["words"]["helps"]) == ("Ami", WORDS["helps"])
    assert (await page(yesterday, world.amira)).status_code == 404
    assert (await page(today, world.ben)).status_code == 404, "she covers for one child"


async def test_the_whole_page_gathers_toolbox_people_and_targets(world: World) -> None:
    await written(world.base_lead, world.amira)
    box = await toolbox(world, world.amira, "7")
    kept = await issued(world, box, await ear_defenders(world, 3))
    for name, how in (("Fidget", "return"), ("Putty", "lose")):
        gone = await issued(world, box, await ear_defenders(world, 3, name=name))
        assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{gone}", how)).status_code == 200
    personal = await world.teaching_assistant.change(f"/v1/toolbox-items/{kept}", {"instructions": HOW})
    assert personal.status_code == 200, personal.text
    assert (await agree(world.base_lead, await held(world, world.amira))).status_code == 201
    async with world.app.state.database.transaction() as session:
        placed = (await session.execute(select(Placement).where(col(Placement.pupil_id) == world.amira))).scalar_one()
        placed.key_adult_staff_id = world.staff["teaching_assistant"]
    supply_teacher(world, world.amira)
    await world.save()
    told = (await page(world.base_lead, world.amira)).json()
    assert told["locker"] == "7"
    assert told["toolbox"] == [{"name": "Ear defenders", "instructions": HOW, "who_may_use": "Everybody in the base"}]
    assert [one["why"] for one in told["people"]] == ["key_adult", "reintegration", "therapy"]
    assert "supply 0" not in {one["name"] for one in told["people"]}, "a cover for a day is not one of her people"
    assert len(told["targets"]) == 1


async def test_whoever_may_not_see_the_people_is_not_shown_them(world: World) -> None:
    await written(world.base_lead, world.amira)
    told = (await page(world.trust_inclusion_lead, world.amira)).json()
    assert (told["people"], told["toolbox"], told["targets"]) == (None, [], [])


async def test_a_child_nobody_has_asked_has_an_empty_page_that_says_so(world: World) -> None:
    told = (await page(world.base_lead, world.ben)).json()
    assert (told["name"], told["words"], told["toolbox"], told["locker"]) == ("Ben", None, [], None)
    shown = (await page(world.base_lead, world.ben, "html")).text
    assert "Nobody has asked me yet." in shown
    assert "Nothing written down yet." in shown


async def test_the_page_shows_what_was_said_and_runs_nothing(world: World) -> None:
    await written(world.base_lead, world.amira, helps="<script>alert(1)</script>", about_me="a & b")
    answer = await page(world.base_lead, world.amira, "html")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Okafor" not in answer.text, "the family name is not on the page"


async def test_it_prints_on_one_page_however_much_was_said(world: World) -> None:
    await written(world.base_lead, world.amira)
    much = {name: ("Many short lines.\n" * 33).strip() for name in WORDS if name != "call_me"}
    await written(world.base_lead, world.ben, **much)
    for pupil, named in ((world.amira, "Ami"), (world.ben, "Ben")):
        answer = await page(world.base_lead, pupil, "pdf")
        assert answer.headers["Content-Type"] == "application/pdf"
        (only,) = PdfReader(io.BytesIO(answer.content)).pages
        assert f"This is {named}" in only.extract_text()
        assert "lying about" in only.extract_text(), "the last line is on it too"
    assert PdfReader(io.BytesIO(answer.content)).metadata["/Title"] == "Passport", "a title outlives the paper"


async def test_a_pupil_has_one_passport_and_what_is_said_later_is_written_into_it(world: World) -> None:
    made = await written(world.teaching_assistant, world.amira)
    again = await world.base_lead.post("/v1/passports", {"pupil_id": str(world.amira), "helps": "Music."})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/passport-exists")
    changed = await world.base_lead.change(f"/v1/passports/{made['id']}", {"helps": "Music.", "call_me": None})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["helps"], changed.json()["written_by"]) == ("Music.", str(world.base_lead.account.id))
    assert (await page(world.base_lead, world.amira)).json()["name"] == "Amira"
    assert (await world.headteacher.change(f"/v1/passports/{made['id']}", {"helps": "x"})).status_code == 403


async def test_words_that_are_none_and_days_to_come_are_refused(world: World) -> None:
    pupil = {"pupil_id": str(world.amira)}
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    for body, pointer in (
        ({}, ""), ({"helps": None}, ""), ({"helps": "x" * 601}, "/helps"),
        ({"helps": "x", "said_on": tomorrow}, "/said_on"),
    ):  # fmt: skip
        refused(await world.base_lead.post("/v1/passports", {**pupil, **body}), pointer)
    refused(await world.base_lead.post("/v1/passports", {"pupil_id": str(world.southerner), "helps": "x"}), "/pupil_id")
    made = await written(world.base_lead, world.amira, helps="x")
    path = f"/v1/passports/{made['id']}"
    refused(await world.base_lead.change(path, {"helps": None}), "")
    refused(await world.base_lead.change(path, {"said_on": None}), "/said_on")


async def test_it_goes_with_her_to_the_other_school_once_both_have_agreed(world: World) -> None:
    made = await written(world.base_lead, world.amira)
    asked = await ask(world, await upn_of(world, world.amira))
    assert (await page(world.south_senco, world.amira)).status_code == 404
    assert (await world.office.verb(asked.headers["Location"], "agree")).status_code == 200
    assert (await page(world.south_senco, world.amira)).json()["words"]["helps"] == WORDS["helps"]
    path = f"/v1/passports/{made['id']}"
    assert (await world.south_senco.change(path, {"does_not_help": "Being asked why."})).status_code == 200
    told = (await page(world.base_lead, world.amira)).json()
    assert told["words"]["does_not_help"] == "Being asked why.", "it is one page, wherever she is"


async def test_whoever_read_it_is_on_the_record(world: World) -> None:
    for form in ("json", "html", "pdf"):
        before = len(await read_entries(world.therapist, world))
        assert (await page(world.therapist, world.amira, form)).status_code == 200
        assert len(await read_entries(world.therapist, world)) == before + 1


async def read_entries(person: Person, world: World) -> list[Any]:
    return [one for one in await entries_of(world, person) if (one.resource, one.kind) == ("passport", "read")]
